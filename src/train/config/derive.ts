/**
 * What follows from the settings of a run.
 *
 * @module
 */
import { NEW_MODULES } from "../../optim/groups.ts";
import { VISION_BLOCKS } from "./flags/model.ts";
import type { Settings } from "./settings.ts";

/** Consequences of settings, by the original's rules. */
export interface Derived {
  /** Pairs of one forward pass: `⌊batch_size / gradient_accumulation_steps⌋`. */
  readonly microBatchSize: number;
  /** Blocks of the image encoder; 0 where it is a ResNet. */
  readonly visionLayers: number;
  /** Text and video are encoded apart, so that an evaluation encodes each only once. */
  readonly looseType: boolean;
  /** Evaluation keeps one pooled vector a video in place of its frames (ActivityNet). */
  readonly preVisualPooling: boolean;
  /** Most bytes of GPU memory; undefined where the device decides. */
  readonly memoryBudget: number | undefined;
  /** Parts of parameter names that mark a parameter as new, not CLIP's. */
  readonly newModules: readonly string[];
}

/** Works out what follows from `settings`. */
export function derive(settings: Settings): Derived {
  return {
    microBatchSize: Math.floor(settings.batch_size / settings.gradient_accumulation_steps),
    visionLayers: settings.pretrained_clip_name === "scratch"
      ? settings.vision_layers
      : VISION_BLOCKS[settings.pretrained_clip_name],
    looseType: settings.sim_header !== "tightTransf",
    preVisualPooling: settings.datatype === "activity",
    memoryBudget: settings.gpu_memory_mb === null ? undefined : settings.gpu_memory_mb * 1e6,
    newModules: NEW_MODULES,
  };
}
