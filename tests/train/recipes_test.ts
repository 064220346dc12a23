import { deepStrictEqual, match, ok, strictEqual, throws } from "node:assert/strict";
import { UsageError } from "../../src/errors.ts";
import { resolveSettings } from "../../src/train/config/resolve.ts";
import { defaultsOf, flags, type Settings } from "../../src/train/config/settings.ts";
import { recipeTable } from "../../src/train/recipes/list.ts";
import { RECIPES } from "../../src/train/recipes/mod.ts";

const FOLDER = "src/train/recipes";

/**
 * The experiments of the original's scripts: script and id, CLIP, learning rate, epochs, evaluation batch,
 * words, frames, algorithm, p, tokens and frames after the blocks ("6x12 6x6": 12 after the first six, 6
 * after the last six), and whether tokens are normed.
 */
const EXPERIMENTS: readonly string[] = [
  "msrvtt, default | B/32 2e-3 5 16 32 12 off 2 | 12x49 | 6x12 6x6",
  "msrvtt 62 | B/32 5e-3 5 16 32 12 kmediods++ 1 | 12x49 | 6x12 6x6",
  "msrvtt 63 | B/32 5e-3 5 16 32 12 kmediods++ 1 | 12x49 | 6x12 6x4",
  "msrvtt 80 | B/32 5e-3 5 16 32 12 kmediods++ 2 | 12x49 | 7x12 5x4",
  "msrvtt, a comment | B/16 5e-3 5 16 32 12 kmediods++ 2 | 6x196 6x160 | 6x12 6x4",
  "msvd, default | B/32 2e-3 5 64 32 12 off 2 | 12x49 | 6x12 6x6",
  "msvd 22 | B/32 5e-3 5 64 32 12 kmediods++ 2 | 12x49 | 6x12 6x4",
  "lsmdc 01 | B/32 5e-3 5 32 32 12 off 2 | 12x49 | 6x12 6x6",
  "lsmdc 04 | B/32 5e-3 5 32 32 12 kmediods++ 2 | 12x49 | 6x12 6x6",
  "lsmdc 09 | B/32 5e-3 5 32 32 12 kmediods++ 2 | 12x49 | 6x12 6x4",
  "lsmdc 12 | B/32 5e-3 5 32 32 12 kmediods++ 2 | 12x49 | 6x12 6x3",
  "lsmdc 22 | B/32 5e-3 5 32 32 12 spectral 2 | 12x49 | 6x12 6x6",
  "lsmdc 23 | B/32 5e-3 5 32 32 12 spectral 2 | 12x49 | 6x12 6x4",
  "lsmdc 28 | B/32 5e-3 5 32 32 12 kmediods++ 2 | 12x49 | 6x12 6x6 | normed",
  "lsmdc 29 | B/32 5e-3 5 32 32 12 kmediods++ 2 | 12x49 | 6x12 6x4 | normed",
  "activity 01 | B/16 1e-2 8 16 77 60 off 2 | 12x49 | 6x60 6x15",
  "activity 02 | B/16 1e-2 8 16 77 60 kmediods++ 2 | 6x196 6x160 | 6x60 6x20",
  "activity 03 | B/16 1e-2 8 16 77 60 kmediods++ 2 | 6x196 6x160 | 6x60 6x15",
  "activity 05 | B/16 1e-2 8 16 77 60 kmediods++ 2 | 6x196 6x160 | 6x60 6x12",
  "activity 04 | B/32 1e-2 8 16 77 60 token_shift 2 | " +
  "1x55 1x54 1x53 1x52 1x51 1x50 1x48 1x47 1x46 1x45 1x44 1x43 | 12x11",
  "activity 06 | B/32 1e-2 8 16 77 75 kmediods++ 2 | 12x49 | 6x75 6x15",
  "activity 07 | B/32 1e-2 8 16 77 45 kmediods++ 2 | 12x49 | 6x45 6x15",
  "activity 08 | B/32 1e-2 8 16 77 30 kmediods++ 2 | 12x49 | 6x30 6x15",
  "activity, a comment (plan 1) | B/32 1e-2 8 16 77 60 kmediods++ 2 | 12x49 | 6x60 6x20",
  "activity, a comment (plan 2) | B/32 1e-2 8 16 77 60 kmediods++ 2 | 12x49 | 6x60 6x15",
];

/** A list with a number a block, written "6x12 6x6". */
const list = (text: string) =>
  text.split(" ").flatMap((part) => {
    const [count, value] = part.split("x").map(Number);
    return Array<number>(count).fill(value);
  });

/** What a line of {@link EXPERIMENTS} says of the settings. */
function expected(line: string): Partial<Settings> {
  const [, row, tokens, frames, normed] = line.split(" | ");
  const [clip, lr, epochs, batch, words, sampled, algorithm, p] = row.split(" ");
  const clustered = algorithm !== "off";
  return {
    pretrained_clip_name: `ViT-${clip}` as Settings["pretrained_clip_name"],
    lr: Number(lr),
    epochs: Number(epochs),
    batch_size: 128,
    batch_size_val: Number(batch),
    max_words: Number(words),
    max_frames: Number(sampled),
    cluster_inter: clustered,
    cluster_algo: (clustered ? algorithm : "kmediods++") as Settings["cluster_algo"],
    spectral_graph: algorithm === "spectral" ? "KNN" : "HeatKernel",
    minkowski_norm_p: Number(p),
    cluster_num_blocks: list(tokens),
    target_frames_blocks: list(frames),
    pre_norm: normed === "normed",
    optim: "AdamW",
    precision: "amp",
    coef_lr: 1e-3,
    wd: 0.2,
    cluster_threshold: 1e-6,
  };
}

Deno.test("there is a recipe for each experiment of the original's scripts, with its settings", () => {
  const { fixtures: _, ...own } = RECIPES;
  deepStrictEqual(
    Object.values(own).map(({ origin }) => origin),
    EXPERIMENTS.map((line) => line.split(" | ")[0]),
  );
  for (const [i, name] of Object.keys(own).entries()) {
    const { settings, notes } = resolveSettings({ recipe: name });
    const wanted = expected(EXPERIMENTS[i]);
    const found = Object.fromEntries(
      Object.keys(wanted).map((key) => [key, settings[key as "lr"]]),
    );
    deepStrictEqual(found, wanted, name);
    strictEqual(settings.datatype, name.split("-")[0]);
    strictEqual(settings.expand_msrvtt_sentences, name.startsWith("msrvtt"));
    deepStrictEqual(notes, [`recipe "${name}" (${RECIPES[name].origin})`]);
  }
});

Deno.test("each recipe has a file of its own, and its name is the file's", async () => {
  const names: string[] = [];
  for await (const { name: set, isDirectory } of Deno.readDir(FOLDER)) {
    if (!isDirectory) continue;
    for await (const { name } of Deno.readDir(`${FOLDER}/${set}`)) {
      names.push(`${set}-${name.replace(/\.ts$/, "").replaceAll("_", "-")}`);
    }
  }
  deepStrictEqual(Object.keys(RECIPES).sort(), ["fixtures", ...names].sort());
});

Deno.test("flags win over a recipe, and a recipe over the defaults", () => {
  const { settings } = resolveSettings({ recipe: "lsmdc-baseline", lr: 0.5, data_path: "d" });
  deepStrictEqual(settings, {
    ...defaultsOf(flags),
    ...RECIPES["lsmdc-baseline"].settings,
    recipe: "lsmdc-baseline",
    lr: 0.5,
    data_path: "d",
  });
});

Deno.test("a recipe that is unknown, or meets a checkpoint's settings, is refused", () => {
  const refused = (given: Partial<Settings>, pattern: RegExp, continued?: Settings) =>
    throws(() => resolveSettings(given, continued), (error: Error) => {
      ok(error instanceof UsageError);
      match(error.message, pattern);
      return true;
    });
  refused({ recipe: "msrvtt-kmedoid-6-49" }, /there is no .*; did you mean msrvtt-kmedoids-6-49\?/);
  refused({ recipe: "toString" }, /there is no "toString"/);
  const { settings } = resolveSettings({});
  refused({ recipe: "fixtures", resume: "a" }, /--recipe is for a run from the start/, settings);
});

Deno.test("the list has a line for each recipe, with its figures where some were reported", () => {
  const [header, ...lines] = recipeTable();
  match(header, /^recipe .* paper: R@1\/5\/10 t2v/);
  strictEqual(lines.length, Object.keys(RECIPES).length);
  const line = lines.find((line) => line.startsWith("msrvtt-kmedoids-4-49 "))!;
  match(line, /msrvtt 63 +ViT-B\/32 +12 frames to 4 x 49 +44\.2, 43\.2 +43\.6\/71\.4\/81\.2 /);
  match(line, /42\.9\/70\.4\/80\.8 +15\.0 +22\.9$/);
});
