/**
 * Compares the gradients of a model's parameters.
 *
 * @module
 */
import type { Tensor } from "../../mod.ts";
import { type Checks, Mismatch } from "./checks.ts";
import type { GoldenCase } from "./golden.ts";
import { EXACT, parseTolerance } from "./tolerance.ts";
import { floats } from "./values.ts";

/** Where a tolerance says nothing of norms: what others of these cases say. */
const NORMS = { ...EXACT, rtol: 1e-3 };

/**
 * The norm below which a gradient of a loss of about 1 is rounding alone: the spacing of f32 there. Such
 * a gradient vanishes in exact arithmetic (a bias under a softmax), so only its smallness can be compared.
 */
const NOISE = 2 ** -23;

/** The fixed vector onto which manifests project large tensors. */
export const projection = (i: number) => Math.cos(0.37 * i);

/**
 * Compares every gradient by its norm and its projection (`grad_stats`), and element by element where
 * the file holds it, whole (`grad.NAME`) or its beginning (`grad_first512.NAME`).
 */
export async function compareGradients(
  golden: GoldenCase,
  checks: Checks,
  gradients: ReadonlyMap<string, Tensor | undefined>,
): Promise<void> {
  const { entry } = golden, stats = entry.object("grad_stats");
  const tolerance = parseTolerance(golden.tolerance, "grad");
  const norms = /\bnorms\b/.test(golden.tolerance)
    ? parseTolerance(golden.tolerance, "norms")
    : NORMS;
  let total = 0;
  for (const [name, gradient] of gradients) {
    if (!stats.has(name)) {
      checks.holds(`${name} has a gradient, but the reference has none`, !gradient);
      continue;
    }
    if (!gradient) throw new Mismatch(`${name} has no gradient`);
    const found = await gradient.data() as Float32Array, expected = stats.object(name);
    checks.same(`shape of ${name}`, gradient.shape, expected.numbers("shape"));
    const norm = Math.sqrt(found.reduce((sum, value) => sum + value ** 2, 0)),
      reference = expected.number("norm");
    total += norm ** 2;
    if (reference < NOISE) {
      checks.close(`norm of the gradient of ${name}`, [norm], [0], { ...EXACT, atol: NOISE });
      golden.waive(`grad.${name}`);
      continue;
    }
    for (const prefix of ["grad", "grad_first512"]) {
      const output = `${prefix}.${name}`;
      if (!golden.hasOutput(output)) continue;
      const { data } = await floats(golden.output(output));
      checks.close(output, found.subarray(0, data.length), data, tolerance);
    }
    checks.close(`norm of the gradient of ${name}`, [norm], [reference], norms);
    const dot = found.reduce((sum, value, i) => sum + value * projection(i), 0);
    checks.close(`projection of the gradient of ${name}`, [dot], [expected.number("dot_cos")], {
      ...EXACT,
      atol: norms.rtol * reference,
    });
  }
  if (!entry.has("total_grad_norm")) return;
  checks.close("total_grad_norm", [Math.sqrt(total)], [entry.number("total_grad_norm")], norms);
}
