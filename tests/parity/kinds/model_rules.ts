/**
 * Which segments count, which parameters learn, and how.
 *
 * @module
 */
import { compat, parameterGroups, segmentMask } from "../../../mod.ts";
import type { Kinds, Table } from "../kind.ts";
import { EXACT } from "../tolerance.ts";
import { floats } from "../values.ts";

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

/** Which parameters loading rounds, and that the state after it is one of rounded values. */
const precisions: Table = {
  name: "dtype_after_from_pretrained_before_fp32_conversion",
  async run({ manifest, file }, checks) {
    const dtypes = manifest.object("dtype_after_from_pretrained_before_fp32_conversion");
    for (const name of dtypes.keys) {
      const half = dtypes.text(name) === "torch.float16";
      checks.same(`${name} is rounded`, compat.isLoadedAsHalf(name), half);
      const held = `sd.model/${name}`;
      if (!await file.has(held)) continue;
      const { data } = await floats(file.tensor(held)), rounded = data.slice();
      compat.roundLoaded(name, rounded);
      checks.equal(name, rounded, data);
    }
  },
};

/**
 * How far the rounding of the loaded weights went. Where the manifest's file holds them as they were before
 * (`sd.raw/`), exactly; else no farther than half a step of half precision at the largest of them.
 */
const rounding: Table = {
  name: "max_rounding_difference",
  async run({ manifest, file }, checks) {
    const dtypes = manifest.object("dtype_after_from_pretrained_before_fp32_conversion");
    const largest = manifest.number("max_rounding_difference");
    let most = 0, bound = 0;
    for (const name of dtypes.keys.filter(compat.isLoadedAsHalf)) {
      const { data } = await floats(file.tensor(`sd.model/${name}`));
      for (const value of data) bound = Math.max(bound, halfStep(value));
      if (!await file.has(`sd.raw/${name}`)) continue;
      const raw = await floats(file.tensor(`sd.raw/${name}`)), rounded = raw.data.slice();
      compat.roundLoaded(name, rounded);
      checks.equal(name, rounded, data);
      raw.data.forEach((value, i) => most = Math.max(most, Math.abs(value - data[i])));
    }
    if (most > 0) {
      checks.close("max_rounding_difference", [most], [largest], { ...EXACT, rtol: 1e-6 });
    } else {checks.holds(
        "max_rounding_difference fits half precision",
        largest > 0 && largest <= bound,
      );}
  },
};

/** Half the distance between neighbours in half precision, where `value` is. */
function halfStep(value: number): number {
  const exponent = Math.max(Math.floor(Math.log2(Math.abs(value))), -14);
  return 2 ** (exponent - 11);
}

export const modelRules: Kinds = {
  tables: [masks, freezing, groups, precisions, rounding],
};
