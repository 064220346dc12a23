import { deepStrictEqual } from "node:assert/strict";
import { Tape } from "../../src/autograd/tape.ts";
import type { Device } from "../../src/gpu/device.ts";
import { scale } from "../../src/ops/affine.ts";
import { mul } from "../../src/ops/binary.ts";
import { prependClassToken } from "../../src/ops/class_token.ts";
import { concatRows } from "../../src/ops/copy_rows.ts";
import { crossEntropy } from "../../src/ops/cross_entropy.ts";
import { exp } from "../../src/ops/exp.ts";
import { gatherRows } from "../../src/ops/gather_rows.ts";
import { l2Normalize } from "../../src/ops/l2_normalize.ts";
import { layerNorm } from "../../src/ops/layer_norm.ts";
import { maskedMean } from "../../src/ops/masked_mean.ts";
import { sum } from "../../src/ops/reduce.ts";
import { softmax } from "../../src/ops/softmax.ts";
import { Scope } from "../../src/tensor/scope.ts";
import type { Shape } from "../../src/tensor/shape.ts";
import { sizeOf } from "../../src/tensor/shape.ts";
import { type Tensor, tensor } from "../../src/tensor/tensor.ts";
import { device } from "../device.ts";
import { twoGroups } from "../gpu_geometry.ts";
import { normals } from "../oracle/check.ts";

/** The output of `run` and its gradients, on a device. */
async function results(target: Device, shapes: Shape[], run: (...inputs: Tensor[]) => Tensor) {
  using _scope = new Scope(target);
  const inputs = shapes.map((shape, i) => tensor(target, normals(sizeOf(shape), i), shape));
  using tape = new Tape();
  tape.watch(...inputs);
  const y = tape.run(() => run(...inputs));
  const gradients = tape.backward(y, inputs, tensor(target, normals(y.size, 9), y.shape));
  return await Promise.all([y, ...gradients.filter((g) => g !== undefined)].map((t) => t.data()));
}

const OPS: Record<string, [Shape[], (...inputs: Tensor[]) => Tensor]> = {
  "scale()": [[[9000]], (x) => scale(x, 2)],
  "mul()": [[[9000], [9000]], mul],
  "exp()": [[[9000]], exp],
  "sum()": [[[65, 600]], (x) => sum(x, 0)],
  "layerNorm()": [[[300, 4], [4], [4]], (x, gamma, beta) => layerNorm(x, gamma, beta)],
  "l2Normalize()": [[[300, 4]], (x) => l2Normalize(x)],
  "softmax()": [[[300, 4]], softmax],
  "crossEntropy()": [[[100, 100]], (x) => crossEntropy(x)],
  "gatherRows()": [
    [[300, 2, 8]],
    (x) => gatherRows(x, tensor(x.device, new Uint32Array(1200).map((_, i) => i % 2), [300, 4])),
  ],
  "concatRows()": [[[300, 2, 8], [300, 1, 8]], concatRows],
  "prependClassToken()": [[[300, 2, 8], [8], [3, 8]], prependClassToken],
  "maskedMean()": [
    [[300, 2, 8]],
    (x) => maskedMean(x, tensor(x.device, new Float32Array(600).fill(1), [300, 2])),
  ],
};

for (const [name, [shapes, run]] of Object.entries(OPS)) {
  Deno.test(`${name} gives the same bits when its dispatches may have two workgroups`, async () => {
    deepStrictEqual(await results(twoGroups, shapes, run), await results(device, shapes, run));
  });
}
