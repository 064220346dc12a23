/**
 * Learning rates over a run.
 *
 * @module
 */
import {
  bertAdamMultiplier,
  type BertAdamSchedule,
  type Decay,
  learningRate,
  totalSteps,
} from "../../../mod.ts";
import type { Kinds, Table } from "../kind.ts";
import { EXACT, type Tolerance } from "../tolerance.ts";

/** Both sides compute in f64; libraries of elementary functions differ in the last bits. */
const F64: Tolerance = { ...EXACT, rtol: 1e-12 };

/** Keys such as `warmup_cosine/warmup=0.1`: multipliers at 0, 0.01, ... 1 of the run. */
const bertAdam: Table = {
  name: "bertadam_schedule_multipliers_x_eq_i_over_100",
  run: ({ manifest }, checks) => {
    const table = manifest.object("bertadam_schedule_multipliers_x_eq_i_over_100");
    for (const key of table.keys) {
      const [, schedule, warmup] = key.match(/^(\w+)\/warmup=(.+)$/)!;
      const expected = table.numbers(key);
      const found = expected.map((_, i) =>
        bertAdamMultiplier(schedule as BertAdamSchedule, i / 100, Number(warmup))
      );
      checks.close(key, found, expected, F64);
    }
  },
};

/** Keys such as `cos/slow_start=12.5`: at each step the groups' rates, then their weight decays. */
const adamW: Table = {
  name: "adamw_lr_scheduler_100_steps",
  run: ({ manifest }, checks) => {
    const { name } = adamW, about = manifest.object(name), table = about.object("table");
    const base = about.number("init_lr"), decay = about.number("wd");
    const groups = about.texts("groups").map((group) =>
      ["lr_mult", "decay_mult"].map((key) => Number(group.match(`${key} (\\S+?)(,|$)`)![1]))
    );
    for (const key of table.keys) {
      const [, kind, warmup] = key.match(/^(\w+)\/slow_start=(.+)$/)!;
      const rows = table.rows(key),
        options = {
          base,
          total: rows.length,
          warmup: Number(warmup),
          decay: { kind: kind as "cos" | "poly" | "HTD" },
        };
      rows.forEach((expected, step) => {
        const rate = learningRate(step, options);
        const found = [...groups.map(([lr]) => rate * lr), ...groups.map(([, wd]) => decay * wd)];
        checks.close(`${key}[${step}]`, found, expected, F64);
      });
    }
  },
};

/** Keys are the milestones, or `None` for a drop at a constant distance, which the rates show. */
const steps: Table = {
  name: "lr_scheduler_step_mode_by_epoch",
  run: ({ manifest }, checks) => {
    const table = manifest.object("lr_scheduler_step_mode_by_epoch");
    for (const key of table.keys) {
      const expected = table.numbers(key), base = expected[0];
      const at = key === "None"
        ? expected.findIndex((rate) => rate !== base)
        : JSON.parse(key) as number[];
      const decay: Decay = { kind: "step", at };
      const found = expected.map((_, step) =>
        learningRate(step, { base, total: expected.length, decay })
      );
      checks.close(key, found, expected, F64);
    }
  },
};

const total: Table = {
  name: "num_train_optimization_steps",
  run: ({ manifest }, checks) => {
    for (const row of manifest.objects("num_train_optimization_steps")) {
      const found = totalSteps({
        batches: row.number("len_loader"),
        accumulation: row.number("accum"),
        epochs: row.number("epochs"),
      });
      checks.close(row.where, [found], [row.number("value")], F64);
    }
  },
};

export const schedules: Kinds = { tables: [bertAdam, adamW, steps, total] };
