/**
 * DeepCluster: the layer that learns which tokens to keep.
 *
 * @module
 */
import { clusterTokens, deepCluster, Scope, Tape } from "../../../mod.ts";
import type { Checks } from "../checks.ts";
import type { GoldenCase } from "../golden.ts";
import type { Context } from "../kind.ts";
import { parseTolerance } from "../tolerance.ts";
import { compareTokens, framesFirst, ownParameters } from "../tokens.ts";
import { compareIds, segmentMajorRows, uploadIds } from "../trace.ts";
import { floats } from "../values.ts";

/** Runs one case; the choice is compared or, where rounding decides it, the tokens of the given one. */
export async function deepLayer(
  golden: GoldenCase,
  checks: Checks,
  context: Context,
): Promise<void> {
  const device = await context.device();
  using _scope = new Scope(device);
  using tape = new Tape(), lossTape = new Tape();
  const { params } = golden, training = params.flag("training");
  const frames = params.number("before_block_frames");
  const targetFrames = params.number("after_block_frames");
  const x = framesFirst(device, await floats(golden.input("x")));
  const parameters = await ownParameters(golden, device), learnt = parameters.entries();
  const targets = [x, ...learnt.map(([, tensor]) => tensor)];
  tape.watch(...targets);
  const run = () => deepCluster(x, parameters, { ...segmentation, training });
  const robust = golden.entry.flag("robust"), segmentation = { frames, targetFrames };
  const made = tape.run(run), k = params.number("cluster_num");

  const centroids = parseTolerance(golden.tolerance, "centroids");
  const { shape, data } = await floats(golden.output("centroids"));
  const rows = segmentMajorRows(
    await made.centroids.data() as Float32Array,
    shape[0],
    targetFrames,
  );
  checks.close("centroids", rows, data, centroids);
  if (robust) {
    await compareIds(golden, checks, "medoids", await made.medoids.data(), targetFrames);
  }
  const medoids = await uploadIds(golden, device, "medoids", targetFrames);
  const output = robust
    ? made.output
    : tape.run(() => clusterTokens(x, { ...segmentation, k, medoids }).output);
  await compareTokens(golden, checks, "y", output, centroids);

  // The gradients are those of the sum of the output, weighted by `proj`, and in training of the loss.
  const seed = framesFirst(device, await floats(golden.input("proj")));
  const gradients = tape.backward(output, targets, seed);
  const tolerance = parseTolerance(golden.tolerance, "grads");
  await compareTokens(golden, checks, "grad_x", gradients[0]!, tolerance);
  if (!training) return;
  lossTape.watch(...targets);
  const loss = lossTape.run(run).loss!;
  const { data: expected } = await floats(golden.output("loss"));
  const found = await loss.data() as Float32Array;
  checks.close("loss", found, expected, parseTolerance(golden.tolerance, "loss"));
  const [dx, ...learning] = lossTape.backward(loss, targets);
  checks.holds("the loss of the clusters moves the tokens", !dx);
  for (const [i, [name]] of learnt.entries()) {
    // An excerpt leaves out what is large.
    if (!golden.hasOutput(`grad.${name}`)) continue;
    const { data } = await floats(golden.output(`grad.${name}`));
    checks.close(`grad.${name}`, await learning[i]!.data() as Float32Array, data, tolerance);
  }
}
