import { deepStrictEqual } from "node:assert/strict";
import { referenceTrainable } from "../../src/compat/training.ts";
import { isTrainable, parameterGroups, parameterRules } from "../../src/optim/groups.ts";

Deno.test("freezing spares the last norms, the projections and the upper blocks", () => {
  const names = [
    "clip.token_embedding.weight",
    "clip.positional_embedding",
    "clip.visual.class_embedding",
    "clip.visual.conv1.weight",
    "clip.visual.ln_pre.weight",
    "clip.visual.transformer.resblocks.1.ln_1.weight",
    "clip.visual.transformer.resblocks.2.ln_1.weight",
    "clip.transformer.resblocks.10.mlp.c_fc.bias",
    "clip.visual.ln_post.bias",
    "clip.visual.proj",
    "clip.ln_final.weight",
    "clip.text_projection",
    "clip.logit_scale",
    "frame_position_embeddings.weight",
  ];
  deepStrictEqual(names.filter((name) => !isTrainable(name, 2)), names.slice(0, 6));
  deepStrictEqual(names.filter((name) => !isTrainable(name, -1)), []);
});

Deno.test("freezing keeps a ResNet whole, and 3d patches learn in place of CLIP's", () => {
  const conv2 = "clip.visual.conv2.weight";
  const names = ["clip.visual.layer4.2.bn3.weight", "clip.visual.attnpool.c_proj.bias", conv2];
  deepStrictEqual(names.filter((name) => isTrainable(name, 0)), []);
  deepStrictEqual(names.filter((name) => isTrainable(name, -1)), names);
  deepStrictEqual(names.filter((name) => isTrainable(name, 0, "3d")), [conv2]);
  deepStrictEqual(referenceTrainable("clip.visual.conv1.weight", 0, "3d"), true);
});

Deno.test("running statistics never learn", () => {
  const buffers = ["running_mean", "running_var", "num_batches_tracked"]
    .map((name) => `clip.visual.layer1.0.downsample.1.${name}`);
  deepStrictEqual(buffers.filter((name) => isTrainable(name, -1)), []);
  deepStrictEqual(buffers.filter((name) => referenceTrainable(name, -1, "2d")), []);
});

Deno.test("groups come in the original's order, and keep the model's inside", () => {
  const names = [
    "frame_position_embeddings.weight",
    "clip.visual.transformer.resblocks.0.tokencluster_inter.cluster_embed",
    "clip.ln_final.bias",
    "clip.visual.deepcluster.token_mlp.fc1.weight",
    "clip.visual.ln_post.weight",
    "transformerClip.resblocks.0.attn.in_proj_bias",
    "cross.embeddings.LayerNorm.weight",
    "cross.embeddings.LayerNorm.bias",
    "clip.logit_scale",
  ];
  const groups = parameterGroups(names, { coefLr: 1e-3, weightDecay: 0.2 });
  const [a, b, c, d, e, f, g, h, i] = names;
  deepStrictEqual(groups, [
    { rateFactor: 1e-3, weightDecay: 0.2, names: [b, e, i] },
    { rateFactor: 1e-3, weightDecay: 0, names: [c] },
    { rateFactor: 1, weightDecay: 0.2, names: [a, d] },
    { rateFactor: 1, weightDecay: 0, names: [f, g, h] },
  ]);
  const rules = parameterRules(names, { coefLr: 1e-3, weightDecay: 0.2 });
  deepStrictEqual(rules.map(({ name }) => name), groups.flatMap(({ names }) => names));
  deepStrictEqual(rules[3], { name: c, rateFactor: 1e-3, weightDecay: 0 });
});

Deno.test("which modules are new can be said", () => {
  const name = "clip.visual.adapter.weight", options = { coefLr: 1e-3, weightDecay: 0.2 };
  deepStrictEqual(parameterRules([name], options)[0].rateFactor, 1e-3);
  deepStrictEqual(parameterRules([name], { ...options, newModules: ["adapter"] })[0].rateFactor, 1);
});
