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
  encodeFrames(visual, config, frames, (tokens, block) => {
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
    const last = block === config.visionLayers - 1;
    if (last) read(transformerBlock(tokens, visual.at(`transformer.resblocks.${block}`)));
    return tokens;
  });
  return { states, choices };
}

/** Compares what each clustering chose with `ids<k>_medoids` and `ids<k>_assign`. */
export async function compareChoices(
  golden: GoldenCase,
  checks: Checks,
  { choices }: Trace,
): Promise<void> {
  for (const [k, { step, medoids, assignment }] of choices.entries()) {
    for (const [name, ids] of [["medoids", medoids], ["assign", assignment]] as const) {
      const { shape, data } = await integers(golden.output(`ids${k}_${name}`));
      checks.equal(`ids${k}_${name}`, reorder({ shape, data: await ids }, step, true), data);
    }
  }
}

/** The reference's choices of medoids, as the model takes them in place of its own. */
export async function groupingsOf(
  golden: GoldenCase,
  plan: readonly ClusterStep[],
  device: Device,
): Promise<Groupings> {
  const choices = await Promise.all(plan.map(async (step, k) => {
    const read = async (name: string) => {
      const ids = await integers(golden.output(`ids${k}_${name}`));
      return tensor(device, reorder(ids, step), [...ids.shape]);
    };
    return { medoids: await read("medoids"), assignment: await read("assign") };
  }));
  return (step) => choices[plan.indexOf(step)];
}

/**
 * Medoids or assignments [segments, n] from the original's order of segments, `s * videos + b`, into this
 * project's, `b * targetFrames + s`; `back` is the other way.
 */
function reorder(
  { shape: [segments, n], data }: { shape: readonly number[]; data: Int32Array },
  { targetFrames }: ClusterStep,
  back = false,
): Int32Array<ArrayBuffer> {
  const result = new Int32Array(data.length);
  for (const [theirs, ours] of segmentMajor(segments / targetFrames, targetFrames).entries()) {
    const [from, to] = back ? [ours, theirs] : [theirs, ours];
    result.set(data.subarray(from * n, (from + 1) * n), to * n);
  }
  return result;
}
