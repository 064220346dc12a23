import { deepStrictEqual, ok } from "node:assert/strict";
import { openRun, restoreLearner, saveRun } from "../../src/train/checkpoint.ts";
import { resolveSettings } from "../../src/train/config/resolve.ts";
import type { Settings } from "../../src/train/config/settings.ts";
import { buildModel } from "../../src/train/model.ts";
import { Trainer } from "../../src/train/trainer.ts";
import { Random } from "../../src/tensor/random.ts";
import { Scope } from "../../src/tensor/scope.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { device } from "../device.ts";
import { TemporaryFolder } from "./tiny.ts";

const PAIRS = 3, FRAMES = 4, SIDE = 32, WORDS = 8, STEPS = 4;

/** Three blocks over frames of 16 patches: the frames fall twice. */
function settingsOf(more: Partial<Settings>): Settings {
  return resolveSettings({
    datatype: "msrvtt",
    pretrained_clip_name: "scratch",
    image_resolution: SIDE,
    vision_patch_size: 8,
    vision_width: 64,
    vision_layers: 3,
    text_width: 64,
    text_layers: 1,
    embed_dim: 64,
    context_length: WORDS,
    max_words: WORDS,
    max_frames: FRAMES,
    batch_size: PAIRS,
    optim: "AdamW",
    lr: 1e-3,
    freeze_layer_num: -1,
    cluster_num_blocks: [16, 9, 6],
    target_frames_blocks: [4, 2, 1],
    ...more,
  }).settings;
}

/** The batch of a step: noise in place of frames. */
function batchOf(step: number) {
  const random = new Random(step, [1]);
  const frames = Uint8Array.from(
    { length: PAIRS * FRAMES * SIDE * SIDE * 3 },
    () => random.integer(256),
  );
  return {
    text: {
      ids: Int32Array.from({ length: PAIRS * WORDS }, () => random.integer(1000)),
      length: WORDS,
    },
    frames: tensor(device, frames, [PAIRS * FRAMES, SIDE, SIDE, 3]),
    videoMask: Float32Array.of(1, 1, 1, 1, 1, 1, 0, 0, 1, 0, 0, 0),
  };
}

/** Trains from step \`first\` on; what each step reports. */
async function steps(trainer: Trainer, first: number, last: number) {
  const reports = [], live = [];
  for (let step = first; step < last; step++) {
    using _scope = new Scope(device);
    trainer.step([batchOf(step)], step);
    reports.push(await trainer.report());
    live.push(device.memory.live);
  }
  return { reports, live };
}

/** All of a run, and the second half of it from a checkpoint in the middle. */
async function wholeAndResumed(settings: Settings) {
  using folder = new TemporaryFolder();
  const path = folder.in("ckpt.safetensors");
  const model = await buildModel(device, settings);
  using trainer = new Trainer(model, settings, STEPS);
  const begun = await steps(trainer, 0, STEPS / 2);
  const position = { step: STEPS / 2, epoch: 0, batch: STEPS / 2 };
  await saveRun(path, model.parameters.entries(), trainer, {
    settings,
    position,
    best: null,
  });
  const { reports, live } = await steps(trainer, STEPS / 2, STEPS);
  model.parameters[Symbol.dispose]();

  const saved = await openRun(path);
  const again = await buildModel(device, saved.run.settings, saved.file);
  using resumed = new Trainer(again, saved.run.settings, STEPS);
  await restoreLearner(device, saved, resumed);
  saved.file.close();
  const names = again.parameters.entries().map(([name]) => name);
  const { reports: rest } = await steps(resumed, STEPS / 2, STEPS);
  again.parameters[Symbol.dispose]();
  const whole = [...begun.reports, ...reports];
  return { whole, rest, names, grown: live.at(-1)! - live[0] };
}

const METHODS: Readonly<Record<string, Partial<Settings>>> = {
  "kmediods++": { cluster_inter: true, cluster_algo: "kmediods++" },
  "kmedoids++, means and embeddings": {
    cluster_inter: true,
    cluster_algo: "kmedoids++",
    aggregation: "mean",
    cluster_embedding: true,
    cluster_frame_embedding: true,
  },
  "spectral, of nearest neighbours": {
    cluster_inter: true,
    cluster_algo: "spectral",
    spectral_graph: "KNN",
    spectral_sigma: 4,
    spectral_spg: true,
  },
  "kmeans": { cluster_inter: true, cluster_algo: "kmeans", aggregation: "mean" },
  "pooling": { cluster_inter: true, cluster_algo: "pooling" },
  "sparse_sampling": { cluster_inter: true, cluster_algo: "sparse_sampling" },
  "temporal_shift": { cluster_inter: true, cluster_algo: "temporal_shift" },
  "token_shift": { cluster_inter: true, cluster_algo: "token_shift" },
  "deep_cluster": { deep_cluster: true },
};

for (const [name, more] of Object.entries(METHODS)) {
  Deno.test(`training with ${name} stays finite and resumes bit for bit`, async () => {
    const { whole, rest, names, grown } = await wholeAndResumed(settingsOf(more));
    deepStrictEqual(rest, whole.slice(STEPS / 2));
    deepStrictEqual(grown, 0);
    for (const { loss, clusterLoss, gradNorm, applied } of whole) {
      ok(applied && loss > 0 && gradNorm > 0);
      deepStrictEqual(clusterLoss > 0, more.deep_cluster === true);
    }
    const blocks = (part: RegExp) => names.filter((name) => part.test(name)).length;
    deepStrictEqual(
      blocks(/resblocks\.[12]\.tokencluster_inter\.cluster_embed$/),
      more.cluster_embedding ? 2 : 0,
    );
    deepStrictEqual(
      blocks(/resblocks\.[12]\.deepcluster\.token_mlp\./),
      more.deep_cluster ? 24 : 0,
    );
  });
}
