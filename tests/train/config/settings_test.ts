import assert from "node:assert/strict";
import { UserError } from "../../../src/errors.ts";
import { type FlagTable, readFlag } from "../../../src/train/config/flag.ts";
import { helpText, show } from "../../../src/train/config/help.ts";
import {
  defaultsOf,
  flagGroups,
  flags,
  settingsFromJson,
  settingsToJson,
} from "../../../src/train/config/settings.ts";

const defaults = defaultsOf(flags);
const rows = Object.entries(flags as FlagTable);

Deno.test("the defaults are the original's", () => {
  const { batch_size, batch_size_val, lr, optim, max_words, max_frames, seed, epochs } = defaults;
  assert.deepEqual(
    { batch_size, batch_size_val, lr, optim, max_words, max_frames, seed, epochs },
    {
      batch_size: 256,
      batch_size_val: 3500,
      lr: 1e-4,
      optim: "BertAdam",
      max_words: 20,
      max_frames: 100,
      seed: 42,
      epochs: 20,
    },
  );
});

Deno.test("every default passes its own flag's rules, and every flag has its heading", () => {
  for (const [name, flag] of rows) {
    if (flag.default === null) continue;
    const text = flag.kind === "flag" ? String(flag.default) : show(flag.default);
    assert.deepEqual(
      readFlag(name, flag, text.replaceAll(" ", ",").replace('""', "")),
      flag.default,
    );
  }
  const grouped = Object.values(flagGroups).flatMap((table) => Object.keys(table));
  assert.deepEqual(grouped.sort(), Object.keys(flags).sort());
});

Deno.test("help shows each flag with what it takes, its default, and whether it has an effect", () => {
  const help = helpText({ command: "deno task train", purpose: "Trains.", groups: flagGroups });
  for (const [name, { meaning, notBuilt }] of rows) {
    assert.ok(help.includes(`--${name}`), name);
    const words = help.replaceAll(/\s+/g, " ");
    assert.ok(words.includes(meaning), name);
    if (notBuilt) {
      assert.ok(words.includes(`not built yet: ${notBuilt.map(show).join(", ")}`), name);
    }
  }
  assert.match(help, /--lr_decay <a number>\n +decay.*: accepted, no effect, as in the original/);
  assert.match(help, /--n_gpu .*\n.*no effect here: ranks come from MPI \(default 1\)/);
  assert.match(help, /--precision <amp, fp16 or fp32>\n.*\(default fp32\)/);
  assert.ok(help.split("\n").every((line) => line.length <= 140));
});

Deno.test("settings survive the way through JSON, sorted, switches as 0 and 1", () => {
  const settings = {
    ...defaults,
    cluster_inter: true,
    cluster_num_blocks: [49, 30],
    resume: "a.safetensors",
    debug: true,
    max_steps: 5,
  };
  const json = JSON.parse(JSON.stringify(settingsToJson(settings)));
  assert.equal(json.cluster_inter, 1);
  assert.equal(json.debug, true);
  assert.equal(json.output_dir, null);
  assert.deepEqual(Object.keys(json), Object.keys(json).sort());
  assert.deepEqual(settingsFromJson(json, "x"), settings);
});

Deno.test("a setting added since a file was written has its default", () => {
  const { bad_video: _, ...older } = settingsToJson(defaults);
  assert.deepEqual(settingsFromJson(older, "x"), defaults);
});

Deno.test("damaged settings are refused with the file, the setting and the value", () => {
  const refused = (json: unknown, pattern: RegExp) =>
    assert.throws(() => settingsFromJson(json, "ckpt.safetensors"), (error: unknown) => {
      assert.ok(error instanceof UserError);
      assert.match(error.message, pattern);
      return true;
    });
  refused(null, /ckpt.safetensors.*not an object/);
  refused([1], /not an object/);
  refused({ batch_size: -1 }, /ckpt.safetensors.*--batch_size.*"-1"/);
  refused({ batch_size: null }, /--batch_size/);
  refused({ target_frames_blocks: [] }, /--target_frames_blocks/);
  refused({ target_frames_blocks: [[1]], lr: {} }, /--lr/);
  refused({ toString: 1 }, /unknown setting "toString"/);
});
