import { deepStrictEqual, ok, throws } from "node:assert/strict";
import { batchNorm, type BatchNormOptions } from "../../src/ops/batch_norm.ts";
import { Scope } from "../../src/tensor/scope.ts";
import { type Tensor, tensor } from "../../src/tensor/tensor.ts";
import { device } from "../device.ts";
import { twoGroups } from "../gpu_geometry.ts";
import { checkOp, close, normals } from "../oracle/check.ts";

const MOMENTUM = 0.1, EPS = 1e-5;

/** Mean, biased variance and rows of each channel. */
function momentsOf(x: ArrayLike<number>, width: number) {
  const rows = x.length / width;
  return Array.from({ length: width }, (_, c) => {
    let mean = 0, variance = 0;
    for (let r = 0; r < rows; r++) mean += x[r * width + c] / rows;
    for (let r = 0; r < rows; r++) variance += (x[r * width + c] - mean) ** 2 / rows;
    return { mean, variance };
  });
}

function oracle(
  [x, gamma, beta, residual]: Float64Array[],
  width: number,
  moments: { mean: number; variance: number }[],
  relu: boolean,
): Float64Array {
  return x.map((value, i) => {
    const { mean, variance } = moments[i % width];
    const y = (value - mean) / Math.sqrt(variance + EPS) * gamma[i % width] + beta[i % width] +
      (residual?.[i] ?? 0);
    return relu && y < 0 ? 0 : y;
  });
}

/** Running statistics of a norm that has seen something. */
function seen(width: number, on = device) {
  const mean = normals(width, 71), variance = normals(width, 72).map((x) => x * x + 0.5);
  return {
    host: Array.from(mean, (m, c) => ({ mean: m, variance: variance[c] })),
    running: {
      mean: tensor(on, mean),
      variance: tensor(on, variance),
      batches: tensor(on, Float32Array.of(4), []),
    },
  };
}

async function check(
  shape: number[],
  options: BatchNormOptions,
  withResidual: boolean,
  on = device,
) {
  using _scope = new Scope(on);
  const width = shape.at(-1)!, { running, host } = seen(width, on);
  await checkOp({
    device: on,
    inputs: [shape, [width], [width], ...(withResidual ? [shape] : [])],
    run: (x, gamma, beta, residual) => batchNorm(x, gamma, beta, running, { ...options, residual }),
    oracle: (...inputs) => {
      const moments = options.training ? momentsOf(inputs[0], width) : host;
      return oracle(inputs, width, moments, options.relu ?? false);
    },
    tolerance: 5e-6,
    gradientTolerance: 2e-4,
  });
}

for (const training of [true, false]) {
  for (
    const shape of [[2, 1], [3, 3], [31, 33], [2, 5, 7, 4], [129, 8], [1, 65, 12], [4200, 1], [
      130,
      4,
    ]]
  ) {
    const mode = training ? "training" : "evaluation";
    Deno.test(`batchNorm() in ${mode} and its gradients match the oracle at [${shape}]`, async () => {
      await check(shape, { training }, false);
      await check(shape, { training, relu: true }, true);
    });
  }
}

Deno.test("batchNorm() of no rows gives none, and strides where groups are few", async () => {
  await check([0, 4], { training: true, relu: true }, true);
  await check([0, 3], {}, false);
  await check([300, 8], { training: true, relu: true }, true, twoGroups);
});

Deno.test("running statistics follow the batches, and evaluation uses them", async () => {
  using _scope = new Scope(device);
  const width = 5, { running, host } = seen(width);
  const expected = host.map((channel) => ({ ...channel }));
  const gamma = tensor(device, new Float32Array(width).fill(1));
  const beta = tensor(device, new Float32Array(width));
  for (let step = 0; step < 4; step++) {
    const rows = 70 + step, data = normals(rows * width, step).map((x) => 3 * x + step);
    batchNorm(tensor(device, data, [rows, width]), gamma, beta, running, { training: true });
    momentsOf(data, width).forEach(({ mean, variance }, c) => {
      expected[c].mean += MOMENTUM * (mean - expected[c].mean);
      expected[c].variance += MOMENTUM * (variance * rows / (rows - 1) - expected[c].variance);
    });
  }
  const read = async (x: Tensor) => [...await x.data()];
  close(await read(running.mean), expected.map(({ mean }) => mean), 1e-6, "mean");
  close(await read(running.variance), expected.map((c) => c.variance), 1e-6, "variance");
  deepStrictEqual(await read(running.batches), [8]);
  const x = normals(3 * width, 9);
  const y = batchNorm(tensor(device, x, [3, width]), gamma, beta, running);
  const ones = new Float64Array(width).fill(1), none = new Float64Array(width);
  const inputs = [Float64Array.from(x), ones, none];
  close(await read(y), oracle(inputs, width, expected, false), 2e-6, "evaluation");
  deepStrictEqual(await read(running.batches), [8]);
});

Deno.test("batchNorm() loses nothing to a mean far above the spread", async () => {
  using _scope = new Scope(device);
  const rows = 5000, data = normals(rows, 3).map((x) => 1000 + x);
  const { running } = seen(1);
  const one = tensor(device, Float32Array.of(1)), zero = tensor(device, Float32Array.of(0));
  const y = await batchNorm(tensor(device, data, [rows, 1]), one, zero, running, { training: true })
    .data() as Float32Array;
  const inputs = [Float64Array.from(data), Float64Array.of(1), Float64Array.of(0)];
  // The mean itself is known to half a unit in its last place, 3e-5.
  close(y, oracle(inputs, 1, momentsOf(data, 1), false), 3e-5, "y");
});

Deno.test("a NaN passes the ReLU of batchNorm()", async () => {
  using _scope = new Scope(device);
  const { running } = seen(1);
  const x = tensor(device, Float32Array.of(NaN, -100, 100), [3, 1]);
  const one = tensor(device, Float32Array.of(1));
  const y = await batchNorm(x, one, one, running, { relu: true }).data() as Float32Array;
  ok(Number.isNaN(y[0]) && y[1] === 0 && y[2] > 0, `${y}`);
});

Deno.test("batchNorm() names what does not fit", () => {
  using _scope = new Scope(device);
  const { running } = seen(3);
  const x = tensor(device, normals(6, 1), [2, 3]), four = tensor(device, normals(4, 1));
  const three = tensor(device, normals(3, 1));
  throws(() => batchNorm(x, four, three, running), /\[2,3\] with parameters of 4,3,3,3 channels/);
  const counted = { ...running, batches: tensor(device, Int32Array.of(0), []) };
  throws(() => batchNorm(x, three, three, counted), /counted as f32, not i32/);
  const single = x.reshape([1, 6]),
    { running: six } = seen(6),
    wide = tensor(device, normals(6, 1));
  throws(() => batchNorm(single, wide, wide, six, { training: true }), /no variance/);
});
