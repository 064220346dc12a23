import {
  deepStrictEqual,
  match,
  notDeepStrictEqual,
  ok,
  rejects,
  strictEqual,
} from "node:assert/strict";
import type { VitConfig } from "../../src/clip/config.ts";
import { roundLoaded } from "../../src/compat/weights.ts";
import { UserError } from "../../src/errors.ts";
import { openSafetensors, type TensorEntry, writeSafetensors } from "../../src/io/safetensors.ts";
import { resolveSettings } from "../../src/train/config/resolve.ts";
import { train } from "../../src/train/loop.ts";
import { buildModel } from "../../src/train/model.ts";
import { entriesOf, huggingFaceState, openaiState, writeShards } from "../clip/forms.ts";
import { device } from "../device.ts";
import { given, TemporaryFolder, tiny } from "./tiny.ts";

/** A model too small for anything but a test, under the name of a large one. */
const SMALL: VitConfig = {
  ...{ embedDim: 32, contextLength: 24, vocabSize: 64, textWidth: 64, textLayers: 2 },
  ...{ vision: "ViT", imageResolution: 32, visionLayers: 2, visionWidth: 64, visionPatchSize: 16 },
};
const clip = openaiState(SMALL);

const f32 = (name: string, shape: number[], data: Float32Array): TensorEntry => ({
  ...{ name, dtype: "F32", shape },
  bytes: new Uint8Array(data.slice().buffer),
});
const filled = (name: string, shape: number[], value: number) =>
  f32(name, shape, new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(value));

/** Builds the model that flags ask for, and gives its parameters on the host and what was logged. */
async function build(...flags: string[]) {
  const { settings } = resolveSettings(given(
    ...["--pretrained_clip_name", "ViT-B/32", "--cluster_inter", "0", "--max_words", "24"],
    ...flags,
  ));
  const lines: string[] = [];
  const model = await buildModel(device, settings, undefined, (line) => lines.push(line));
  using parameters = model.parameters;
  const held = new Map<string, Float32Array>();
  for (const [name, tensor] of parameters.entries()) {
    held.set(name, await tensor.data() as Float32Array);
  }
  return { held, lines };
}

/** Flags of a model whose CLIP lies in shards in Hugging Face's names. */
async function shardedClip(folder: TemporaryFolder): Promise<string[]> {
  Deno.mkdirSync(folder.in("clip-vit-base-patch32"), { recursive: true });
  const index = folder.in("clip-vit-base-patch32/model.safetensors.index.json");
  await writeShards(index, huggingFaceState(clip));
  return ["--pretrained_dir", folder.path];
}

Deno.test("a fresh model starts from CLIP's weights, wherever they lie, and says so", async () => {
  using folder = new TemporaryFolder();
  const flags = await shardedClip(folder);
  const { held, lines } = await build(...flags, "--temperature_new", "2.5");
  for (const [name, { data }] of clip) {
    deepStrictEqual(held.get(`clip.${name}`), name === "logit_scale" ? Float32Array.of(2.5) : data);
  }
  match(
    lines[0],
    /^CLIP's weights: .*model\.safetensors\.index\.json, in the names of Hugging Face$/,
  );
  strictEqual(
    lines[1],
    "no config lies beside them: their activation is taken to be QuickGELU, as OpenAI's is",
  );
  await Deno.writeTextFile(
    folder.in("clip-vit-base-patch32/config.json"),
    JSON.stringify({ text_config: { hidden_act: "gelu" } }),
  );
  const before = device.memory.live;
  await rejects(
    build(...flags),
    /config\.json: text_config\.hidden_act is "gelu", and only models/,
  );
  strictEqual(device.memory.live, before);
});

Deno.test("--init_model wins over CLIP, names what it lacks and what is foreign, and need not be whole", async () => {
  using folder = new TemporaryFolder();
  const flags = [...await shardedClip(folder), "--linear_patch", "3d"], path = folder.in("init");
  await writeSafetensors(path, [
    filled("clip.visual.conv1.weight", [64, 3, 16, 16], 0.5),
    filled("clip.ln_final.gamma", [64], 2),
    filled("clip.ln_final.beta", [64], 3),
    filled("other.weight", [1], 0),
    filled("clip.visual.position_ids", [1, 5], 0),
  ]);
  const { held, lines } = await build(...flags, "--init_model", path);
  ok(held.get("clip.visual.conv1.weight")!.every((value) => value === 0.5));
  ok(held.get("clip.ln_final.weight")!.every((value) => value === 2));
  ok(held.get("clip.ln_final.bias")!.every((value) => value === 3));
  deepStrictEqual(held.get("clip.visual.proj"), clip.get("visual.proj")!.data);
  // What starts from CLIP's starts from what replaced it.
  const conv2 = held.get("clip.visual.conv2.weight")!;
  deepStrictEqual([...new Set(conv2.subarray(0, 3 * 256))], [0, 0.5]);
  const said = lines.slice(2);
  match(said[0], /^--init_model .*init gives 3 of the model's 63 parameters$/);
  strictEqual(said[1], "not in --init_model: 59 of CLIP's, which stay as loaded");
  strictEqual(
    said[2],
    "not in --init_model, so they start afresh: clip.visual.conv2.weight",
  );
  strictEqual(said[3], "in --init_model, but not in the model: other.weight");

  await writeSafetensors(path, [filled("clip.visual.conv2.weight", [64, 3, 3, 16, 16], 0.25)]);
  const own = await build(...flags, "--init_model", path);
  ok(own.held.get("clip.visual.conv2.weight")!.every((value) => value === 0.25));
  deepStrictEqual([...own.held.keys()], [...held.keys()], "the order of the checkpoint");
});

Deno.test("an --init_model that does not fit is refused in one line, and leaves nothing", async () => {
  using folder = new TemporaryFolder();
  const flags = await shardedClip(folder), path = folder.in("init");
  const refuses = async (entries: TensorEntry[], line: RegExp) => {
    await writeSafetensors(path, entries);
    const before = device.memory.live;
    await rejects(build(...flags, "--init_model", path), (error: Error) => {
      ok(error instanceof UserError);
      match(error.message, line);
      return true;
    });
    strictEqual(device.memory.live, before);
  };
  await refuses(
    [filled("clip.ln_final.bias", [32], 0)],
    /init: clip\.ln_final\.bias has the shape \[32\], expected \[64\]$/,
  );
  await refuses(
    [filled("ln_final.bias", [64], 0)],
    /init holds nothing of the model, whose first parameter is clip\.positional_embedding; it has ln_final\.bias$/,
  );
  Deno.writeTextFileSync(folder.in("init.pt"), "PK");
  await rejects(
    build(...flags, "--init_model", folder.in("init.pt")),
    /init\.pt is an archive of PyTorch; run: deno task convert /,
  );
});

Deno.test("only the reference rounds what it loads, of CLIP's file and of --init_model", async () => {
  using folder = new TemporaryFolder();
  const third = 1 / 3, path = folder.in("init");
  const state = openaiState(SMALL);
  for (const held of state.values()) held.data.forEach((value, i) => held.data[i] = value * 1.001);
  await writeSafetensors(folder.in("ViT-B-32.safetensors"), entriesOf(state));
  await writeSafetensors(path, [
    filled("clip.visual.proj", [64, 32], third),
    filled("clip.ln_final.bias", [64], third),
  ]);
  const flags = ["--pretrained_dir", folder.path, "--init_model", path];
  const { held: plain } = await build(...flags);
  const { held: rounded } = await build(...flags, "--compat", "reference");
  const changed: string[] = [];
  for (const [name, values] of plain) {
    const expected = values.slice();
    roundLoaded(name, expected);
    deepStrictEqual(rounded.get(name), expected, name);
    if (expected.some((value, i) => value !== values[i])) changed.push(name);
  }
  ok(changed.includes("clip.visual.proj") && changed.includes("clip.text_projection"));
  ok(changed.includes("clip.transformer.resblocks.0.mlp.c_fc.bias"));
  ok(!changed.some((name) => /ln_|embedding|logit_scale/.test(name)), `${changed}`);
  notDeepStrictEqual(rounded.get("clip.visual.proj"), plain.get("clip.visual.proj"));
});

Deno.test("a run starts from another's checkpoint by --init_model; moments that do not fit are refused", async () => {
  using folder = new TemporaryFolder();
  const run = async (name: string, ...more: string[]) => {
    const path = folder.in(name);
    await train(
      given(...tiny(folder), "--output_dir", path, "--max_steps", "1", ...more),
      new AbortController().signal,
    );
    return `${path}/ckpt.safetensors`;
  };
  const first = await run("first");
  const second = await run("second", "--init_model", first, "--seed", "7");
  const name = "model.clip.visual.proj", log = await Deno.readTextFile(folder.in("second/log.txt"));
  match(log, /gives (\d+) of the model's \1 parameters\n/);
  using a = await openSafetensors(first);
  using b = await openSafetensors(second);
  const [before, after] = [await a.readF32(name), await b.readF32(name)];
  // The first step's rate is next to nothing, and another seed is another start.
  ok(before.every((value, i) => Math.abs(value - after[i]) < 1e-5));

  const damaged = folder.in("damaged.safetensors"), moment = "optimizer.exp_avg.clip.visual.proj";
  const entries = await Promise.all(a.names.map(async (each) => ({
    name: each,
    ...await a.read(each),
    ...each === moment ? { shape: [1], bytes: new Uint8Array(4) } : {},
  })));
  await writeSafetensors(damaged, entries, a.metadata);
  await rejects(
    train(given("--resume", damaged, "--max_steps", "2"), new AbortController().signal),
    /damaged\.safetensors: optimizer\.exp_avg\.clip\.visual\.proj has the shape \[1\], expected \[64,64\]$/,
  );
});
