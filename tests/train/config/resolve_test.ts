import assert from "node:assert/strict";
import { UsageError } from "../../../src/errors.ts";
import { derive } from "../../../src/train/config/derive.ts";
import { resolveSettings } from "../../../src/train/config/resolve.ts";
import { defaultsOf, flags, type Settings } from "../../../src/train/config/settings.ts";
import { fixtures } from "../../../src/train/recipes/fixtures.ts";

/** Flags that make a run on data of one's own complete. */
const own = { datatype: "msrvtt", optim: "AdamW" } as const;
const clustered = {
  ...own,
  cluster_inter: true,
  max_frames: 12,
  cluster_num_blocks: Array(12).fill(49),
  target_frames_blocks: [12, 12, 12, 12, 12, 12, 6, 6, 6, 6, 6, 6],
} as const;

function refused(given: Partial<Settings>, pattern: RegExp): void {
  assert.throws(() => resolveSettings(given), (error: unknown) => {
    assert.ok(error instanceof UsageError);
    assert.match(error.message, pattern);
    return true;
  });
}

Deno.test("without data the recipe fixtures applies, is told, and flags win over it", () => {
  const { settings, notes } = resolveSettings({ lr: 0.125, cluster_inter: false });
  assert.deepEqual(settings, {
    ...defaultsOf(flags),
    ...fixtures,
    lr: 0.125,
    cluster_inter: false,
  });
  assert.equal(notes.length, 1);
  assert.match(notes[0], /fixtures/);
});

Deno.test("with any of the data flags the original's defaults hold", () => {
  for (
    const data of [{ datatype: "msrvtt" }, { data_path: "a" }, { features_path: "b" }] as const
  ) {
    const { settings, notes } = resolveSettings({ ...data, optim: "AdamW" });
    assert.deepEqual(settings, { ...defaultsOf(flags), ...data, optim: "AdamW" });
    assert.deepEqual(notes, []);
  }
});

Deno.test("a checkpoint hands its settings on, but not what belonged to one call", () => {
  const before: Settings = {
    ...resolveSettings({ seed: 7, max_steps: 20 }).settings,
    output_dir: "runs/a",
    do_eval: true,
    provider: "deno",
  };
  const { settings, notes } = resolveSettings({ resume: "runs/a/ckpt.safetensors" }, before);
  assert.deepEqual(settings, {
    ...before,
    resume: "runs/a/ckpt.safetensors",
    output_dir: null,
    do_eval: false,
    provider: "auto",
  });
  assert.deepEqual(notes, []);
});

Deno.test("a flag that departs from the checkpoint wins and is told", () => {
  const before = resolveSettings({}).settings;
  const { settings, notes } = resolveSettings({ epochs: 99, lr: before.lr }, before);
  assert.equal(settings.epochs, 99);
  assert.equal(notes.length, 1);
  assert.match(notes[0], /--epochs 99 .*30/);
});

Deno.test("a flag without effect is taken and told", () => {
  const { notes } = resolveSettings({ ...own, lr_decay: 0.5, loose_type: true });
  assert.match(notes[0], /--lr_decay.*no effect, as in the original/);
  assert.match(notes[1], /--loose_type.*follows from --sim_header/);
});

Deno.test("what is not built is refused by name, given or default", () => {
  refused({ ...own, precision: "fp16" }, /--precision fp16 is not built yet/);
});

Deno.test("nothing to do, an empty part of a batch, and weights from nowhere are refused", () => {
  refused({ ...own, do_train: false }, /--do_train 0 and --do_eval 0/);
  refused({ ...own, batch_size: 3, gradient_accumulation_steps: 4 }, /cannot be split.* 4 parts/);
  refused({ ...own, load_from_pretrained: true }, /needs --resume/);
  assert.ok(resolveSettings({ ...own, do_train: false, do_eval: true }));
});

Deno.test("the shape of a scratch model must fit, and is refused for another model", () => {
  refused({ image_resolution: 60 }, /60 is not a multiple of --vision_patch_size 8/);
  refused({ vision_width: 96 }, /--vision_width 96 is not a multiple of 64/);
  refused({ text_width: 65 }, /--text_width 65/);
  refused({ max_words: 25 }, /--max_words 25 is more than the 24/);
  refused({ ...own, max_words: 78 }, /--max_words 78 is more than the 77/);
  refused({ ...own, vision_width: 128 }, /--vision_width shapes only .*scratch, not ViT-B\/32/);
});

Deno.test("the lists of clustering must have a number for each block and divide the frames", () => {
  assert.ok(resolveSettings(clustered));
  refused({ ...clustered, deep_cluster: true }, /deep_cluster/);
  refused({ ...clustered, cluster_num_blocks: [49] }, /--cluster_num_blocks has 1 numbers for 12/);
  refused({ ...clustered, pretrained_clip_name: "scratch" }, /has 12 numbers for 4 visual blocks/);
  refused({ ...clustered, max_frames: 14 }, /block 1 cannot cut 14 frames into 12 segments/);
  refused(
    { ...clustered, target_frames_blocks: [...Array(11).fill(12), 5] },
    /block 12 cannot cut 12/,
  );
  refused({ ...clustered, target_frames_blocks: Array(12).fill(24) }, /cannot cut 12 .* into 24/);
  refused(
    { ...clustered, cluster_num_blocks: Array(12).fill(1) },
    /block 7 reduces 12 frames to 6/,
  );
});

Deno.test("a ResNet is refused where tokens or patches are needed", () => {
  const resNet = { ...own, pretrained_clip_name: "RN50x4" } as const;
  assert.ok(resolveSettings(resNet));
  refused({ ...clustered, ...resNet }, /--cluster_inter 1 needs the tokens of a ViT, and RN50x4/);
  refused({ ...resNet, linear_patch: "3d" }, /--linear_patch 3d needs the patches of a ViT/);
  refused({ ...resNet, precision: "amp" }, /--precision amp is built for a ViT, and RN50x4/);
  assert.ok(resolveSettings({ ...own, precision: "amp" }));
});

Deno.test("DeepCluster's frames begin with those of the video, and a shift's need not divide", () => {
  const { cluster_inter: _, ...lists } = clustered;
  const learnt = { ...lists, deep_cluster: true } as const;
  assert.ok(resolveSettings(learnt));
  refused(
    { ...learnt, target_frames_blocks: Array(12).fill(6) },
    /must begin with --max_frames 12: --deep_cluster 1/,
  );
  const indivisible = { ...clustered, target_frames_blocks: Array(12).fill(5) };
  refused(indivisible, /cannot cut 12 frames into 5/);
  assert.ok(resolveSettings({ ...indivisible, cluster_algo: "token_shift" }));
});

Deno.test("what is asked of centres is refused where an algorithm has none", () => {
  assert.ok(resolveSettings({ ...clustered, cluster_embedding: true, aggregation: "mean" }));
  refused(
    { ...clustered, cluster_algo: "pooling", cluster_embedding: true },
    /--cluster_embedding is about the centres of clusters, which --cluster_algo pooling has not/,
  );
  refused(
    { ...clustered, cluster_inter: false, deep_cluster: true, aggregation: "mean" },
    /--aggregation .* which --deep_cluster 1 has not/,
  );
  const means = { ...clustered, cluster_algo: "kmeans" } as const;
  assert.ok(resolveSettings({ ...means, cluster_embedding: true }));
  refused({ ...means, minkowski_norm_p: 1 }, /kmeans has means in the euclidean distance only/);
});

Deno.test("lists of clustering are not looked at where clustering is off", () => {
  assert.ok(resolveSettings({ ...clustered, cluster_inter: false, cluster_num_blocks: [1, 2, 3] }));
});

Deno.test("the original's derivations hold", () => {
  const { settings } = resolveSettings({ ...own, batch_size: 7, gradient_accumulation_steps: 2 });
  assert.deepEqual(derive(settings), {
    microBatchSize: 3,
    visionLayers: 12,
    looseType: true,
    preVisualPooling: false,
    memoryBudget: undefined,
    newModules: ["time_embedding", "frame_embedding", "deepcluster"],
  });
  assert.equal(derive({ ...settings, gpu_memory_mb: 3 }).memoryBudget, 3e6);
  assert.equal(derive({ ...settings, sim_header: "tightTransf" }).looseType, false);
  assert.equal(derive({ ...settings, datatype: "activity" }).preVisualPooling, true);
  const layers = (more: Partial<typeof settings>) => derive({ ...settings, ...more }).visionLayers;
  assert.equal(layers({ pretrained_clip_name: "scratch", vision_layers: 3 }), 3);
  assert.equal(layers({ pretrained_clip_name: "ViT-L/14@336px" }), 24);
  assert.equal(layers({ pretrained_clip_name: "RN101" }), 0);
});
