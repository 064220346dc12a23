/**
 * The stages of spectral clustering before its embedding.
 *
 * @module
 */
import {
  affinityGraph,
  type AffinityOptions,
  type Device,
  matmul,
  normalizedLaplacian,
  smallestEigenvectors,
  type Tensor,
} from "../../mod.ts";
import { rowsOf } from "../cluster/oracle.ts";
import { graphOracle, laplacianOracle } from "../cluster/spectral_oracle.ts";
import type { Checks } from "./checks.ts";
import type { GoldenCase } from "./golden.ts";
import { parseTolerance } from "./tolerance.ts";
import { type Floats, floats, upload } from "./values.ts";

/**
 * What the original's squared distances leave to rounding, of a token's distance to itself, too: it takes
 * them as |a|^2 + |b|^2 - 2 a b in f32, and the error of such sums grows as the root of their length.
 */
function cancellation({ shape: [segments, n, width], data }: Floats): Float64Array {
  const squares = Float64Array.from({ length: segments * n }, (_, row) => {
    const token = data.subarray(row * width, (row + 1) * width);
    return token.reduce((sum, value) => sum + value * value, 0);
  });
  return Float64Array.from({ length: segments * n * n }, (_, at) => {
    const i = Math.floor(at / n), j = Math.floor(i / n) * n + at % n;
    return (squares[i] + squares[j]) * Math.sqrt(width) * 2 ** -23;
  });
}

/** The graph and the Laplacian in f64. */
function exactStages({ shape: [segments, n, width], data }: Floats, options: AffinityOptions) {
  const graphs = Array.from({ length: segments }, (_, s) => {
    const tokens = data.subarray(s * n * width, (s + 1) * n * width);
    return graphOracle(rowsOf(tokens, width), options);
  });
  return {
    graph: Float64Array.from(graphs.flat(2)),
    laplacian: Float64Array.from(graphs.flatMap(laplacianOracle).flat()),
  };
}

/**
 * How far the original itself is off, which is allowed besides the tolerance: no more than its rounding can
 * come to, so that what is no rounding is found.
 */
function ownError(
  original: ArrayLike<number>,
  exact: Float64Array,
  rounding: Float64Array,
): Float64Array {
  return exact.map((value, at) => Math.min(Math.abs(original[at] - value), rounding[at]));
}

function rowSums(values: Float64Array, n: number): Float64Array {
  return Float64Array.from(
    { length: values.length / n },
    (_, row) => values.subarray(row * n, (row + 1) * n).reduce((sum, one) => sum + one, 0),
  );
}

/** Where the transpose of square matrices has the element `at`. */
function transposed(at: number, n: number): number {
  const i = Math.floor(at / n) % n, j = at % n;
  return at + (j - i) * n + (i - j);
}

/**
 * Compares the graph, its degrees, the Laplacian and its eigenvalues. Returns the original's eigenvalues, and
 * its Laplacian where the case has it, else the one found.
 */
export async function compareStages(
  golden: GoldenCase,
  checks: Checks,
  x: Floats,
  device: Device,
  options: AffinityOptions,
): Promise<{ values: Floats; laplacian: Floats }> {
  const { tolerance } = golden, { sigma = 2 } = options;
  const graph = affinityGraph(upload(device, x), options);
  const { laplacian, degree } = normalizedLaplacian(graph);
  const weights = await graph.data(), { shape } = laplacian, n = shape[1];
  const degrees = await degree.data();
  const exact = exactStages(x, options);
  const noise = cancellation(x).map((d, at) => weights[at] * d / (2 * sigma * sigma));
  const sums = rowSums(noise, n);
  const { atol, rtol } = parseTolerance(tolerance, "W");
  const closeToW = Float64Array.from(weights, (weight) => atol + rtol * weight);
  if (golden.hasOutput("W")) {
    const { data } = await floats(golden.output("W"));
    const error = ownError(data, exact.graph, noise);
    checks.within("W", weights, data, error.map((more, at) => closeToW[at] + more));
  }
  const { data: expectedDegrees } = await floats(golden.output("degree"));
  const ofDegree = ownError(expectedDegrees, rowSums(exact.graph, n), sums);
  const closeToDegree = rowSums(closeToW, n);
  checks.within(
    "degree",
    degrees,
    expectedDegrees,
    ofDegree.map((more, row) => closeToDegree[row] + more),
  );

  const closeTo = parseTolerance(tolerance, "eigenvalues");
  const found = await laplacian.data();
  const symmetric = found.every((value, at) => value === found[transposed(at, n)]);
  const values = await singularValues(laplacian, symmetric);
  const expected = await floats(golden.output("eigenvalues_f64"));
  checks.close("eigenvalues_f64", values, expected.data, closeTo);
  if (golden.hasOutput("singular_values")) {
    const { data } = await floats(golden.output("singular_values"));
    const ascending = data.map((_, at) => data[at - at % n + n - 1 - at % n]);
    checks.close("singular_values", values, ascending, closeTo);
  }
  if (!golden.hasOutput("L_sym")) return { values: expected, laplacian: { shape, data: found } };
  const reference = await floats(golden.output("L_sym"));
  const closeToL = parseTolerance(tolerance, "L_sym").atol;
  const most = noise.map((more, at) => {
    const i = Math.floor(at / n), j = Math.floor(i / n) * n + at % n;
    const ofDegrees = weights[at] * (sums[i] / degrees[i] + sums[j] / degrees[j]) / 2;
    return (more + ofDegrees) / Math.sqrt(degrees[i] * degrees[j]);
  });
  const error = ownError(reference.data, exact.laplacian, most);
  checks.within("L_sym", found, reference.data, error.map((more) => closeToL + more));
  return { values: expected, laplacian: reference };
}

/** The singular values of Laplacians, ascending. */
async function singularValues(laplacian: Tensor, symmetric: boolean): Promise<Float32Array> {
  const n = laplacian.shape[1];
  // None is negative: they are the eigenvalues.
  if (symmetric) return await smallestEigenvectors(laplacian, n).values.data() as Float32Array;
  const square = matmul(laplacian, laplacian, { transposeB: true });
  const squares = await smallestEigenvectors(square, n).values.data() as Float32Array;
  return squares.map((value) => Math.sqrt(Math.max(0, value)));
}
