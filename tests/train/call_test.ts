import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { openModel, withCall } from "../../src/train/call.ts";
import { openRun } from "../../src/train/checkpoint.ts";
import { train } from "../../src/train/loop.ts";
import { BadVideos } from "../../src/train/log/bad_videos.ts";
import { Logger } from "../../src/train/log/logger.ts";
import { given, TemporaryFolder, tiny } from "./tiny.ts";

Deno.test("a checkpoint gives its settings too, unless only its weights are asked for", async () => {
  using folder = new TemporaryFolder();
  const where = ["--seed", "7", "--output_dir", folder.in("run"), "--max_steps", "1"];
  await train(given(...tiny(folder), ...where), new AbortController().signal);
  const resume = folder.in("run/ckpt.safetensors");
  const { file } = await openRun(resume);
  using _file = file;
  const name = "clip.text_projection", saved = await file.readF32(`model.${name}`);
  const calls = [[["--resume", resume], 7], [[...tiny(folder), "--resume", resume], 7], [
    [...tiny(folder), "--resume", resume, "--load_from_pretrained", "1"],
    42,
  ]] as const;
  for (const [flags, seed] of calls) {
    await withCall(given(...flags), async (call) => {
      strictEqual(call.settings.seed, seed);
      using logger = new Logger();
      using bad = await BadVideos.open({ logger });
      const { model } = await openModel(call, logger, bad);
      deepStrictEqual(await model.parameters.get(name).data(), saved);
    });
  }
});
