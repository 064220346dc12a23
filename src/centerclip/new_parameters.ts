/**
 * The parameters of a model that CLIP's files do not hold, and how each starts.
 *
 * @module
 */
import type { ClipConfig } from "../clip/config.ts";
import { Random } from "../tensor/random.ts";
import type { Shape } from "../tensor/shape.ts";
import { clusterParameters } from "./cluster_parameters.ts";
import { headParameters } from "./heads/parameters.ts";
import type { CenterClipOptions } from "./model.ts";
import { patch3dParameters } from "./patch3d.ts";

/** What the start of a parameter may depend on. */
export interface InitContext {
  /**
   * Elements of one of CLIP's tensors, by its name without `clip.`.
   *
   * @throws {UserError} if CLIP has no such tensor.
   */
  clip(name: string): Promise<Float32Array>;
  /** Random numbers of this parameter's own. */
  readonly random: Random;
}

/** A parameter that CLIP's files do not hold. */
export interface NewParameter {
  /** Its shape. */
  readonly shape: Shape;
  /** Its first elements, as many as the shape has. */
  init(context: InitContext): Float32Array<ArrayBuffer> | Promise<Float32Array<ArrayBuffer>>;
}

/** The new parameters of one part of a model, by their names in the state dict. */
export type NewParameters = ReadonlyMap<string, NewParameter>;

/** Each part's own list. */
const PARTS: readonly ((config: ClipConfig, options: CenterClipOptions) => NewParameters)[] = [
  patch3dParameters,
  clusterParameters,
  headParameters,
];

/**
 * The parameters that a model needs besides CLIP's.
 *
 * @example
 * ```ts ignore
 * const head = { kind: "seqTransf", layers: 4 } as const;
 * for (const [name, { shape }] of newParameters(config, { maxFrames: 12, head })) {
 *   console.log(name, shape); // frame_position_embeddings.weight [77, 512] ..
 * }
 * ```
 */
export function newParameters(config: ClipConfig, options: CenterClipOptions): NewParameters {
  return new Map(PARTS.flatMap((part) => [...part(config, options)]));
}

/** Purpose number of the streams of random numbers that start new parameters. */
const STREAM = 0x1418;

/**
 * The first elements of every new parameter, one after the other: each from a stream of its own.
 *
 * @param clip As {@link InitContext.clip}.
 */
export async function* startNewParameters(
  parameters: NewParameters,
  clip: InitContext["clip"],
  seed: number,
): AsyncGenerator<[name: string, shape: Shape, data: Float32Array<ArrayBuffer>]> {
  let index = 0;
  for (const [name, { shape, init }] of parameters) {
    const random = new Random(seed, [STREAM, index++]);
    yield [name, shape, await init({ clip, random })];
  }
}
