/**
 * What a checkpoint's clustering keeps of a video.
 *
 * @module
 */
import { keptPatches } from "../centerclip/kept_patches.ts";
import { demandVit } from "../clip/config.ts";
import { type Tensor, tensor } from "../tensor/tensor.ts";
import { openDecoder } from "../video/decode.ts";
import type { Clip } from "../video/decode.ts";
import { withCall } from "./call.ts";
import type { Settings } from "./config/settings.ts";
import { buildModel } from "./model.ts";

/** The frames that a model saw of a video, and what it kept of them. */
export interface ModelView {
  readonly clip: Clip;
  /** Pixels of a patch's side. */
  readonly patch: number;
  /** The patches kept of each frame, numbered row by row. */
  readonly kept: readonly ReadonlySet<number>[];
}

/**
 * Runs the vision transformer of the checkpoint `resume` on a video, as an evaluation would.
 *
 * @param given The flags of the command line.
 * @throws {UserError} for everything that a user can mend: no such checkpoint or video, no clustering.
 */
export async function viewByModel(given: Partial<Settings>, path: string): Promise<ModelView> {
  return await withCall({ ...given, do_eval: true }, async ({ settings, device, resumed }) => {
    const model = await buildModel(device, settings, resumed?.file);
    const { parameters, config } = model;
    using _ = { [Symbol.dispose]: () => parameters[Symbol.dispose]() };
    const { imageResolution: size, visionPatchSize: patch } = demandVit(config, "token clustering");
    using decoder = await openDecoder({ prefer: settings.decoder });
    const clip = await decoder.decode({ path }, {
      choose: { rule: "uniform", frames: settings.max_frames },
      size,
      resize: settings.compat !== "reference",
    });
    using frames: Tensor = tensor(device, clip.data, [settings.max_frames, size, size, 3]);
    return { clip, patch, kept: await keptPatches(model, frames) };
  });
}
