import { deepStrictEqual, ok } from "node:assert/strict";
import type { PairBatch } from "../../src/centerclip/model.ts";
import type { Device } from "../../src/gpu/device.ts";
import { Scope } from "../../src/tensor/scope.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { defaultsOf, flags, type Settings } from "../../src/train/config/settings.ts";
import { buildModel } from "../../src/train/model.ts";
import { Trainer } from "../../src/train/trainer.ts";
import { freshDevice } from "../gpu/fresh.ts";

const VIDEOS = 2, FRAMES = 4, SIZE = 64, LENGTH = 24;

/** A model as deep as ViT-B/32, and narrow: how much is recorded does not depend on the width. */
const SETTINGS: Settings = {
  ...defaultsOf(flags),
  ...{ pretrained_clip_name: "scratch", image_resolution: SIZE, vision_patch_size: 32 },
  ...{ vision_width: 64, vision_layers: 12, text_width: 64, text_layers: 12, embed_dim: 64 },
  ...{ context_length: LENGTH, max_words: LENGTH, max_frames: FRAMES, freeze_layer_num: -1 },
  cluster_inter: true,
  target_frames_blocks: Array.from({ length: 12 }, (_, block) => block < 6 ? FRAMES : 2),
  cluster_num_blocks: Array(12).fill(4),
};

/** Uploads a batch that differs from step to step. */
function batchOf(device: Device, step: number): PairBatch {
  const ids = new Int32Array(VIDEOS * LENGTH);
  for (let i = 0; i < VIDEOS; i++) ids.set([49406, 100 * step + i, 49407], i * LENGTH);
  const bytes = Uint8Array.from(
    { length: VIDEOS * FRAMES * SIZE * SIZE * 3 },
    (_, i) => (i * (7 + step)) % 251,
  );
  return {
    text: { ids, length: LENGTH },
    frames: tensor(device, bytes, [VIDEOS * FRAMES, SIZE, SIZE, 3]),
    videoMask: new Float32Array(VIDEOS * FRAMES).fill(1),
  };
}

/** Counts what is made on a device from now on, and waits for its memory. */
function watch({ gpu }: Device) {
  const made = { buffers: 0, bindGroups: 0, pipelines: 0, readbacks: 0 };
  const buffer = gpu.createBuffer.bind(gpu), bindGroup = gpu.createBindGroup.bind(gpu);
  const pipeline = gpu.createComputePipeline.bind(gpu);
  gpu.createBuffer = (descriptor) => {
    made.buffers++;
    const fresh = buffer(descriptor), map = fresh.mapAsync.bind(fresh);
    fresh.mapAsync = (...range) => (made.readbacks++, map(...range));
    return fresh;
  };
  gpu.createBindGroup = (descriptor) => (made.bindGroups++, bindGroup(descriptor));
  gpu.createComputePipeline = (descriptor) => (made.pipelines++, pipeline(descriptor));
  return made;
}

const CASES = [["AdamW", "fp32"], ["BertAdam", "fp32"], ["AdamW", "amp"]] as const;

for (const [optim, precision] of CASES) {
  const how = `${optim}, ${precision}`;
  Deno.test(`a training step of ViT-B/32's depth: few submits, nothing made anew, no readback: ${how}`, async () => {
    using device = await freshDevice();
    const settings = { ...SETTINGS, optim, precision };
    const model = await buildModel(device, settings);
    using _parameters = model.parameters;
    using trainer = new Trainer(model, settings, 100);
    trainer.lossScale?.resume({ scale: 256, good: 0 }); // no step overflows
    const take = async (step: number) => {
      {
        using _scope = new Scope(device);
        trainer.step([batchOf(device, step)], step);
      }
      await device.idle();
    };
    // The first steps make what the later ones use; asking how it goes disturbs neither.
    for (let step = 0; step < 4; step++) {
      await take(step);
      if (step === 1) ok((await trainer.report()).applied);
    }
    const made = watch(device), submits = device.submits;
    for (let step = 4; step < 6; step++) await take(step);
    deepStrictEqual(made, { buffers: 0, bindGroups: 0, pipelines: 0, readbacks: 0 });
    const perStep = (device.submits - submits) / 2;
    ok(perStep <= 12, `${perStep} submits a step`);
    ok((await trainer.report()).applied);
    ok(made.readbacks > 0, "a report reads");

    device.pool.trim();
    await take(6);
    ok((await trainer.report()).applied, "a step whose spare buffers were given up");
  });
}
