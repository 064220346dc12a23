import assert from "node:assert/strict";
import { parseTolerance } from "./tolerance.ts";

const tolerance = (atol: number, rtol: number, ofMax = false) => ({ atol, rtol, ofMax });

Deno.test("a clause about nothing in particular is about everything", () => {
  assert.deepEqual(parseTolerance("atol 5e-5 rtol 2e-4", "grads"), tolerance(5e-5, 2e-4));
  assert.deepEqual(parseTolerance("rtol 1e-6"), tolerance(0, 1e-6));
  assert.deepEqual(parseTolerance("exact", "ids"), tolerance(0, 0));
});

Deno.test("each subject finds its own clause, the first subject first", () => {
  const wording = "features atol 1e-4 rtol 1e-3; grads rtol 5e-3 of max; running stats atol 1e-5";
  assert.deepEqual(parseTolerance(wording, "features"), tolerance(1e-4, 1e-3));
  assert.deepEqual(parseTolerance(wording, "grad"), tolerance(0, 5e-3, true));
  assert.deepEqual(parseTolerance(wording, "stats", "grad"), tolerance(1e-5, 0));
  assert.deepEqual(parseTolerance(wording, "loss", "grad"), tolerance(0, 5e-3, true));
});

Deno.test("the forms in which golden manifests write numbers are all read", () => {
  const gradients = "sim atol 2e-4; gradients: |diff| <= 2e-3*max|g| per tensor; norms rtol 1e-3";
  assert.deepEqual(parseTolerance(gradients, "grad"), tolerance(0, 2e-3, true));
  assert.deepEqual(parseTolerance(gradients, "norms"), tolerance(0, 1e-3));
  assert.deepEqual(parseTolerance("exact (cols), 1e-9 (rates)", "rates"), tolerance(1e-9, 0));
  assert.deepEqual(parseTolerance("exact (cols), 1e-9 (rates)", "cols"), tolerance(0, 0));
  assert.deepEqual(parseTolerance("resized_u8 +-1; not used", "resized_u8"), tolerance(1, 0));
  const diagonal = "atol 1e-4 on off-diagonal; the diagonal carries noise: within 5e-3*|x|";
  assert.deepEqual(parseTolerance(diagonal, "the diagonal"), tolerance(0, 5e-3));
  assert.deepEqual(parseTolerance(diagonal), tolerance(1e-4, 0));
});

Deno.test("a wording without a word on the subject is refused, not guessed", () => {
  assert.throws(() => parseTolerance("loss rtol 1e-5", "grads"), /says nothing of grads/);
  assert.throws(() => parseTolerance("close enough", "loss"), /says nothing of loss/);
});
