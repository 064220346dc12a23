/**
 * Checks an op against a float64 oracle: the forward pass element by element, the backward pass against
 * central differences of the oracle.
 */
import { ok } from "node:assert/strict";
import { Tape } from "../../src/autograd/tape.ts";
import type { Device } from "../../src/gpu/device.ts";
import { f16ToF32, f32ToF16 } from "../../src/io/half.ts";
import { cast } from "../../src/ops/cast.ts";
import { Random } from "../../src/tensor/random.ts";
import { Scope } from "../../src/tensor/scope.ts";
import { type Shape, sizeOf } from "../../src/tensor/shape.ts";
import { type Tensor, tensor } from "../../src/tensor/tensor.ts";

/** An op with its oracle, at given input shapes. */
export interface OracleCheck {
  readonly device: Device;
  /** Shapes of the inputs, filled with standard normal numbers, or the inputs themselves. */
  readonly inputs: readonly (Shape | { shape: Shape; data: Float32Array<ArrayBuffer> })[];
  readonly run: (...inputs: Tensor[]) => Tensor;
  /**
   * Inputs (by position) that the op takes as f16: they are rounded to it, the oracle sees them so, and an
   * output of f16 is widened.
   */
  readonly half?: readonly number[];
  /** The same in float64; returns the flat output. */
  readonly oracle: (...inputs: Float64Array[]) => ArrayLike<number>;
  /** Largest error of the output, relative to the largest magnitude of the oracle's. Default 2e-6, with f16 2^-10. */
  readonly tolerance?: number;
  /** The same for gradients. Default 1e-4, with f16 2^-8. */
  readonly gradientTolerance?: number;
  /** Inputs (by position) whose gradient is checked. Default: all. */
  readonly differentiate?: readonly number[];
}

const PROBES = 12;
const STEP = 1e-5;

/** Standard normal numbers as f32. */
export function normals(n: number, seed: number): Float32Array<ArrayBuffer> {
  const random = new Random(seed, [0x0c4e]);
  return Float32Array.from({ length: n }, () => random.normal());
}

function largest(values: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < values.length; i++) most = Math.max(most, Math.abs(values[i]));
  return most;
}

/** Fails unless `actual` is within `tolerance` of `expected`, relative to the largest expected. */
export function close(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
  what: string,
): void {
  ok(actual.length === expected.length, `${what}: ${actual.length} values, not ${expected.length}`);
  const limit = tolerance * Math.max(largest(expected), 1e-3);
  for (let i = 0; i < expected.length; i++) {
    const error = Math.abs(actual[i] - expected[i]);
    // Written so that a NaN on either side fails.
    ok(error <= limit, `${what}[${i}]: ${actual[i]}, oracle ${expected[i]} (limit ${limit})`);
  }
}

/** Runs the check; throws an assertion error that names the first bad element. */
export async function checkOp(check: OracleCheck): Promise<void> {
  const { device, half = [], oracle } = check;
  const { tolerance = half.length ? 2 ** -10 : 2e-6 } = check;
  const { gradientTolerance = half.length ? 2 ** -8 : 1e-4 } = check;
  const run = (...inputs: Tensor[]) =>
    cast(check.run(...inputs.map((x, i) => half.includes(i) ? cast(x, "f16") : x)), "f32");
  const host = check.inputs.map((input, i) =>
    "data" in input
      ? { shape: input.shape as Shape, data: input.data as Float32Array<ArrayBuffer> }
      : { shape: input as Shape, data: normals(sizeOf(input as Shape), i + 1) }
  );
  for (const i of half) host[i].data = f16ToF32(f32ToF16(host[i].data));
  using _scope = new Scope(device);
  const inputs = host.map(({ data, shape }) => tensor(device, data, shape));
  const double = host.map(({ data }) => Float64Array.from(data));
  using tape = new Tape();
  const targets = check.differentiate ?? inputs.map((_, i) => i);
  tape.watch(...targets.map((i) => inputs[i]));
  const output = tape.run(() => run(...inputs));
  const expected = oracle(...double);
  close(await output.data() as Float32Array, expected, tolerance, "output");
  if (targets.length === 0) return;

  const weights = normals(output.size, 99);
  const seed = tensor(device, weights, output.shape);
  const gradients = tape.backward(output, targets.map((i) => inputs[i]), seed);
  const random = new Random(7, [0x9d]);
  for (const [at, target] of targets.entries()) {
    const { data, shape } = host[target];
    const gradient = gradients[at];
    ok(gradient, `no gradient reached input ${target}`);
    const analytic = await gradient.data() as Float32Array;
    ok(analytic.length === sizeOf(shape), `gradient ${target} has ${analytic.length} elements`);
    const probes = data.length <= PROBES
      ? [...data.keys()]
      : Array.from({ length: PROBES }, () => random.integer(data.length));
    const loss = () => {
      const y = oracle(...double);
      let sum = 0;
      for (let i = 0; i < weights.length; i++) sum += weights[i] * y[i];
      return sum;
    };
    const numeric = probes.map((i) => {
      const x = double[target][i];
      double[target][i] = x + STEP;
      const above = loss();
      double[target][i] = x - STEP;
      const below = loss();
      double[target][i] = x;
      return (above - below) / (2 * STEP);
    });
    const limit = gradientTolerance * Math.max(largest(analytic), 1e-3);
    probes.forEach((i, p) => {
      const error = Math.abs(analytic[i] - numeric[p]);
      ok(error <= limit, `gradient ${target}[${i}]: ${analytic[i]}, numeric ${numeric[p]}`);
    });
  }
}
