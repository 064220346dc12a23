import { deepStrictEqual } from "node:assert/strict";
import type { ResNetConfig } from "../../src/clip/config.ts";
import { encodeFrames } from "../../src/clip/vision.ts";
import { Parameters } from "../../src/nn/parameters.ts";
import { normalizeFrames } from "../../src/ops/patches.ts";
import { Random } from "../../src/tensor/random.ts";
import { Scope } from "../../src/tensor/scope.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { device } from "../device.ts";
import { close } from "../oracle/check.ts";
import { resNetReference } from "../oracle/resnet.ts";
import { livelyWeights } from "./lively_weights.ts";

const config: ResNetConfig = {
  ...{ embedDim: 24, contextLength: 8, vocabSize: 8, textWidth: 64, textLayers: 1 },
  ...{ vision: "ResNet", imageResolution: 96, visionLayers: [2, 1, 2, 1], visionWidth: 8 },
};
const size = config.imageResolution;
const weights = new Map(livelyWeights(config));
const named = (name: string) => weights.get(`visual.${name}`)!;

/** Frames as bytes, and the same cropped and normalised, with channels innermost. */
async function frames(count: number) {
  const height = size + 5, width = size + 2, random = new Random(8, [0xf4a]);
  const bytes = Uint8Array.from({ length: count * height * width * 3 }, () => random.integer(256));
  const upload = tensor(device, bytes, [count, height, width, 3]);
  const planes = await normalizeFrames(upload, { size }).data() as Float32Array;
  const pixels = new Float64Array(planes.length), plane = size * size;
  planes.forEach((value, i) => {
    const frame = Math.floor(i / plane / 3), channel = Math.floor(i / plane) % 3;
    pixels[(frame * plane + i % plane) * 3 + channel] = value;
  });
  return { upload, pixels };
}

function parameters(): Parameters {
  const own = Array.from(
    weights,
    ([name, { data, shape }]) => [name, tensor(device, data, shape)] as const,
  );
  return new Parameters(device, new Map(own)).at("visual");
}

for (const training of [false, true]) {
  Deno.test(`a ResNet in ${training ? "training" : "evaluation"} embeds bytes as the reference does`, async () => {
    using _scope = new Scope(device);
    const { upload, pixels } = await frames(3);
    const found = encodeFrames(parameters(), config, upload, { training });
    deepStrictEqual(found.shape, [3, 24]);
    const expected = resNetReference(named, config.visionLayers, pixels, size, { training });
    close(await found.data() as Float32Array, expected, 1e-5, "embeddings");
  });
}

Deno.test("only training moves the running statistics, and the stages halve the frame", async () => {
  using _scope = new Scope(device);
  const { upload } = await frames(2), own = parameters();
  const read = async () => [
    ...await own.get("layer2.0.bn3.running_var").data(),
    ...await own.get("bn1.running_mean").data(),
    ...await own.get("layer4.0.downsample.1.num_batches_tracked").data(),
  ];
  const before = await read();
  const stages: (readonly number[])[] = [];
  encodeFrames(own, config, upload, { afterStage: ({ shape }) => stages.push(shape) });
  deepStrictEqual(stages, [[2, 24, 24, 32], [2, 12, 12, 64], [2, 6, 6, 128], [2, 3, 3, 256]]);
  deepStrictEqual(await read(), before);
  encodeFrames(own, config, upload, { training: true });
  const after = await read();
  deepStrictEqual(after.map((value, i) => value !== before[i]), before.map(() => true));
  deepStrictEqual(after.at(-1), 4);
});

Deno.test("a ResNet embeds no frames as none", () => {
  using _scope = new Scope(device);
  const none = tensor(device, new Uint8Array(0), [0, size, size, 3]);
  deepStrictEqual(encodeFrames(parameters(), config, none).shape, [0, 24]);
});
