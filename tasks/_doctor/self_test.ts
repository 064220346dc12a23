/**
 * The doctor's self-test: three kernels that carry every model, checked against float64 on the CPU and
 * timed.
 *
 * @module
 */
import type { Device } from "../../src/gpu/device.ts";
import { GpuError } from "../../src/gpu/errors.ts";
import { attention, HEAD } from "../../src/ops/attention.ts";
import { layerNorm } from "../../src/ops/layer_norm.ts";
import { matmul } from "../../src/ops/matmul.ts";
import { Random } from "../../src/tensor/random.ts";
import { Scope } from "../../src/tensor/scope.ts";
import { type Shape, sizeOf } from "../../src/tensor/shape.ts";
import { type Tensor, tensor } from "../../src/tensor/tensor.ts";

/** What one kernel's test found: figures, or why it did not run. */
export type Check = Measured | { readonly name: string; readonly problem: string };

/** A kernel that ran. */
export interface Measured {
  readonly name: string;
  /** Largest error, relative to the largest expected magnitude. */
  readonly error: number;
  readonly limit: number;
  /** Median milliseconds, recording and waiting included. */
  readonly ms: number;
  readonly gflops?: number;
}

/** Whether the kernel ran and its results are right. */
export function passed(check: Check): boolean {
  return "error" in check && check.error <= check.limit;
}

/** A kernel on given inputs, and what single elements of its output must be. */
interface Subject {
  readonly name: string;
  readonly inputs: readonly Shape[];
  readonly run: (...inputs: Tensor[]) => Tensor;
  /** Output element `index`, in float64. */
  readonly expected: (index: number, ...inputs: Float32Array[]) => number;
  readonly flops?: number;
}

const LIMIT = 1e-5;
/** Output elements that are checked, spread over the whole output. */
const PROBES = 1009;
/** Timed runs: as many as fit, one at least. */
const MOST_RUNS = 15, TIMING_MS = 700;

const SIDE = 1024;
/** Frames, tokens, heads and width of one ViT-B/32 video. */
const [FRAMES, TOKENS, HEADS] = [12, 50, 12];
const WIDTH = HEADS * HEAD;
const EPS = 1e-5;

const SUBJECTS: readonly Subject[] = [
  {
    name: "matmul",
    inputs: [[SIDE, SIDE], [SIDE, SIDE]],
    run: (a, b) => matmul(a, b),
    expected(index, a, b) {
      const row = Math.floor(index / SIDE), col = index % SIDE;
      return sum(SIDE, (k) => a[row * SIDE + k] * b[k * SIDE + col]);
    },
    flops: 2 * SIDE ** 3,
  },
  {
    name: "attention",
    inputs: [[FRAMES, TOKENS, 3 * WIDTH]],
    run: (qkv) => attention(qkv),
    expected(index, qkv) {
      const row = Math.floor(index / WIDTH), col = index % WIDTH;
      const first = row - row % TOKENS, head = col - col % HEAD;
      // Element `d` of part 0 (query), 1 (key) or 2 (value) of a token.
      const at = (token: number, part: number, d: number) =>
        qkv[token * 3 * WIDTH + part * WIDTH + d];
      const weights = Array.from({ length: TOKENS }, (_, key) =>
        Math.exp(
          sum(HEAD, (d) => at(row, 0, head + d) * at(first + key, 1, head + d)) / Math.sqrt(HEAD),
        ));
      return sum(TOKENS, (key) => weights[key] * at(first + key, 2, col)) /
        sum(TOKENS, (key) => weights[key]);
    },
    flops: 4 * FRAMES * HEADS * TOKENS ** 2 * HEAD,
  },
  {
    name: "layer norm",
    inputs: [[FRAMES, TOKENS, WIDTH], [WIDTH], [WIDTH]],
    run: (x, gamma, beta) => layerNorm(x, gamma, beta, EPS),
    expected(index, x, gamma, beta) {
      const col = index % WIDTH, row = x.subarray(index - col, index - col + WIDTH);
      const mean = sum(WIDTH, (i) => row[i]) / WIDTH;
      const variance = sum(WIDTH, (i) => (row[i] - mean) ** 2) / WIDTH;
      return gamma[col] * (row[col] - mean) / Math.sqrt(variance + EPS) + beta[col];
    },
  },
];

function sum(n: number, term: (i: number) => number): number {
  let total = 0;
  for (let i = 0; i < n; i++) total += term(i);
  return total;
}

/** Runs the self-test. */
export async function selfTest(device: Device): Promise<Check[]> {
  const checks: Check[] = [];
  for (const subject of SUBJECTS) {
    try {
      checks.push(await measure(device, subject));
    } catch (error) {
      if (!(error instanceof GpuError)) throw error;
      checks.push({ name: subject.name, problem: error.message });
    }
  }
  return checks;
}

async function measure(device: Device, subject: Subject): Promise<Measured> {
  const { name, inputs, run, expected, flops } = subject;
  using _scope = new Scope(device);
  const random = new Random(1, [0]);
  const data = inputs.map((shape) =>
    Float32Array.from({ length: sizeOf(shape) }, () => 2 * random.uniform() - 1)
  );
  const tensors = data.map((values, i) => tensor(device, values, inputs[i]));
  const output = await run(...tensors).data();

  let error = 0, largest = 0;
  for (let probe = 0; probe < PROBES; probe++) {
    const index = Math.floor(probe * (output.length - 1) / (PROBES - 1));
    const wanted = expected(index, ...data);
    const off = Math.abs(output[index] - wanted);
    // A NaN must not pass for a small error.
    error = off <= error ? error : Number.isNaN(off) ? Infinity : off;
    largest = Math.max(largest, Math.abs(wanted));
  }
  error /= largest;
  const ms = await medianTime(device, () => run(...tensors).dispose());
  const gflops = flops && flops / ms / 1e6;
  return { name, error, limit: LIMIT, ms, gflops };
}

async function medianTime(device: Device, work: () => void): Promise<number> {
  const times: number[] = [];
  const end = performance.now() + TIMING_MS;
  do {
    const start = performance.now();
    work();
    await device.idle();
    times.push(performance.now() - start);
  } while (times.length < MOST_RUNS && performance.now() < end);
  return times.sort((a, b) => a - b)[times.length >> 1];
}
