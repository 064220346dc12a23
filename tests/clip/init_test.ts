import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import type { ClipConfig } from "../../src/clip/config.ts";
import { randomWeights } from "../../src/clip/init.ts";

const text = { embedDim: 64, contextLength: 8, vocabSize: 32, textWidth: 64, textLayers: 2 };
const vit: ClipConfig = {
  ...{ ...text, vision: "ViT", imageResolution: 32, visionPatchSize: 8 },
  ...{ visionLayers: 2, visionWidth: 128 },
};
const resNet: ClipConfig = {
  ...{ ...text, vision: "ResNet", imageResolution: 64 },
  ...{ visionLayers: [1, 2, 1, 1], visionWidth: 8 },
};

/** Standard deviation of each tensor by name. */
function spreads(config: ClipConfig): Map<string, { spread: number; first: number }> {
  return new Map(
    Array.from(randomWeights(config, 1), ([name, { data }]) => {
      const mean = data.reduce((sum, x) => sum + x, 0) / data.length;
      const spread = Math.sqrt(data.reduce((sum, x) => sum + (x - mean) ** 2, 0) / data.length);
      return [name, { spread, first: data[0] }];
    }),
  );
}

function close(actual: number, expected: number, what: string): void {
  ok(Math.abs(actual / expected - 1) < 0.12, `${what}: ${actual}, not ${expected}`);
}

Deno.test("weights of both encoders spread as openai/CLIP's do", () => {
  const uniform = (fanIn: number) => (3 * fanIn) ** -0.5;
  for (
    const [config, expected] of [
      [vit, {
        "token_embedding.weight": 0.02,
        "positional_embedding": 0.01,
        "text_projection": 64 ** -0.5,
        "transformer.resblocks.1.attn.in_proj_weight": 64 ** -0.5,
        "transformer.resblocks.0.attn.out_proj.weight": 64 ** -0.5 * 4 ** -0.5,
        "transformer.resblocks.0.mlp.c_proj.weight": 64 ** -0.5 * 4 ** -0.5,
        "transformer.resblocks.0.mlp.c_fc.weight": 128 ** -0.5,
        "transformer.resblocks.0.mlp.c_fc.bias": uniform(64),
        "transformer.resblocks.0.mlp.c_proj.bias": uniform(256),
        "visual.positional_embedding": 128 ** -0.5,
        "visual.proj": 128 ** -0.5,
        "visual.conv1.weight": uniform(3 * 64),
        "visual.transformer.resblocks.1.attn.in_proj_weight": Math.sqrt(6 / 512 / 3),
        "visual.transformer.resblocks.1.attn.out_proj.weight": uniform(128),
        "visual.transformer.resblocks.1.mlp.c_proj.weight": uniform(512),
      }],
      [resNet, {
        "transformer.resblocks.1.attn.in_proj_weight": 64 ** -0.5,
        "visual.layer2.1.conv2.weight": uniform(16 * 9),
        "visual.layer4.0.downsample.0.weight": uniform(128),
        "visual.attnpool.positional_embedding": 256 ** -0.5,
        "visual.attnpool.q_proj.weight": 256 ** -0.5,
        "visual.attnpool.c_proj.weight": 256 ** -0.5,
        "visual.attnpool.k_proj.bias": uniform(256),
      }],
    ] as const
  ) {
    const found = spreads(config);
    for (const [name, spread] of Object.entries(expected)) {
      close(found.get(name)!.spread, spread, name);
    }
  }
});

Deno.test("norms start as the identity, and the last one of every bottleneck at zero", () => {
  const found = spreads(resNet);
  const first = (name: string) => {
    const { spread, first } = found.get(name)!;
    strictEqual(spread, 0, name);
    return first;
  };
  const norm = ["weight", "bias", "running_mean", "running_var", "num_batches_tracked"];
  deepStrictEqual(norm.map((part) => first(`visual.bn3.${part}`)), [1, 0, 0, 1, 0]);
  deepStrictEqual(norm.map((part) => first(`visual.layer2.1.bn3.${part}`)), [0, 0, 0, 1, 0]);
  deepStrictEqual(norm.map((part) => first(`visual.layer2.0.downsample.1.${part}`)), [
    1,
    0,
    0,
    1,
    0,
  ]);
  deepStrictEqual(["weight", "bias"].map((part) => first(`ln_final.${part}`)), [1, 0]);
  strictEqual(first("transformer.resblocks.0.attn.in_proj_bias"), 0);
  strictEqual(first("logit_scale"), 1);
});
