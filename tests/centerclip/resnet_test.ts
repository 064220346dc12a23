import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import { trainingPass } from "../../src/centerclip/forward.ts";
import { CenterClip, type CenterClipOptions } from "../../src/centerclip/model.ts";
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

function model(options: Omit<CenterClipOptions, "maxFrames"> = {}): CenterClip {
  const tensors = Array.from(
    randomWeights(config, 4),
    ([name, { data, shape }]): [string, Tensor] => [`clip.${name}`, tensor(device, data, shape)],
  );
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
