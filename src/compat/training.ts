/**
 * What the reference lets learn.
 *
 * @module
 */
import { isTrainable } from "../optim/groups.ts";

/**
 * Whether a parameter learns in the reference: as `isTrainable`, but with 3d patches everything does,
 * whatever `freezeLayerNum` says (the result of a text search is taken for a truth value).
 *
 * @example
 * ```ts
 * import { referenceTrainable } from "./training.ts";
 * import { strictEqual } from "node:assert/strict";
 * strictEqual(referenceTrainable("clip.visual.conv1.weight", 0, "2d"), false);
 * strictEqual(referenceTrainable("clip.visual.conv1.weight", 0, "3d"), true);
 * ```
 */
export function referenceTrainable(
  name: string,
  freezeLayerNum: number,
  linearPatch: "2d" | "3d",
): boolean {
  return linearPatch === "3d" || isTrainable(name, freezeLayerNum);
}
