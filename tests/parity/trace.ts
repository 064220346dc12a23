/**
 * Looks between the blocks of a model: the tokens there, and what each clustering chose.
 *
 * @module
 */
import {
  type CenterClip,
  clusterHooks,
  type ClusterStep,
  type Device,
  encodeFrames,
  type Groupings,
  segmentMajor,
  type Tensor,
  tensor,
  transformerBlock,
} from "../../mod.ts";
import type { Checks } from "./checks.ts";
import type { GoldenCase } from "./golden.ts";
import { integers } from "./values.ts";

/** What happens in a model's vision transformer. */
export interface Trace {
  /** The tokens after each block: [frames, tokens, width]. */
  readonly states: readonly Promise<Float32Array>[];
  /** What each layer that chooses tokens chose, in the order of the blocks. */
  readonly choices: readonly {
    readonly step: ClusterStep;
    readonly medoids: Promise<Int32Array>;
    readonly assignment: Promise<Int32Array>;
  }[];
}

/**
 * Encodes frames block by block.
 *
 * @param injected medoids to use instead of choosing
 */
export function traceBlocks(
  { parameters, config, plan, options }: CenterClip,
  frames: Tensor,
  injected: Groupings | undefined,
): Trace {
  const visual = parameters.at("clip.visual");
  // Reads begin at once: the tensors are given back when the encoder ends.
  const states: Promise<Float32Array>[] = [], choices: Trace["choices"][number][] = [];
  const read = (tokens: Tensor) => states.push(tokens.data() as Promise<Float32Array>);
  const { linearPatch, maxFrames, clustering } = options;
  const hooks = clustering &&
    clusterHooks(plan, clustering.method, visual, { groupings: injected }, (made, step) => {
      const { medoids, assignment } = made;
      if (!medoids || !assignment) return;
      choices.push({ step, medoids: medoids.data(), assignment: assignment.data() });
    });
  encodeFrames(visual, config, frames, {
    ...hooks,
    patches3d: linearPatch === "3d" ? { frames: maxFrames } : undefined,
    beforeBlock: (tokens, block) => {
      if (block > 0) read(tokens);
      const entering = hooks?.beforeBlock ? hooks.beforeBlock(tokens, block) : tokens;
      if (block + 1 === config.visionLayers) {
        const parameters = visual.at(`transformer.resblocks.${block}`);
        read(transformerBlock(entering, parameters, {
          beforeMlp: hooks?.beforeMlp && ((tokens) => hooks.beforeMlp!(tokens, block)),
        }));
      }
      return entering;
    },
  });
  return { states, choices };
}

/** Compares what each clustering chose with `ids<k>_medoids` and `ids<k>_assign`. */
export async function compareChoices(
  golden: GoldenCase,
  checks: Checks,
  { choices }: Trace,
): Promise<void> {
  for (const [k, { step: { targetFrames }, medoids, assignment }] of choices.entries()) {
    // The original tells the ids of `TokenClusterInter` only.
    if (!golden.hasOutput(`ids${k}_medoids`)) continue;
    await compareIds(golden, checks, `ids${k}_medoids`, await medoids, targetFrames);
    await compareIds(golden, checks, `ids${k}_assign`, await assignment, targetFrames);
  }
}

/** The reference's choices of medoids, as the model takes them in place of its own. */
export async function groupingsOf(
  golden: GoldenCase,
  plan: readonly ClusterStep[],
  device: Device,
): Promise<Groupings | undefined> {
  if (!golden.hasOutput("ids0_medoids")) return undefined;
  const choices = await Promise.all(plan.map(async ({ targetFrames }, k) => ({
    medoids: await uploadIds(golden, device, `ids${k}_medoids`, targetFrames),
    assignment: await uploadIds(golden, device, `ids${k}_assign`, targetFrames),
  })));
  return (step) => choices[plan.indexOf(step)];
}

/** Compares medoids or assignments of segments in this project's order with an output. */
export async function compareIds(
  golden: GoldenCase,
  checks: Checks,
  output: string,
  found: Int32Array,
  targetFrames: number,
): Promise<void> {
  const { shape, data } = await integers(golden.output(output));
  checks.equal(output, segmentMajorRows(found, shape[0], targetFrames), data);
}

/** What there is of each of some segments, from this project's order to the original's. */
export function segmentMajorRows(
  found: Int32Array | Float32Array,
  segments: number,
  targetFrames: number,
): number[] {
  const order = segmentMajor(segments / targetFrames, targetFrames), size = found.length / segments;
  return order.flatMap((ours) => [...found.subarray(ours * size, (ours + 1) * size)]);
}

/** The medoids or assignments of an output, in this project's order of segments. */
export async function uploadIds(
  golden: GoldenCase,
  device: Device,
  output: string,
  targetFrames: number,
): Promise<Tensor<"i32">> {
  const { shape, data } = await integers(golden.output(output));
  const ids = new Int32Array(data.length);
  for (const [theirs, ours] of segmentMajor(shape[0] / targetFrames, targetFrames).entries()) {
    ids.set(row(data, theirs, shape[1]), ours * shape[1]);
  }
  return tensor(device, ids, [...shape]);
}

const row = (values: Int32Array, i: number, n: number) => values.subarray(i * n, (i + 1) * n);
