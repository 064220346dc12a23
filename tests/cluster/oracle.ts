/** Token clustering in float64 on the CPU, one segment at a time, written from SPEC.md 5.4. */

/** Options of {@link kMedoidsOracle}, with the defaults of `kMedoids`. */
export interface OracleOptions {
  readonly k: number;
  readonly distance?: "euclidean" | "cosine";
  readonly p?: number;
  readonly preNorm?: boolean;
  readonly iterationLimit?: number;
  readonly threshold?: number;
  readonly sortIds?: boolean;
  /** The medoids to start from; KKZ adds those that are missing. */
  readonly init?: readonly number[];
}

/** Rows of a flat array. */
export function rowsOf(flat: ArrayLike<number>, width: number): number[][] {
  const values = Array.from(flat);
  return Array.from(
    { length: values.length / width },
    (_, i) => values.slice(i * width, (i + 1) * width),
  );
}

const norm = (v: readonly number[]) => Math.sqrt(v.reduce((sum, c) => sum + c * c, 0));

/** The distance between two tokens. */
export function distanceOracle(
  a: readonly number[],
  b: readonly number[],
  { distance = "euclidean", p = 2 }: Pick<OracleOptions, "distance" | "p">,
): number {
  if (distance === "cosine") {
    const dot = a.reduce((sum, c, i) => sum + c * b[i], 0);
    return 1 - dot / ((norm(a) + 1e-6) * (norm(b) + 1e-6));
  }
  return a.reduce((sum, c, i) => sum + Math.abs(c - b[i]) ** p, 0) ** (1 / p);
}

/** The first index of the greatest value. */
function greatest(values: readonly number[]): number {
  return values.reduce((best, v, i) => v > values[best] ? i : best, 0);
}

/** k-medoids of one segment: ties to the lowest number, a token is nearest to itself. */
export function kMedoidsOracle(tokens: number[][], options: OracleOptions) {
  const { k, preNorm = false, iterationLimit = 100, threshold = 1e-6, sortIds = true } = options;
  const x = preNorm ? tokens.map((t) => t.map((c) => c / (norm(t) + 1e-6))) : tokens;
  const d = x.map((a, i) => x.map((b, j) => i === j ? -Infinity : distanceOracle(a, b, options)));

  let medoids = [...options.init ?? []];
  if (medoids.length === 0) medoids.push(greatest(x.map(norm)));
  while (medoids.length < k) {
    medoids.push(greatest(x.map((_, i) => Math.min(...medoids.map((m) => d[m][i])))));
  }
  const assign = () => x.map((_, i) => greatest(medoids.map((m) => -d[m][i])));
  let iterations = 0, moved = Infinity;
  while (iterations < iterationLimit && moved >= threshold) {
    const assignment = assign();
    const next = medoids.map((_, c) => {
      const members = [...x.keys()].filter((i) => assignment[i] === c);
      const sum = (i: number) => members.reduce((s, j) => s + (i === j ? 0 : d[i][j]), 0);
      return members[greatest(members.map((i) => -sum(i)))];
    });
    moved = next.reduce((way, m, c) => way + (m === medoids[c] ? 0 : d[m][medoids[c]]), 0);
    medoids = next;
    iterations++;
  }
  if (sortIds) medoids.sort((a, b) => a - b);
  return { medoids, assignment: assign(), iterations };
}

/** The sum of distances of the tokens to their medoids. */
export function costOracle(
  tokens: number[][],
  medoids: ArrayLike<number>,
  assignment: ArrayLike<number>,
  options: Pick<OracleOptions, "distance" | "p">,
): number {
  return tokens.reduce(
    (sum, t, i) => sum + distanceOracle(t, tokens[medoids[assignment[i]]], options),
    0,
  );
}

/** Options of {@link kMeansOracle}, with the defaults of `kMeans`. */
export type KMeansOracleOptions = Pick<
  OracleOptions,
  "k" | "preNorm" | "iterationLimit" | "threshold" | "sortIds"
>;

/** The sum of squared distances of the tokens to the means of their clusters. */
export function kMeansCost(tokens: number[][], assignment: readonly number[]): number {
  const means = meansOf(tokens, assignment, Math.max(...assignment) + 1);
  return tokens.reduce((sum, t, i) => sum + distanceOracle(t, means[assignment[i]], {}) ** 2, 0);
}

function meansOf(tokens: number[][], assignment: readonly number[], k: number): number[][] {
  return Array.from({ length: k }, (_, c) => {
    const members = tokens.filter((_, i) => assignment[i] === c);
    return tokens[0].map((_, d) => members.reduce((sum, t) => sum + t[d], 0) / members.length);
  });
}

/** k-means of one segment, from the means themselves. */
export function kMeansOracle(tokens: number[][], options: KMeansOracleOptions) {
  const { k, preNorm = false, iterationLimit = 100, threshold = 1e-6, sortIds = true } = options;
  const x = preNorm ? tokens.map((t) => t.map((c) => c / (norm(t) + 1e-6))) : tokens;
  const start = kMedoidsOracle(tokens, { k, preNorm, iterationLimit: 0, sortIds: false });
  let assignment = start.assignment, means = meansOf(x, assignment, k), iterations = 0;
  while (iterations < iterationLimit) {
    iterations++;
    const before = assignment;
    const away = x.map((t) => means.map((m) => distanceOracle(t, m, {}) ** 2));
    assignment = away.map((d) => greatest(d.map((v) => -v)));
    const value = away.map((d, i) => d[assignment[i]]);
    for (let c = 0; c < k; c++) {
      if (assignment.includes(c)) continue;
      const alone = assignment.map((own) => assignment.filter((other) => other === own).length < 2);
      const at = greatest(value.map((v, i) => alone[i] ? -Infinity : v));
      assignment[at] = c;
      value[at] = 0;
    }
    if (assignment.every((c, i) => c === before[i])) break;
    const moved = meansOf(x, assignment, k);
    const way = moved.reduce((sum, m, c) => sum + distanceOracle(m, means[c], {}), 0);
    means = moved;
    if (way < threshold) break;
  }
  const medoids = meansOf(x, assignment, k).map((m, c) =>
    greatest(x.map((t, i) => assignment[i] === c ? -distanceOracle(t, m, {}) : -Infinity))
  );
  if (!sortIds) return { medoids, assignment, iterations };
  const order = [...medoids].sort((a, b) => a - b);
  return {
    medoids: order,
    assignment: assignment.map((c) => order.indexOf(medoids[c])),
    iterations,
  };
}
