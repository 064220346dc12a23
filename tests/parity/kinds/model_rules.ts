/**
 * Which segments count, which parameters learn, and how.
 *
 * @module
 */
import { compat, parameterGroups, segmentMask } from "../../../mod.ts";
import { type Kinds, notBuilt, type Table } from "../kind.ts";
import { EXACT } from "../tolerance.ts";

/** The mask of the segments for videos of some numbers of valid frames. */
const masks: Table = {
  name: "get_video_mask_after_cluster",
  run: ({ manifest }, checks) => {
    for (const entry of manifest.objects("get_video_mask_after_cluster")) {
      const frames = entry.number("max_frames"), segments = entry.number("final_frames");
      const reduce = (valid: (frame: number) => boolean, to = segments) =>
        segmentMask(Float32Array.from({ length: frames }, (_, i) => valid(i) ? 1 : 0), frames, to, {
          compat: "reference",
        });
      for (const [segment, index] of entry.numbers("indices").entries()) {
        const found = reduce((frame) => frame === index);
        checks.equal(`${entry.where}.indices`, found, found.map((_, i) => i === segment ? 1 : 0));
      }
      for (const row of entry.objects("rows")) {
        const valid = (frame: number) => frame < row.number("valid_frames");
        checks.equal(row.where, reduce(valid), row.numbers("mask_kmediods"));
        // Shifts keep every frame, and so the mask.
        const kept = reduce(valid, frames).length;
        checks.equal(row.where, [kept], [row.number("mask_token_shift_len")]);
      }
    }
  },
};

const freezing: Table = {
  name: "freeze_layer_num",
  run: ({ manifest }, checks) => {
    for (const entry of manifest.objects("freeze_layer_num")) {
      const layers = entry.number("freeze_layer_num");
      const patch = entry.text("linear_patch") as "2d" | "3d";
      for (const key of ["frozen", "trainable"]) {
        for (const name of entry.texts(key)) {
          const learns = compat.referenceTrainable(name, layers, patch);
          checks.same(`${entry.where}: ${name} learns`, learns, key === "trainable");
        }
      }
    }
  },
};

/** Groups of parameters with their rate, or a factor on it, and their weight decay. */
const groups: Table = {
  name: "optimizer_param_groups",
  run: ({ manifest }, checks) => {
    for (const entry of manifest.objects("optimizer_param_groups")) {
      const coefLr = entry.number("coef_lr"), weightDecay = entry.number("wd");
      const base = entry.number("lr"), expected = entry.objects("groups");
      const names = expected.flatMap((group) => group.texts("params"));
      const found = parameterGroups(names, { coefLr, weightDecay });
      for (const [i, group] of expected.entries()) {
        checks.same(`${group.where}.params`, found[i].names, group.texts("params"));
        const lr = group.optionalNumber("lr") ?? base;
        const rate = lr * (group.optionalNumber("lr_mult") ?? 1);
        const exact = { ...EXACT, rtol: 1e-12 };
        // BertAdam's groups of new parameters name no rate: theirs is the base.
        checks.close(
          group.where,
          [base * found[i].rateFactor, found[i].weightDecay],
          [rate, group.number("weight_decay")],
          exact,
        );
        const decays = group.optionalNumber("decay_mult");
        if (decays !== undefined) {
          checks.close(`${group.where}.decay_mult`, [found[i].weightDecay], [
            weightDecay * decays,
          ], exact);
        }
      }
    }
  },
};

const ROUNDING = "the original's rounding of loaded weights to half precision";

export const modelRules: Kinds = {
  tables: [
    masks,
    freezing,
    groups,
    {
      name: "dtype_after_from_pretrained_before_fp32_conversion",
      run: notBuilt(ROUNDING),
    },
    { name: "max_rounding_difference", run: notBuilt(ROUNDING) },
  ],
};
