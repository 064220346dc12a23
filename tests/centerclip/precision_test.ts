import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import { Tape } from "../../src/autograd/tape.ts";
import { trainingPass } from "../../src/centerclip/forward.ts";
import { CenterClip, type CenterClipOptions, type PairBatch } from "../../src/centerclip/model.ts";
import { demandPrecision } from "../../src/centerclip/precision.ts";
import type { ClipConfig } from "../../src/clip/config.ts";
import { randomWeights } from "../../src/clip/init.ts";
import { UsageError, UserError } from "../../src/errors.ts";
import { Parameters } from "../../src/nn/parameters.ts";
import { Scope } from "../../src/tensor/scope.ts";
import { type Tensor, tensor } from "../../src/tensor/tensor.ts";
import { device } from "../device.ts";
import { normals } from "../oracle/check.ts";

const CONFIG: ClipConfig = {
  vision: "ViT",
  embedDim: 64,
  imageResolution: 24,
  visionLayers: 4,
  visionWidth: 128,
  visionPatchSize: 8,
  contextLength: 9,
  vocabSize: 50,
  textWidth: 64,
  textLayers: 3,
};
const PAIRS = 5, FRAMES = 4, LENGTH = 9;
const SHIFTED: Partial<CenterClipOptions> = {
  clustering: {
    targetFrames: [4, 4, 4, 4],
    clusterCounts: [9, 9, 9, 9],
    method: { algorithm: "token_shift" },
  },
};
const CLUSTERED: Partial<CenterClipOptions> = {
  clustering: {
    targetFrames: [4, 4, 2, 2],
    clusterCounts: [9, 9, 7, 7],
    method: { algorithm: "kmedoids++" },
  },
};

function modelOf(options: Partial<CenterClipOptions>): CenterClip {
  const tensors = new Map<string, Tensor>();
  for (const [name, { data, shape }] of randomWeights(CONFIG, 1)) {
    tensors.set(`clip.${name}`, tensor(device, data, shape));
  }
  return new CenterClip(new Parameters(device, tensors), CONFIG, { maxFrames: FRAMES, ...options });
}

function batch(): PairBatch {
  const ids = Int32Array.from({ length: PAIRS * LENGTH }, (_, i) => i % LENGTH === 8 ? 49 : i % 48);
  const pixels = normals(PAIRS * FRAMES * 3 * 24 * 24, 7);
  return {
    text: { ids, length: LENGTH },
    frames: tensor(device, pixels, [PAIRS * FRAMES, 3, 24, 24]),
    videoMask: new Float32Array(PAIRS * FRAMES).fill(1),
  };
}

/** The loss of a batch and the gradients of all parameters, in one array. */
async function train(options: Partial<CenterClipOptions>) {
  using _scope = new Scope(device);
  const model = modelOf(options), tensors = model.parameters.entries().map(([, x]) => x);
  using tape = new Tape();
  tape.watch(...tensors);
  const loss = tape.run(() => model.loss(batch(), { training: trainingPass(1, 0, 0) }));
  const gradients = tape.backward(loss, tensors);
  for (const [i, gradient] of gradients.entries()) {
    if (gradient) strictEqual(gradient.dtype, "f32", model.parameters.entries()[i][0]);
  }
  const values = await Promise.all(gradients.map(async (g) => g ? [...await g.data()] : []));
  return { loss: (await loss.data())[0], gradient: values.flat() };
}

for (const [what, options] of Object.entries({ "all tokens": {}, centres: CLUSTERED })) {
  Deno.test(`with f16 activations, loss and gradients over ${what} stay those of f32`, async () => {
    const amp = { ...options, precision: "amp" } as const;
    const [full, half, again] = [await train(options), await train(amp), await train(amp)];
    deepStrictEqual(half, again);
    ok(half.loss !== full.loss, "f16 rounds nothing");
    ok(Math.abs(half.loss / full.loss - 1) < 2e-3, `loss ${half.loss}, in f32 ${full.loss}`);
    const dot = (a: number[], b: number[]) => a.reduce((sum, x, i) => sum + x * b[i], 0);
    const norm = (a: number[]) => Math.sqrt(dot(a, a));
    const cosine = dot(half.gradient, full.gradient) / norm(half.gradient) / norm(full.gradient);
    ok(cosine > 0.9995, `cosine of the gradients ${cosine}`);
    ok(Math.abs(norm(half.gradient) / norm(full.gradient) - 1) < 0.01);
  });
}

for (const [what, options] of Object.entries({ "all tokens": {}, shifts: SHIFTED })) {
  Deno.test(`f16 activations take less memory over ${what}`, async () => {
    const peakOf = async (precision: "fp32" | "amp") => {
      using _scope = new Scope(device);
      const model = modelOf({ ...options, precision }), before = device.memory.live;
      device.pool.resetPeak();
      using tape = new Tape();
      const tensors = model.parameters.entries().map(([, x]) => x);
      tape.watch(...tensors);
      const loss = tape.run(() => model.loss(batch(), { training: trainingPass(1, 0, 0) }));
      const peak = device.memory.peak - before;
      await loss.data();
      return peak;
    };
    const [full, half] = [await peakOf("fp32"), await peakOf("amp")];
    ok(half < 0.8 * full, `${half} bytes at the peak of the forward pass, ${full} in f32`);
  });
}

Deno.test("evaluation stays f32, bit for bit", async () => {
  const logits = async (precision: "fp32" | "amp") => {
    using _scope = new Scope(device);
    return await modelOf({ ...CLUSTERED, precision }).logits(batch()).data();
  };
  deepStrictEqual(await logits("amp"), await logits("fp32"));
});

Deno.test("mixed precision is refused by name where the adapter has no f16", () => {
  const features = new Set(["shader-f16"]), info = { ...device.info, adapter: "Old GPU" };
  demandPrecision("amp", { ...info, features });
  demandPrecision("fp32", { ...info, features: new Set() });
  throws(() => demandPrecision("amp", { ...info, features: new Set() }), (error: Error) => {
    strictEqual(
      error.message,
      "--precision amp needs f16, and Old GPU lacks it (shader-f16); give --precision fp32",
    );
    return error instanceof UserError;
  });
});

Deno.test("a ResNet has no f16 activations", () => {
  const resnet: ClipConfig = {
    ...CONFIG,
    vision: "ResNet",
    visionLayers: [1, 1, 1, 1],
  } as unknown as ClipConfig;
  const parameters = new Parameters(device, new Map());
  throws(
    () => new CenterClip(parameters, resnet, { maxFrames: 4, precision: "amp" }),
    (error) => error instanceof UsageError && /--precision amp needs a vision/.test(error.message),
  );
});
