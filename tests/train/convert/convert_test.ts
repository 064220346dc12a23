import { deepStrictEqual, doesNotMatch, match, ok, rejects, strictEqual } from "node:assert/strict";
import { UserError } from "../../../src/errors.ts";
import { openCheckpoint } from "../../../src/io/checkpoint.ts";
import { openSafetensors } from "../../../src/io/safetensors.ts";
import { openRun } from "../../../src/train/checkpoint.ts";
import { convert } from "../../../src/train/convert/archive.ts";
import { settingsFromHparams } from "../../../src/train/convert/hparams.ts";
import { evaluateRun } from "../../../src/train/evaluate_run.ts";
import { train } from "../../../src/train/loop.ts";
import { EXPECTED, fixture, told } from "../../io/torch_fixtures.ts";
import { given, TemporaryFolder, tiny } from "../tiny.ts";
import { torchCheckpoint, type Written } from "./write_torch.ts";

for (const name of ["zip.pt", "legacy.pt", "script.pt"]) {
  Deno.test(`${name} becomes safetensors with every tensor as it was`, async () => {
    using folder = new TemporaryFolder();
    const output = folder.in("out.safetensors"), seen: number[] = [];
    const done = await convert(fixture(name), { output, onProgress: (n) => seen.push(n) });
    strictEqual(done.kind, "weights");
    deepStrictEqual(seen.at(-1), done.tensors);
    using file = await openSafetensors(output);
    const entries = file.names.map(async (name) => [name, told(await file.read(name))] as const);
    deepStrictEqual(Object.fromEntries(await Promise.all(entries)), EXPECTED[name]);
  });
}

Deno.test("a checkpoint of the original becomes one of this project", async () => {
  using folder = new TemporaryFolder();
  const output = folder.in("out.safetensors");
  const done = await convert(fixture("ckpt.pth.tar"), { output });
  strictEqual(done.kind, "checkpoint");
  match(
    done.notes.join("\n"),
    /no hparams_train\.json beside it[^]*optimiser's state stays behind/,
  );
  const { file, state } = await openCheckpoint(output);
  using _file = file;
  deepStrictEqual(state.position, { step: 7, epoch: 2, batch: 0 });
  deepStrictEqual(state.best, { R1: 43.5, epoch: 1 });
  const { position_ids: _worked_out, ...expected } = EXPECTED["ckpt.pth.tar"];
  const names = Object.keys(expected).map((name) => `model.${name}`).sort();
  deepStrictEqual(file.names.toSorted(), names);
  for (const name of names) {
    deepStrictEqual(told(await file.read(name)), expected[name.slice("model.".length)]);
  }
});

Deno.test("a published run is evaluated as it was, with nothing but the paths of the data", async () => {
  using folder = new TemporaryFolder();
  const words = tiny(folder), path = folder.in("run");
  const { best } = await train(
    given(...words, "--output_dir", path, "--max_steps", "2", "--sim_header", "seqTransf"),
    new AbortController().signal,
  );
  const { file, run } = await openRun(`${path}/ckpt.best.safetensors`);
  const state = new Map<string, Written>();
  {
    using _file = file;
    for (const name of file.names.filter((name) => name.startsWith("model."))) {
      state.set(`module.${name.slice("model.".length)}`, await file.read(name));
    }
    const ids = new Uint8Array(Float32Array.of(0, 1).buffer);
    state.set("module.clip.visual.position_ids", { shape: [1, 2], bytes: ids });
  }
  const archive = folder.in("eclip_tiny");
  await Deno.mkdir(archive);
  const bytes = torchCheckpoint(state, { epoch: 1, step: 2, best: 20 });
  await Deno.writeFile(`${archive}/ckpt.best.pth.tar`, bytes);
  // As the original writes it: other names beside, paths and devices of its machine, Python's None.
  await Deno.writeTextFile(
    `${archive}/hparams_train.json`,
    JSON.stringify({
      ...run.settings,
      precision: "amp",
      data_path: "/elsewhere/captions.json",
      features_path: "/elsewhere/videos",
      lmdb_dataset: "/elsewhere/videos.lmdb",
      resume: null,
      gpu: 0,
      pre_visual_pooling: 0,
      tensorboard_path: "/elsewhere/tensorboard",
      of_another_age: 1,
    }),
  );
  const done = await convert(archive);
  strictEqual(done.output, `${archive}/ckpt.best.safetensors`);
  match(done.notes.join("\n"), /not known here: of_another_age/);
  doesNotMatch(done.notes.join("\n"), /precision/);
  const data = words.filter((_, i) =>
    /^--(train_csv|val_csv|data_path|features_path)$/.test(words[i - i % 2])
  );
  strictEqual(data.length, 8);
  const found = await evaluateRun(
    given(...data, "--resume", done.output, "--precision", "fp32"),
  );
  strictEqual(found.t2v.R1, best!.R1);
});

Deno.test("what cannot be converted is told in one line, and nothing is written", async () => {
  using folder = new TemporaryFolder();
  const there = folder.in("there.safetensors");
  await Deno.writeTextFile(there, "precious");
  await rejects(convert(fixture("zip.pt"), { output: there }), /is there already; --force/);
  strictEqual(await Deno.readTextFile(there), "precious");
  await convert(fixture("zip.pt"), { output: there, force: true });
  ok((await Deno.stat(there)).size > 100);
  const output = folder.in("out.safetensors");
  await rejects(convert(folder.path), /holds neither ckpt\.best\.pth\.tar nor ckpt\.pth\.tar/);
  await rejects(convert(folder.in("missing.pt")), /cannot read .*missing\.pt/);
  await rejects(convert(fixture("malicious.pt"), { output }), /names "posix\.system"/);
  await rejects(convert(fixture("plain2.pkl"), { output }), /no file of torch\.save/);
  deepStrictEqual([...Deno.readDirSync(folder.path)].map(({ name }) => name), [
    "there.safetensors",
  ]);
});

Deno.test("the original's settings are taken over, its batch as a whole", () => {
  const { settings, notes } = settingsFromHparams({
    lr: 0.005,
    batch_size: 32,
    gradient_accumulation_steps: 2,
    cluster_inter: 1,
    expand_msrvtt_sentences: true,
    aggregation: null,
    cluster_num_blocks: [49, 49],
    camoe_dsl: 0,
  }, "hparams_train.json");
  deepStrictEqual(settings, {
    lr: 0.005,
    batch_size: 64,
    gradient_accumulation_steps: 2,
    cluster_inter: true,
    expand_msrvtt_sentences: true,
    cluster_num_blocks: [49, 49],
    camoe_dsl: false,
  });
  deepStrictEqual(notes, []);
  const kept = (hparams: unknown) => settingsFromHparams(hparams, "hparams_train.json");
  deepStrictEqual(kept({ precision: "amp" }), { settings: { precision: "amp" }, notes: [] });
  const resNet = kept({ precision: "amp", pretrained_clip_name: "RN50" });
  deepStrictEqual(resNet.settings.precision, "fp32");
  match(resNet.notes.join(), /--precision amp becomes fp32/);
  match(kept({ precision: "fp16" }).notes.join(), /--precision fp16 becomes fp32/);
  const wrong = [[], 7, { lr: "fast" }, { cluster_algo: "magic" }];
  for (const hparams of wrong) {
    const error = (() => {
      try {
        return settingsFromHparams(hparams, "hparams_train.json");
      } catch (error) {
        return error;
      }
    })();
    ok(error instanceof UserError && error.message.startsWith("hparams_train.json"));
  }
});
