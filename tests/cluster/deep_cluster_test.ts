import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import { Tape } from "../../src/autograd/tape.ts";
import { gatherCentres } from "../../src/cluster/centres.ts";
import { deepCluster, tokenMlpShapes } from "../../src/cluster/deep_cluster.ts";
import { Parameters } from "../../src/nn/parameters.ts";
import { outsideScopes, Scope } from "../../src/tensor/scope.ts";
import { sizeOf } from "../../src/tensor/shape.ts";
import { type Tensor, tensor } from "../../src/tensor/tensor.ts";
import { device } from "../device.ts";
import { checkOp, close, normals } from "../oracle/check.ts";
import { distanceOracle, rowsOf } from "./oracle.ts";

/** Videos of frames of `n` patches, cut into segments of which K tokens stay. */
const CASES = [
  { videos: 2, frames: 4, targetFrames: 2, n: 9, width: 16, k: 9 },
  { videos: 1, frames: 3, targetFrames: 1, n: 5, width: 7, k: 3 },
  { videos: 1, frames: 2, targetFrames: 2, n: 4, width: 1, k: 2 },
];
type Case = typeof CASES[number];

const shapesOf = ({ frames, targetFrames, n, k }: Case) =>
  tokenMlpShapes(n * frames / targetFrames, frames / targetFrames, k);

/** Parameters with norms near 1, from the flat values behind the tokens. */
function drawn(c: Case): { shape: readonly number[]; data: Float32Array<ArrayBuffer> }[] {
  return Array.from(shapesOf(c), ([name, shape], i) => ({
    shape,
    data: normals(sizeOf(shape), 50 + i).map((v) =>
      name.endsWith("weight") && name.includes("ln") ? 1 + 0.1 * v : 0.5 * v
    ),
  }));
}

const parametersOf = (c: Case, values: readonly Tensor[]) =>
  new Parameters(device, new Map([...shapesOf(c).keys()].map((name, i) => [name, values[i]])));

const dot = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a).reduce((sum, v, i) => sum + v * b[i], 0);

/** The patches of each segment, [N][D]. */
function patchesOf(x: ArrayLike<number>, { frames, targetFrames, n, width }: Case): number[][][] {
  const length = frames / targetFrames;
  return rowsOf(x, length * (1 + n) * width).map((segment) =>
    rowsOf(segment, (1 + n) * width).flatMap((frame) => rowsOf(frame, width).slice(1))
  );
}

/** The centroids of a segment in f64, [K][D]. */
function centroidsOracle(tokens: number[][], p: readonly ArrayLike<number>[], c: Case) {
  const widths = [...shapesOf(c).values()].filter((s) => s.length === 2);
  const columns = tokens[0].map((_, d) => {
    let x: number[] = tokens.map((token) => token[d]);
    widths.forEach(([out, inner], layer) => {
      const [weight, bias, gamma, beta] = p.slice(4 * layer, 4 * layer + 4);
      const rows = rowsOf(weight, inner);
      const y = Array.from({ length: out }, (_, o) => dot(x, rows[o]) + bias[o]);
      const mean = y.reduce((a, b) => a + b) / out;
      const deviation = Math.sqrt(y.reduce((s, v) => s + (v - mean) ** 2, 0) / out + 1e-5);
      x = y.map((v, o) => gamma[o] * (v - mean) / deviation + beta[o]);
    });
    return x;
  });
  return Array.from({ length: c.k }, (_, k) => columns.map((column) => column[k]));
}

Deno.test("deepCluster()'s centroids and loss, and its gradients to the perceptron, match the oracle", async () => {
  for (const c of CASES) {
    const x = normals(c.videos * c.frames * (1 + c.n) * c.width, 3);
    const segments = patchesOf(x, c);
    using tokens = tensor(device, x, [c.videos * c.frames, 1 + c.n, c.width]);
    const loss = (centroids: number[][][]) =>
      segments.reduce(
        (sum, own, s) =>
          sum + own.reduce((t, token) =>
            t + Math.min(...centroids[s].map((m) =>
              distanceOracle(token, m, {}) ** 2
            )), 0),
        0,
      ) /
      segments.length;
    const oracle = (p: ArrayLike<number>[]) => segments.map((own) => centroidsOracle(own, p, c));
    await checkOp({
      device,
      inputs: drawn(c),
      run: (...p) => deepCluster(tokens, parametersOf(c, p), { ...c, training: true }).loss!,
      oracle: (...p) => [loss(oracle(p))],
      tolerance: 5e-6,
      gradientTolerance: 1e-3,
    });
    using _scope = new Scope(device);
    const values = drawn(c), p = values.map(({ data, shape }) => tensor(device, data, shape));
    const found = deepCluster(tokens, parametersOf(c, p), c);
    const expected = oracle(values.map(({ data }) => data)).flat(2);
    close(await found.centroids.data() as Float32Array, expected, 1e-5, "centroids");
    strictEqual(found.loss, undefined);
  }
});

Deno.test("deepCluster() keeps the tokens that it chose; its loss moves the perceptron alone", async () => {
  const [c] = CASES;
  using _scope = new Scope(device);
  using tape = new Tape(), lossTape = new Tape();
  const x = tensor(device, normals(8 * 10 * 16, 3), [8, 10, 16]);
  const p = drawn(c).map(({ data, shape }) => tensor(device, data, shape));
  const run = () => deepCluster(x, parametersOf(c, p), { ...c, training: true });
  tape.watch(x, ...p);
  lossTape.watch(x, ...p);
  const { output, medoids } = tape.run(run);
  deepStrictEqual(await output.data(), await gatherCentres(x, medoids, c).data());
  const seed = tensor(device, normals(output.size, 4), output.shape);
  const [dx, ...unmoved] = tape.backward(output, [x, ...p], seed);
  ok(dx && unmoved.every((gradient) => gradient === undefined));
  const loss = lossTape.run(run).loss!;
  const [none, ...moved] = lossTape.backward(loss, [x, ...p]);
  ok(none === undefined && moved.every((gradient) => gradient !== undefined));
});

Deno.test("deepCluster() leaves nothing behind but what it returns", () => {
  const [c] = CASES;
  using _scope = new Scope(device);
  const x = tensor(device, normals(8 * 10 * 16, 3), [8, 10, 16]);
  const p = drawn(c).map(({ data, shape }) => tensor(device, data, shape));
  const { buffers } = device.memory;
  const found = outsideScopes(
    device,
    () => deepCluster(x, parametersOf(c, p), { ...c, training: true }),
  );
  strictEqual(device.memory.buffers, buffers + 5);
  for (const made of Object.values(found)) made!.dispose();
  strictEqual(device.memory.buffers, buffers);
});

Deno.test("deepCluster() refuses a perceptron for other segments", () => {
  const [c] = CASES;
  using _scope = new Scope(device);
  const x = tensor(device, new Float32Array(8 * 10 * 16), [8, 10, 16]);
  const p = drawn(c).map(({ data, shape }) => tensor(device, data, shape));
  throws(
    () => deepCluster(x, parametersOf(c, p), { frames: 8, targetFrames: 2 }),
    /do not multiply/,
  );
});
