/**
 * Batched spectral clustering, wholly on the GPU.
 *
 * @module
 */
import { smallestEigenvectors } from "../ops/eigen.ts";
import { matmul } from "../ops/matmul.ts";
import { tidy } from "../tensor/scope.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import { affinities, type AffinityOptions, checkAffinity, isSymmetric } from "./affinity.ts";
import { checkClustering, type Clusters, clusterSegments, workgroupFor } from "./k_medoids.ts";
import type { KMedoidsOptions } from "./k_medoids_options.ts";
import { normalizedLaplacian } from "./laplacian.ts";
import { plainLayout, type TokenLayout, tokensOf } from "./layout.ts";
import { markRows, signFlip } from "./sign_flip.ts";
import { bySlices } from "./slices.ts";
import { type ReadyTokens, readyTokens } from "./tokens.ts";

/** Options of {@link spectralClusters}; those of k-medoids are about the embedding. */
export interface SpectralOptions
  extends AffinityOptions, Omit<KMedoidsOptions, "preNorm" | "distances" | "init"> {
  /** Fix the sign of each eigenvector: see `signFlip`. Default true. */
  readonly correctSign?: boolean;
}

/** What {@link spectralClusters} finds. */
export interface SpectralClusters extends Clusters {
  /**
   * The tokens as k-medoids sees them but for the length of the rows: the eigenvectors of the K smallest
   * eigenvalues as columns, `[B, N, K]` (or `[N, K]`).
   */
  readonly embedding: Tensor<"f32">;
}

/**
 * Clusters the tokens of each segment by k-medoids on the eigenvectors of the K smallest eigenvalues of their
 * graph's normalised Laplacian, rows divided by their norm plus 1e-6 (Ng, Jordan and Weiss 2001; CenterCLIP,
 * section 3.3). Everything stays on the GPU; nothing waits for it. No gradient flows through the choice.
 *
 * Where the graph falls apart, as it does when tokens are many sigma apart, eigenvalues coincide, and which
 * of their vectors are found is up to rounding: choose sigma by the distances of the tokens. A token that
 * is not finite is a component of its own, its row of the embedding is NaN, and so it becomes a medoid before
 * any other, as in `kMedoids`. With `near` and frames that are not square the graph is not symmetric, and the
 * left singular vectors take the place of the eigenvectors. Memory is about 28 N² bytes a segment.
 *
 * @param tokens `[B, N, D]` or `[N, D]`, f32.
 * @throws {UsageError} if an option is out of range.
 * @throws {UserError} if N exceeds what the device's workgroup memory holds (above 1024 everywhere).
 *
 * @example
 * ```ts ignore
 * const { medoids, assignment } = spectralClusters(tokens, { k: 49, sigma: 2, neighbours: 10 });
 * ```
 */
export function spectralClusters(tokens: Tensor, options: SpectralOptions): SpectralClusters {
  const layout = plainLayout(tokens.shape, "spectralClusters");
  if (tokens.shape.length === 3) return spectralSegments(tokens, layout, options);
  const [medoids, assignment, iterations, embedding] = tidy(tokens.device, () => {
    const found = spectralSegments(tokens, layout, options);
    const embedding = found.embedding.reshape([-1, options.k]);
    const [medoids, assignment] = [found.medoids, found.assignment].map((ids) => ids.reshape([-1]));
    return [medoids, assignment, found.iterations, embedding] as const;
  });
  return { medoids, assignment, iterations, embedding };
}

/** {@link spectralClusters} for tokens of any layout; medoids are numbered within their segment. */
export function spectralSegments(
  x: Tensor,
  layout: TokenLayout,
  options: SpectralOptions,
): SpectralClusters {
  const { k, distance, p, iterationLimit, threshold, sortIds, splitSize, compat } = options;
  checkClustering("spectral", layout, options);
  checkAffinity(options, tokensOf(layout));
  workgroupFor(x.device, tokensOf(layout));
  const [medoids, assignment, iterations, embedding] = tidy(x.device, () => {
    const embedding = embed(readyTokens(x, layout), options);
    const rest = { k, distance, p, iterationLimit, threshold, sortIds, splitSize, compat };
    const found = clusterSegments(embedding, plainLayout(embedding.shape, "spectral"), {
      ...rest,
      preNorm: true,
    });
    return [found.medoids, found.assignment, found.iterations, embedding] as const;
  });
  return { medoids, assignment, iterations, embedding };
}

/** The embedding, `[segments, N, K]`, as many segments at a time as fit. */
function embed(tokens: ReadyTokens, options: SpectralOptions): Tensor<"f32"> {
  const { tokens: { device }, layout } = tokens, n = tokensOf(layout), size = n * options.k;
  const embedding = empty(device, "f32", [layout.segments, n, options.k], "spectral");
  bySlices(device, layout, (first, count) => {
    const vectors = eigenvectors(tokens, options, first, count);
    device.copy(vectors, 0, embedding, 4 * first * size, 4 * count * size);
  }, options.splitSize);
  return embedding;
}

/** The eigenvectors of `count` segments from `first` on. */
function eigenvectors(
  tokens: ReadyTokens,
  options: SpectralOptions,
  first: number,
  count: number,
): Tensor {
  const { k, correctSign = true, compat } = options;
  const symmetric = isSymmetric(options);
  const graph = affinities(tokens, options, first, count);
  const { laplacian, degree } = normalizedLaplacian(graph);
  // The left singular vectors of L are the eigenvectors of L L'.
  const square = symmetric ? laplacian : matmul(laplacian, laplacian, { transposeB: true });
  let { vectors } = smallestEigenvectors(square, k);
  if (correctSign) {
    // S V' = U' L. Where L is symmetric and has no negative eigenvalue, V is U, and U alone tells the sign of
    // the eigenvalue 0, too, of which the product holds nothing but rounding. The original takes that, or an
    // exact 0 where a token has no edges.
    const exact = symmetric && compat !== "reference";
    const scaled = exact ? vectors : matmul(laplacian, vectors, { transposeA: true });
    vectors = signFlip(vectors, scaled, compat === "reference" ? 0 : 1);
  }
  markRows(vectors, degree);
  return vectors;
}
