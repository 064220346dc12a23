/**
 * What a table of single flags cannot say: how settings must fit together.
 *
 * @module
 */
import { CENTRE_ALGORITHMS } from "../../cluster/method.ts";
import { UsageError } from "../../errors.ts";
import { derive } from "./derive.ts";
import type { FlagTable } from "./flag.ts";
import { scratchFlags } from "./flags/model.ts";
import { show } from "./help.ts";
import { flags, type Settings } from "./settings.ts";

/** Tokens of a caption that OpenAI's models take. */
const CLIP_CONTEXT = 77;

/**
 * Checks settings against each other. Whether the files exist, and whether a segment holds as many
 * tokens as it must keep, is for those who open the files and build the model to see.
 *
 * @param given the flags of the command line, to tell a flag that would be ignored
 * @throws {UsageError} that names the flags and what to change.
 */
export function checkSettings(settings: Settings, given: Partial<Settings>): void {
  checkBuilt(settings);
  checkRun(settings);
  checkModel(settings, given);
  checkClustering(settings);
}

function refuseIf(wrong: boolean, message: string): void {
  if (wrong) throw new UsageError(message);
}

function checkBuilt(settings: Settings): void {
  for (const [name, { notBuilt }] of Object.entries(flags as FlagTable)) {
    const value = settings[name as keyof Settings];
    refuseIf(
      notBuilt?.some((missing) => missing === value) ?? false,
      `--${name} ${show(value)} is not built yet; choose another value (see --help)`,
    );
  }
}

function checkRun(settings: Settings): void {
  const { batch_size: batch, gradient_accumulation_steps: parts } = settings;
  refuseIf(
    !settings.do_train && !settings.do_eval,
    "--do_train 0 and --do_eval 0 leave nothing to do; set one of them to 1",
  );
  refuseIf(
    batch < parts,
    `--batch_size ${batch} cannot be split into --gradient_accumulation_steps ${parts} parts`,
  );
  refuseIf(
    settings.load_from_pretrained && settings.resume === null,
    "--load_from_pretrained 1 needs --resume CHECKPOINT to take weights from",
  );
}

function checkModel(settings: Settings, given: Partial<Settings>): void {
  const { pretrained_clip_name: clip, linear_patch, precision } = settings;
  const scratch = clip === "scratch", resNet = derive(settings).visionLayers === 0;
  refuseIf(
    linear_patch === "3d" && resNet,
    `--linear_patch 3d needs the patches of a ViT, and ${clip} is a ResNet; give --linear_patch 2d`,
  );
  refuseIf(
    precision === "amp" && resNet,
    `--precision amp is built for a ViT, and ${clip} is a ResNet; give --precision fp32`,
  );
  const idle = Object.keys(scratchFlags).find((name) => name in given);
  refuseIf(
    !scratch && idle !== undefined,
    `--${idle} shapes only --pretrained_clip_name scratch, not ${clip}`,
  );
  const context = scratch ? settings.context_length : CLIP_CONTEXT;
  refuseIf(
    settings.max_words > context,
    `--max_words ${settings.max_words} is more than the ${context} tokens that the model takes`,
  );
  if (!scratch) return;
  const { image_resolution: side, vision_patch_size: patch } = settings;
  refuseIf(
    side % patch !== 0,
    `--image_resolution ${side} is not a multiple of --vision_patch_size ${patch}`,
  );
  for (const name of ["vision_width", "text_width"] as const) {
    refuseIf(
      settings[name] % 64 !== 0,
      `--${name} ${settings[name]} is not a multiple of 64, the width of a head`,
    );
  }
}

function checkClustering(settings: Settings): void {
  const { cluster_inter, deep_cluster, target_frames_blocks: frames } = settings;
  refuseIf(
    cluster_inter && deep_cluster,
    "--cluster_inter 1 and --deep_cluster 1 exclude each other; set one of them to 0",
  );
  if (!cluster_inter && !deep_cluster) return;
  const { visionLayers } = derive(settings);
  const flag = cluster_inter ? "--cluster_inter" : "--deep_cluster";
  refuseIf(
    visionLayers === 0,
    `${flag} 1 needs the tokens of a ViT, and ${settings.pretrained_clip_name} is a ResNet; give ${flag} 0`,
  );
  for (const name of ["cluster_num_blocks", "target_frames_blocks"] as const) {
    refuseIf(
      settings[name].length !== visionLayers,
      `--${name} has ${
        settings[name].length
      } numbers for ${visionLayers} visual blocks; give one a block`,
    );
  }
  checkMethod(settings);
  // The shifts keep every frame: there the lists only say in which blocks they happen.
  if (!deep_cluster && settings.cluster_algo.endsWith("_shift")) return;
  refuseIf(
    deep_cluster && frames[0] !== settings.max_frames,
    `--target_frames_blocks must begin with --max_frames ${settings.max_frames}: ` +
      "--deep_cluster 1 does not reduce frames before the first block",
  );
  frames.forEach((after, block) => {
    const before = block > 0 ? frames[block - 1] : deep_cluster ? after : settings.max_frames;
    refuseIf(
      before % after !== 0,
      `--target_frames_blocks: block ${
        block + 1
      } cannot cut ${before} frames into ${after} segments of equal length`,
    );
    refuseIf(
      before > after && settings.cluster_num_blocks[block] < 2,
      `--cluster_num_blocks: block ${
        block + 1
      } reduces ${before} frames to ${after}, so it needs at least 2 tokens a segment`,
    );
  });
}

/** What is asked of the centres of clusters needs an algorithm that has some. */
function checkMethod(settings: Settings): void {
  const { deep_cluster, cluster_algo } = settings;
  refuseIf(
    !deep_cluster && cluster_algo === "kmeans" &&
      (settings.cluster_distance !== "euclidean" || settings.minkowski_norm_p !== 2),
    "--cluster_algo kmeans has means in the euclidean distance only; " +
      "take --cluster_distance euclidean and --minkowski_norm_p 2",
  );
  if (!deep_cluster && CENTRE_ALGORITHMS.some((name) => name === cluster_algo)) return;
  const asked = (["aggregation", "cluster_embedding", "cluster_frame_embedding"] as const)
    .find((name) => settings[name]);
  const by = deep_cluster ? "--deep_cluster 1" : `--cluster_algo ${cluster_algo}`;
  refuseIf(
    asked !== undefined,
    `--${asked} is about the centres of clusters, which ${by} has not; take one of ${
      CENTRE_ALGORITHMS.join(", ")
    }`,
  );
}
