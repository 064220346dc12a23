/**
 * Looks between the blocks of a model: the tokens there, and what each clustering chose.
 *
 * @module
 */
import {
  type CenterClip,
  type ClusterStep,
  clusterTokens,
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
  /** What each clustering chose, in the order of the blocks. */
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
  const { linearPatch, maxFrames } = options;
  encodeFrames(visual, config, frames, {
    patches3d: linearPatch === "3d" ? { frames: maxFrames } : undefined,
    beforeBlock: (tokens, block) => {
      if (block > 0) read(tokens);
      const step = plan.find((step) => step.block === block);
      if (step) {
        const { frames, targetFrames, clusters: k } = step;
        const { output, medoids, assignment } = clusterTokens(tokens, {
          ...options.clustering!.method,
          ...injected?.(step),
          frames,
          targetFrames,
          k,
        });
        choices.push({ step, medoids: medoids.data(), assignment: assignment!.data() });
        tokens = output;
      }
      const last = block + 1 === config.visionLayers;
      if (last) read(transformerBlock(tokens, visual.at(`transformer.resblocks.${block}`)));
      return tokens;
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
    await compareIds(golden, checks, `ids${k}_medoids`, await medoids, targetFrames);
    await compareIds(golden, checks, `ids${k}_assign`, await assignment, targetFrames);
  }
}

/** The reference's choices of medoids, as the model takes them in place of its own. */
export async function groupingsOf(
  golden: GoldenCase,
  plan: readonly ClusterStep[],
  device: Device,
): Promise<Groupings> {
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
  const order = segmentMajor(shape[0] / targetFrames, targetFrames);
  checks.equal(output, order.flatMap((ours) => [...row(found, ours, shape[1])]), data);
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
