import assert from "node:assert/strict";
import { resolveSettings } from "../../../src/train/config/resolve.ts";
import { settingsFromJson } from "../../../src/train/config/settings.ts";
import {
  epochLine,
  type EpochRecord,
  stepLine,
  type StepRecord,
  stepScalars,
} from "../../../src/train/log/records.ts";
import { RunFolder } from "../../../src/train/log/run_folder.ts";
import { RunLog } from "../../../src/train/log/run_log.ts";

const record: StepRecord = {
  step: 50,
  epoch: 3,
  samples: 640,
  epoch_samples: 1000,
  loss: 1.25,
  cluster_loss: 0.25,
  lr: 0.001,
  logit_scale: 4.6052,
  grad_norm: 2,
  samples_per_second: 38,
  data_seconds: 0.0123,
  batch_seconds: 0.8456,
  gpu_wait_share: 0.01,
  gpu_bytes_live: 1000,
  gpu_bytes_peak: 2000,
};
const epoch: EpochRecord = {
  ...{ step: 50, epoch: 3, steps: 13, seconds: 9.06, gpu_wait_share: 0.0123 },
  ...{ clips_decoded: 56, clips_cached: 7 },
};
const t2v = { R1: 44.06, R5: 70.7, R10: 81.4, MedianR: 2, MeanR: 15.25 };
const v2t = { R1: 42.9, R5: 71.4, R10: 81.7, MedianR: 2, MeanR: 11.1 };

Deno.test("a step reads as in the original's log", () => {
  assert.equal(
    stepLine(record),
    "Epoch: 3 [640 (64%)]\tSimLoss: 1.0000 CLoss 0.2500\tData (t) 0.012\tBatch (t) 0.846\tLR: 1.0e-3\tlogit_scale 4.605",
  );
});

Deno.test("a step in mixed precision tells its loss scale, in the log and to TensorBoard", () => {
  const mixed = { ...record, loss_scale: 65536 };
  assert.equal(stepLine(mixed), `${stepLine(record)}\tloss_scale 65536`);
  const told = ["train/loss_scale", 65536];
  assert.deepEqual(stepScalars(mixed).filter(([tag]) => /loss_scale/.test(tag)), [told]);
  assert.deepEqual(stepScalars(record).filter(([tag]) => /loss_scale/.test(tag)), []);
});

Deno.test("an epoch says how long the GPU waited, and where its clips came from", () => {
  assert.equal(
    epochLine(epoch, 5),
    "Epoch 4/5: 13 steps in 9.1 s, 1.2 % of which the GPU waited for data; 56 clips decoded, 7 from the frame cache",
  );
});

Deno.test("a run leaves its settings, log, metrics and TensorBoard events", async () => {
  const path = await Deno.makeTempDir();
  try {
    const folder = new RunFolder(path);
    const { settings } = resolveSettings({ seed: 7 });
    for (const resumedStep of [undefined, 50]) {
      using log = await RunLog.open(folder, settings, resumedStep);
      log.logger.debug("not asked for");
      log.step(record);
      log.epoch(epoch, 5);
      const ranked = { ...t2v, ranks: [0, 3, 1] };
      log.evaluation("test", { step: 50, epoch: 3, t2v: ranked, v2t });
      log.evaluation("order", { step: 50, epoch: 3, t2v, v2t });
    }
    const hparams = await Deno.readTextFile(folder.settings);
    assert.match(hparams, /^{\n {4}"adaptive_cls": 0,\n {4}"aggregation": null,\n/);
    assert.deepEqual(settingsFromJson(JSON.parse(hparams), "hparams"), settings);

    const metrics = (await Deno.readTextFile(folder.metrics)).trimEnd().split("\n");
    assert.deepEqual(metrics.map((line) => JSON.parse(line)), [
      record,
      epoch,
      { epoch: 3, step: 50, t2v, v2t },
      { epoch: 3, step: 50, order: { t2v, v2t } },
    ]);

    const log = (await Deno.readTextFile(folder.log)).trimEnd().split("\n");
    assert.equal(log.length, 22, "the continued run appends to the log");
    for (const line of log) {
      assert.match(line, /^\d{4}-\d\d-\d\d,\d\d:\d\d:\d\d \| INFO \| Rank 0 \| /);
    }
    assert.deepEqual(log.slice(2, 6).map((line) => line.split("Rank 0 | ")[1]), [
      "Text-to-Video:",
      " (metric) >>>  R@1: 44.1 - R@5: 70.7 - R@10: 81.4 - Median R: 2.0 - Mean R: 15.2",
      "Video-to-Text:",
      " (metric) >>>  V2T$R@1: 42.9 - V2T$R@5: 71.4 - V2T$R@10: 81.7 - V2T$Median R: 2.0 - V2T$Mean R: 11.1",
    ]);
    assert.equal([...Deno.readDirSync(folder.tensorboard)].length, 2);
  } finally {
    await Deno.remove(path, { recursive: true });
  }
});
