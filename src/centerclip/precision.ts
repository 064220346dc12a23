/**
 * In what a model's towers store their activations.
 *
 * @module
 */
import { UserError } from "../errors.ts";
import type { DeviceInfo } from "../gpu/device.ts";

/**
 * `fp32`: f32 throughout. `amp`: in training the towers store activations as f16, and compute in f32 on f32
 * weights; clustering, heads and losses stay f32, and so does all of evaluation, as in the original.
 */
export type Precision = "fp32" | "amp";

/**
 * Checks that a device can train so.
 *
 * @throws {UserError} if it has no f16 and `amp` needs it.
 */
export function demandPrecision(precision: Precision, { adapter, features }: DeviceInfo): void {
  if (precision !== "amp" || features.has("shader-f16")) return;
  throw new UserError(
    `--precision amp needs f16, and ${adapter} lacks it (shader-f16); give --precision fp32`,
  );
}
