/**
 * Matrix products in float64.
 *
 * @module
 */

/** A product C[m, n] over k, batched, with what is added to it. */
export interface ProductCase {
  m: number;
  k: number;
  n: number;
  batch?: number;
  form: "nn" | "nt" | "tn";
  bias?: boolean;
  residual?: boolean;
}

/** `A B + bias + residual` in float64, the operands stored as `form` says. */
export function product(
  { m, k, n, batch = 1, form }: ProductCase,
  a: Float64Array,
  b: Float64Array,
  bias?: Float64Array,
  residual?: Float64Array,
): Float64Array {
  const c = new Float64Array(batch * m * n);
  for (let z = 0; z < batch; z++) {
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) {
        let sum = bias?.[j] ?? 0;
        for (let q = 0; q < k; q++) {
          const x = a[z * m * k + (form === "tn" ? q * m + i : i * k + q)];
          sum += x * b[z * k * n + (form === "nt" ? j * k + q : q * n + j)];
        }
        const at = (z * m + i) * n + j;
        c[at] = sum + (residual?.[at] ?? 0);
      }
    }
  }
  return c;
}
