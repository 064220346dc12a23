import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import { Tape } from "../../src/autograd/tape.ts";
import { trainingPass } from "../../src/centerclip/forward.ts";
import type { HeadOptions } from "../../src/centerclip/heads/head.ts";
import { CenterClip, type CenterClipOptions } from "../../src/centerclip/model.ts";
import { newParameters, startNewParameters } from "../../src/centerclip/new_parameters.ts";
import type { ResNetConfig } from "../../src/clip/config.ts";
import { randomWeights } from "../../src/clip/init.ts";
import { UsageError } from "../../src/errors.ts";
import { Parameters } from "../../src/nn/parameters.ts";
import { Scope } from "../../src/tensor/scope.ts";
import { type Tensor, tensor } from "../../src/tensor/tensor.ts";
import { device } from "../device.ts";
import { normals } from "../oracle/check.ts";

const config: ResNetConfig = {
  ...{ embedDim: 64, contextLength: 16, vocabSize: 32, textWidth: 64, textLayers: 1 },
  ...{ vision: "ResNet", imageResolution: 64, visionLayers: [1, 1, 1, 1], visionWidth: 8 },
};

function weights(): [string, Tensor][] {
  return Array.from(
    randomWeights(config, 4),
    ([name, { data, shape }]) => [`clip.${name}`, tensor(device, data, shape)],
  );
}

function model(
  options: Omit<CenterClipOptions, "maxFrames"> = {},
  tensors: readonly [string, Tensor][] = weights(),
): CenterClip {
  const parameters = new Parameters(device, new Map(tensors));
  return new CenterClip(parameters, config, { maxFrames: 2, ...options });
}

/** Three pairs of a text and a video of two frames, the last video one frame short. */
function batch() {
  const ids = Int32Array.from({ length: 24 }, (_, i) => i % 8 === 7 ? 31 : i % 30);
  const frames = tensor(device, normals(6 * 3 * 64 * 64, 1), [6, 3, 64, 64]);
  return { text: { ids, length: 8 }, frames, videoMask: Float32Array.of(1, 1, 1, 1, 1, 0) };
}

Deno.test("a model with a ResNet embeds every frame, and compares videos with texts", async () => {
  using _scope = new Scope(device);
  const own = model(), pairs = batch();
  strictEqual(own.segments, 2);
  deepStrictEqual(own.encodeVideo(pairs.frames).shape, [3, 2, 64]);
  const logits = own.logits(pairs);
  deepStrictEqual(logits.shape, [3, 3]);
  const values = [...await logits.data()];
  const [loss] = await own.loss(pairs).data();
  ok([...values, loss].every(Number.isFinite));
  // Batch statistics are others than those of a fresh model.
  const training = trainingPass(1, 0, 0);
  const [trained] = await own.loss(pairs, { training }).data();
  ok(Math.abs(trained - loss) > 1e-4, `${trained}, ${loss}`);
});

const cross = { layers: 1, heads: 1, dropout: 0 };
const HEADS: readonly HeadOptions[] = [
  { kind: "seqTransf", layers: 1 },
  { kind: "seqLSTM" },
  { kind: "tightTransf", cross },
];

for (const head of HEADS) {
  Deno.test(`the head ${head.kind} stands on a ResNet, and gradients reach the encoder`, async () => {
    using _scope = new Scope(device);
    const tensors = new Map(weights());
    const clip = async (name: string) => await tensors.get(`clip.${name}`)!.data() as Float32Array;
    const added = newParameters(config, { maxFrames: 2, head });
    for await (const [name, shape, data] of startNewParameters(added, clip, 5)) {
      tensors.set(name, tensor(device, data, shape));
    }
    const own = model({ head }, [...tensors]), pairs = batch();
    const first = own.parameters.get("clip.visual.conv1.weight");
    using tape = new Tape();
    tape.watch(first);
    const loss = tape.run(() => own.loss(pairs, { training: trainingPass(1, 0, 0) }));
    const [gradient] = tape.backward(loss, [first]);
    const values = [...await loss.data(), ...await gradient!.data()];
    ok(values.every(Number.isFinite) && values.slice(1).some((value) => value !== 0));
  });
}

Deno.test("a model with a ResNet has neither tokens to cluster nor patches", () => {
  using _scope = new Scope(device);
  throws(() => model({ linearPatch: "3d" }), (error: Error) => {
    ok(error instanceof UsageError);
    strictEqual(
      error.message,
      "--linear_patch 3d needs a vision transformer; this CLIP model has a ResNet",
    );
    return true;
  });
});
