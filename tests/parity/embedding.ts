/**
 * Compares the eigenvectors that spectral clustering works on.
 *
 * @module
 */
import type { Checks } from "./checks.ts";
import { parseTolerance } from "./tolerance.ts";
import type { Floats } from "./values.ts";

/** Eigenvalues as far apart as this have vectors of their own: those of closer ones are up to rounding. */
const CLEAR = 1e-3;

/** What the original found, and its float64 run. */
export interface SpectralReference {
  /** All eigenvalues, ascending: [B, N]. */
  readonly values: Floats;
  /** [B, N, N]. */
  readonly laplacian: Floats;
  /** The rows of the last K columns of U, normalised: [B, N, K], smallest singular value last. */
  readonly q: Floats;
}

const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, v, i) => sum + v * b[i], 0);

/** The columns of segment `s` of [B, N, K]. */
function columnsOf({ shape: [, n, k], data }: Floats, s: number): Float64Array[] {
  const column = (j: number) =>
    Float64Array.from({ length: n }, (_, i) => data[(s * n + i) * k + j]);
  return Array.from({ length: k }, (_, j) => column(j));
}

/**
 * Demands of the embedding [B, N, K]
 * - that its columns are orthonormal eigenvectors of the original's Laplacian, to the original's eigenvalues:
 *   no more can be asked of a space that is not unique;
 * - that it spans the original's space, where the K-th eigenvalue is clear of the next;
 * - that it has the original's columns, where an eigenvalue is clear of both neighbours, with their sign
 *   where that is corrected and does not hang on the rounding of an eigenvalue of 0.
 *
 * An error of the Laplacian within its tolerance turns a space by as much over the gap (Davis and Kahan),
 * and a row's direction by that over its length.
 */
export function compareEmbedding(
  checks: Checks,
  wording: string,
  embedding: Floats,
  { values, laplacian, q }: SpectralReference,
  { correctSign = true }: { correctSign?: boolean },
): void {
  const [segments, n, k] = embedding.shape;
  const { atol } = parseTolerance(wording, "L_sym");
  const residual = parseTolerance(wording, "eigenvalues").atol;
  for (let s = 0; s < segments; s++) {
    const ours = columnsOf(embedding, s), theirs = columnsOf(q, s).reverse();
    const value = values.data.subarray(s * n, (s + 1) * n);
    const row = (i: number) => {
      const start = (s * n + i) * n;
      return Float64Array.from(laplacian.data.subarray(start, start + n));
    };
    const rows = Array.from({ length: n }, (_, i) => row(i));
    ours.forEach((u, j) => {
      const image = rows.map((r) => dot(r, u));
      const expected = u.map((v) => value[j] * v);
      checks.close(`L q_${j} of segment ${s}`, image, expected, {
        atol: residual,
        rtol: 0,
        ofMax: false,
      });
      // A column that the original's sign rule loses is lost here, too.
      const lost = theirs[j].every((v) => v === 0);
      const gram = ours.map((v) => dot(u, v));
      const unit = ours.map((_, i) => Number(i === j && !lost));
      checks.close(`products with q_${j} of segment ${s}`, gram, unit, {
        atol,
        rtol: 0,
        ofMax: false,
      });
    });

    const length = Array.from({ length: n }, (_, i) => Math.hypot(...ours.map((u) => u[i])));
    const unit = ours.map((u) => u.map((v, i) => v / (length[i] + 1e-6)));
    const gap = k < n ? value[k] - value[k - 1] : 1;
    if (gap >= CLEAR) {
      for (let i = 0; i < n; i++) {
        const cosines = (of: Float64Array[]) =>
          Float64Array.from({ length: n }, (_, j) => of.reduce((sum, u) => sum + u[i] * u[j], 0));
        const allowed = length.map((l) => atol / gap * (1 / l + 1 / length[i]));
        checks.within(`Q Q' of segment ${s}, row ${i}`, cosines(unit), cosines(theirs), allowed);
      }
    }
    unit.forEach((u, j) => {
      const below = j > 0 ? value[j] - value[j - 1] : 1,
        above = j < n - 1 ? value[j + 1] - value[j] : 1;
      const apart = Math.min(below, above, gap);
      if (apart < CLEAR) return;
      const balance = ours[j].reduce((sum, v) => sum + v * Math.abs(v), 0);
      const fixed = correctSign && value[j] >= CLEAR && Math.abs(balance) >= CLEAR;
      const sign = fixed ? 1 : Math.sign(dot(u, theirs[j]));
      const allowed = length.map((l) => atol / apart / l);
      checks.within(`q_${j} of segment ${s}`, u, theirs[j].map((v) => sign * v), allowed);
    });
  }
}
