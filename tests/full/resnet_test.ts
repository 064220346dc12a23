import { deepStrictEqual, ok } from "node:assert/strict";
import { type ResNetConfig, shapesOf } from "../../src/clip/config.ts";
import { encodeFrames } from "../../src/clip/vision.ts";
import { loadWeights } from "../../src/clip/weights.ts";
import { f32ToF16 } from "../../src/io/half.ts";
import { openSafetensors, type TensorEntry, writeSafetensors } from "../../src/io/safetensors.ts";
import { Parameters } from "../../src/nn/parameters.ts";
import { normalizeFrames } from "../../src/ops/patches.ts";
import { Random } from "../../src/tensor/random.ts";
import { Scope } from "../../src/tensor/scope.ts";
import { sizeOf } from "../../src/tensor/shape.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { livelyWeights } from "../clip/lively_weights.ts";
import { device } from "../device.ts";
import { resNetReference } from "../oracle/resnet.ts";
import { TemporaryFolder } from "../train/tiny.ts";

const RN50: ResNetConfig = {
  ...{ embedDim: 1024, contextLength: 77, vocabSize: 49408, textWidth: 512, textLayers: 12 },
  ...{ vision: "ResNet", imageResolution: 224, visionLayers: [3, 4, 6, 3], visionWidth: 64 },
};

/** A file of RN50's size as OpenAI's: weights in half precision, norms in single, counters as I64. */
function* entries(): Generator<TensorEntry> {
  const visual = livelyWeights(RN50);
  for (const [name, shape] of shapesOf(RN50)) {
    if (!name.startsWith("visual.")) {
      yield { name, dtype: "F16", shape, bytes: () => new Uint8Array(2 * sizeOf(shape)) };
      continue;
    }
    const { data } = visual.next().value![1];
    if (name.endsWith("num_batches_tracked")) {
      const bytes = new Uint8Array(BigInt64Array.of(BigInt(data[0])).buffer);
      yield { name, dtype: "I64", shape, bytes };
    } else if (shape.length < 2) {
      yield { name, dtype: "F32", shape, bytes: new Uint8Array(data.buffer) };
    } else yield { name, dtype: "F16", shape, bytes: new Uint8Array(f32ToF16(data).buffer) };
  }
}

Deno.test("RN50, read from a file, embeds two frames as float64 does", async () => {
  using folder = new TemporaryFolder();
  const path = folder.in("RN50.safetensors");
  await writeSafetensors(path, entries());
  using file = await openSafetensors(path);
  using _scope = new Scope(device);
  const { config, tensors } = await loadWeights(device, file);
  using parameters = new Parameters(device, tensors);
  deepStrictEqual(config, RN50);

  const { imageResolution: size, visionLayers, embedDim } = RN50, random = new Random(2, [0x50]);
  // Smooth as photographs are: a wave a channel, and some noise.
  const bytes = Uint8Array.from({ length: 2 * size * size * 3 }, (_, i) => {
    const pixel = Math.floor(i / 3);
    return 128 + 90 * Math.sin(pixel % size / 17 + pixel / size / 29 + i % 3) +
      30 * random.uniform();
  });
  const frames = tensor(device, bytes, [2, size, size, 3]);
  const planes = await normalizeFrames(frames, { size }).data() as Float32Array;
  const found = await encodeFrames(parameters.at("clip.visual"), config, frames)
    .data() as Float32Array;

  const plane = size * size, pixels = new Float64Array(planes.length);
  planes.forEach((value, i) => {
    const frame = Math.floor(i / plane / 3), channel = Math.floor(i / plane) % 3;
    pixels[(frame * plane + i % plane) * 3 + channel] = value;
  });
  const held = new Map<string, { shape: readonly number[]; data: Float32Array }>();
  for (const name of file.names.filter((name) => name.startsWith("visual."))) {
    held.set(name, { shape: file.info(name).shape, data: await file.readF32(name) });
  }
  const expected = resNetReference(
    (name) => held.get(`visual.${name}`)!,
    visionLayers,
    pixels,
    size,
  );
  for (const row of [0, 1]) {
    const [a, b] = [found, expected].map((x) => x.slice(row * embedDim, (row + 1) * embedDim));
    const dot = (x: ArrayLike<number>, y: ArrayLike<number>) =>
      Array.from(x).reduce((sum, value, i) => sum + value * y[i], 0);
    const cosine = dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
    ok(1 - cosine < 1e-9, `frame ${row}: 1 - cosine is ${1 - cosine}`);
    const length = Math.sqrt(dot(a, a) / dot(b, b));
    ok(Math.abs(length - 1) < 1e-5, `frame ${row}: ${length} times as long`);
  }
});
