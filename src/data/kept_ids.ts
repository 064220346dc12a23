/**
 * Token ids from a file: which patches of a video's frames clustering keeps.
 *
 * @module
 */

import { UserError } from "../errors.ts";
import { parseNpy } from "../io/npy.ts";
import { RangedFile } from "../io/ranged_file.ts";
import { readJson } from "../io/text_file.ts";

/**
 * Reads ids `[segments, K]` from a `.npy` file of whole numbers or a JSON file of nested lists; a
 * dimension of 1 before these is passed over.
 *
 * @throws UserError naming the file where it cannot be read or holds anything else.
 */
export async function readIds(path: string): Promise<number[][]> {
  if (!/\.npy$/i.test(path)) return rowsOf(await readJson(path), path);
  using file = await RangedFile.open(path);
  const { shape, values } = parseNpy(await file.read(0, file.size), path);
  const [segments, k, ...more] = shape.length === 3 && shape[0] === 1 ? shape.slice(1) : shape;
  if (k === undefined || more.length > 0) {
    throw unfit(path, `an array of shape (${shape.join(", ")})`);
  }
  return Array.from({ length: segments }, (_, s) => [...values.subarray(s * k, (s + 1) * k)]);
}

function rowsOf(json: unknown, path: string): number[][] {
  const isRow = (row: unknown) => row instanceof Array && row.every((id) => Number.isInteger(id));
  if (json instanceof Array && json.length > 0 && json.every(isRow)) return json;
  if (json instanceof Array && json.length === 1) return rowsOf(json[0], path);
  throw unfit(path, "something else");
}

function unfit(path: string, found: string): UserError {
  return new UserError(
    `${path} holds ${found}; give ids of shape [segments, K], the tokens kept of each segment`,
  );
}

/**
 * The patches kept of each frame, numbered row by row, by the ids of the tokens kept of each segment: id
 * `t * patches + patch` is a patch of the segment's frame `t`.
 *
 * @param patches Patches of a frame.
 * @throws UserError where the segments do not divide the frames, or an id is out of range.
 *
 * @example
 * ```ts
 * import { keptByFrame } from "./kept_ids.ts";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const kept = keptByFrame([[0, 5], [3]], { frames: 4, patches: 4, name: "ids.json" });
 * deepStrictEqual(kept.map((ids) => [...ids]), [[0], [1], [3], []]);
 * ```
 */
export function keptByFrame(
  ids: readonly (readonly number[])[],
  { frames, patches, name }: { frames: number; patches: number; name: string },
): Set<number>[] {
  const duration = frames / ids.length, tokens = duration * patches;
  if (!Number.isInteger(duration)) {
    throw new UserError(
      `${name} holds ${ids.length} segments, which do not divide ${frames} frames; give the frames ` +
        "that they were made of by --max_frames",
    );
  }
  const kept = Array.from({ length: frames }, () => new Set<number>());
  for (const [segment, row] of ids.entries()) {
    for (const id of row) {
      if (!(id >= 0 && id < tokens)) {
        throw new UserError(
          `${name}: the id ${id} of segment ${segment} is not one of its ${tokens} tokens ` +
            `(${duration} frames of ${patches} patches); give the frames, size and patch of the model`,
        );
      }
      kept[segment * duration + Math.floor(id / patches)].add(id % patches);
    }
  }
  return kept;
}
