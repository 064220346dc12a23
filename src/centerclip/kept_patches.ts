/**
 * Which patches of a video the clustering of a model keeps.
 *
 * @module
 */
import { demandVit, patchesOf } from "../clip/config.ts";
import { encodeFrames } from "../clip/vision.ts";
import { UsageError } from "../errors.ts";
import { Scope } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { clusterHooks } from "./clustering.ts";
import type { CenterClip } from "./model.ts";
import type { ClusterStep } from "./plan.ts";

/**
 * The patches of each frame whose tokens are left after the model's last clustering layer, or stand for
 * what is left (a mean's medoid): numbered row by row. Where a model clusters more than once, the ids of
 * a later layer number what an earlier one left; they are followed back to the frames.
 *
 * @param frames One video: [max_frames, height, width, 3] as u8, or [.., 3, size, size] as f32.
 * @throws {UsageError} if the model does not cluster, or by an algorithm without medoids.
 *
 * @example
 * ```ts ignore
 * const kept = await keptPatches(model, frames); // kept[0]: Set {0, 3, 11}: of the first frame
 * ```
 */
export async function keptPatches(model: CenterClip, frames: Tensor): Promise<Set<number>[]> {
  const { parameters, plan, config, options: { maxFrames, clustering, linearPatch } } = model;
  if (!clustering || plan.length === 0) throw new UsageError("the model does not cluster tokens");
  const { method } = clustering, patches = patchesOf(demandVit(config, "token clustering"));
  const visual = parameters.at("clip").at("visual");
  using scope = new Scope(model.device);
  const kept: Tensor[] = [], layers: { step: ClusterStep; medoids: Tensor<"i32"> }[] = [];
  const hooks = clusterHooks(plan, method, visual, {}, ({ medoids }, step) => {
    if (!medoids) {
      throw new UsageError(`clustering by ${method.algorithm} keeps no tokens of single patches`);
    }
    kept.push(medoids);
    layers.push({ step, medoids });
  });
  const patches3d = linearPatch === "3d" ? { frames: maxFrames } : undefined;
  scope.keep(encodeFrames(visual, config, frames, { ...hooks, kept, patches3d })).dispose();

  const ids = await Promise.all(layers.map(async ({ step, medoids }) => {
    const values = await medoids.data(), { targetFrames, clusters, frameDuration } = step;
    const rows = Array.from(
      { length: targetFrames },
      (_, s) => [...values.subarray(s * clusters, (s + 1) * clusters)],
    );
    return { frameDuration, ids: rows };
  }));
  return followBack(ids, maxFrames, patches);
}

/** What a layer keeps: token numbers within each segment of so many frames. */
export interface LayerIds {
  /** Frames of a segment. */
  readonly frameDuration: number;
  /** `[segments, K]`. */
  readonly ids: readonly (readonly number[])[];
}

/**
 * Follows the ids of clustering layers, the first one first, back to the frames.
 *
 * @returns For each frame, which of its patches are left.
 *
 * @example
 * ```ts
 * import { followBack } from "./kept_patches.ts";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const first = { frameDuration: 1, ids: [[0, 3], [1, 2]] }; // two frames of four patches
 * const second = { frameDuration: 2, ids: [[1, 2]] }; // of the four tokens that are left
 * deepStrictEqual(followBack([first, second], 2, 4).map((kept) => [...kept]), [[3], [1]]);
 * ```
 */
export function followBack(
  layers: readonly LayerIds[],
  frames: number,
  patches: number,
): Set<number>[] {
  let origins = Array.from({ length: frames }, (_, f) => range(patches, f * patches));
  for (const { frameDuration, ids } of layers) {
    origins = ids.map((row, segment) => {
      const tokens = origins.slice(segment * frameDuration, (segment + 1) * frameDuration).flat();
      return row.map((id) => tokens[id]);
    });
  }
  const left = new Set(origins.flat());
  return Array.from(
    { length: frames },
    (_, f) => new Set(range(patches).filter((patch) => left.has(f * patches + patch))),
  );
}

/** The whole numbers from `first` on. */
function range(length: number, first = 0): number[] {
  return Array.from({ length }, (_, i) => first + i);
}
