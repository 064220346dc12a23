import { deepStrictEqual, ok, throws } from "node:assert/strict";
import { CenterClip } from "../../src/centerclip/model.ts";
import type { HeadOptions, KeptVideos } from "../../src/centerclip/heads/head.ts";
import { trainingPass } from "../../src/centerclip/forward.ts";
import { newParameters, startNewParameters } from "../../src/centerclip/new_parameters.ts";
import type { ClipConfig } from "../../src/clip/config.ts";
import { randomWeights } from "../../src/clip/init.ts";
import { UsageError } from "../../src/errors.ts";
import { Parameters } from "../../src/nn/parameters.ts";
import { Scope } from "../../src/tensor/scope.ts";
import { type Tensor, tensor } from "../../src/tensor/tensor.ts";
import { device } from "../device.ts";
import { close, normals } from "../oracle/check.ts";

const CONFIG: ClipConfig = {
  vision: "ViT",
  embedDim: 64,
  imageResolution: 16,
  visionLayers: 1,
  visionWidth: 64,
  visionPatchSize: 8,
  contextLength: 8,
  vocabSize: 50,
  textWidth: 64,
  textLayers: 1,
};
const FRAMES = 4;
const HEADS: HeadOptions[] = [
  { kind: "meanP" },
  { kind: "seqTransf", layers: 2 },
  { kind: "seqLSTM" },
  { kind: "tightTransf", cross: { layers: 2, heads: 2, dropout: 0.5 } },
];

/** A model with random weights under a head; its parameters belong to the scope. */
async function modelOf(head: HeadOptions): Promise<CenterClip> {
  const options = { maxFrames: FRAMES, head };
  const tensors = new Map<string, Tensor>(), clip = new Map<string, Float32Array>();
  for (const [name, { data, shape }] of randomWeights(CONFIG, 1)) {
    clip.set(name, data);
    tensors.set(`clip.${name}`, tensor(device, data, shape));
  }
  const fresh = startNewParameters(
    newParameters(CONFIG, options),
    (name) => Promise.resolve(clip.get(name)!),
    1,
  );
  for await (const [name, shape, data] of fresh) tensors.set(name, tensor(device, data, shape));
  return new CenterClip(new Parameters(device, tensors), CONFIG, options);
}

/** Frame vectors, masks and texts of some pairs; the first video has one valid frame. */
function pairs(n: number) {
  const mask = Float32Array.from(
    { length: n * FRAMES },
    (_, i) => i % FRAMES <= Math.floor(i / FRAMES) ? 1 : 0,
  );
  return {
    mask,
    vectors: tensor(device, normals(n * FRAMES * 64, 3), [n, FRAMES, 64]),
    text: tensor(device, normals(n * 64, 4), [n, 64]),
  };
}

for (const head of HEADS) {
  Deno.test(`${head.kind} gives a pair the same similarity in any block of texts and videos`, async () => {
    using _scope = new Scope(device);
    const model = await modelOf(head), n = 20;
    const { mask, vectors, text } = pairs(n);
    const whole = await model.similarity(text, model.keepVideo(vectors, mask)).data();
    const rows = await text.data() as Float32Array<ArrayBuffer>;
    const frames = await vectors.data() as Float32Array<ArrayBuffer>;
    const kept = (from: number, to: number): KeptVideos =>
      model.keepVideo(
        tensor(device, frames.slice(from * FRAMES * 64, to * FRAMES * 64), [to - from, FRAMES, 64]),
        mask.slice(from * FRAMES, to * FRAMES),
      );
    // The last videos are whole: what the LSTM puts behind a video's end depends on its batch.
    const part = model.similarity(
      tensor(device, rows.slice(3 * 64, 10 * 64), [7, 64]),
      kept(15, 20),
    );
    const expected = Array.from(
      { length: 35 },
      (_, i) => (whole as Float32Array)[(3 + Math.floor(i / 5)) * n + 15 + i % 5],
    );
    close(await part.data() as Float32Array, expected, 1e-5, "similarity");
  });

  Deno.test(`${head.kind} does not see frames that its mask hides`, async () => {
    using _scope = new Scope(device);
    const model = await modelOf(head);
    const { mask, vectors, text } = pairs(5);
    const frames = await vectors.data() as Float32Array<ArrayBuffer>;
    const other = frames.map((v, i) => mask[Math.floor(i / 64)] ? v : -7 * v);
    const [a, b] = await Promise.all(
      [frames, other].map((data) =>
        model.similarity(text, model.keepVideo(tensor(device, data, [5, FRAMES, 64]), mask)).data()
      ),
    );
    deepStrictEqual(a, b);
  });
}

Deno.test("dropout is there in training alone, the same whenever a pass is repeated", async () => {
  using _scope = new Scope(device);
  const model = await modelOf(HEADS[3]);
  const { mask, vectors, text } = pairs(3), kept = model.keepVideo(vectors, mask);
  const scores = (step?: number) => {
    const training = step === undefined ? undefined : trainingPass(1, step, 0);
    return model.similarity(text, kept, { training }).data() as Promise<Float32Array>;
  };
  const [plain, first, again, next] = await Promise.all([
    scores(),
    scores(1),
    scores(1),
    scores(2),
  ]);
  deepStrictEqual(again, first);
  const differs = (a: Float32Array, b: Float32Array) => a.some((v, i) => Math.abs(v - b[i]) > 1e-4);
  ok(differs(plain, first) && differs(first, next));
});

Deno.test("a head that cannot stand on a model is refused in one line", () => {
  const wide = { ...CONFIG, embedDim: 128 };
  for (const head of HEADS.slice(1)) {
    throws(() => newParameters(wide, { maxFrames: FRAMES, head }), /whose width of 64 is not/);
    throws(() => newParameters(CONFIG, { maxFrames: 9, head }), UsageError);
  }
  const cross = { layers: 1, heads: 3, dropout: 0 };
  throws(
    () => newParameters(CONFIG, { maxFrames: 4, head: { kind: "tightTransf", cross } }),
    /3 heads do not divide a width of 64/,
  );
});
