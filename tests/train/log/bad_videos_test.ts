import { deepStrictEqual, match, rejects, strictEqual } from "node:assert/strict";
import { BadVideos } from "../../../src/train/log/bad_videos.ts";
import { Logger } from "../../../src/train/log/logger.ts";
import { withFolder } from "../../io/folder.ts";

Deno.test("bad videos are listed once each, by split, and a continued run adds to the list", () =>
  withFolder(async (folder) => {
    using logger = new Logger({ path: `${folder}/log.txt` });
    const path = `${folder}/bad_videos.txt`;
    {
      using bad = await BadVideos.open({ logger, path });
      strictEqual(bad.summary, "no bad videos");
      bad.add("train", "v1", "v1.mp4 is\ntruncated");
      strictEqual(bad.summary, `1 bad video left out: ${path}`);
    }
    {
      using bad = await BadVideos.open({ logger, path, continued: true });
      bad.add("train", "v1", "v1.mp4 is truncated");
      bad.add("test", "v1", "v1.mp4 is truncated");
      strictEqual(bad.summary, `2 bad videos left out: ${path}`);
    }
    deepStrictEqual((await Deno.readTextFile(path)).split("\n"), [
      "train\tv1\tv1.mp4 is truncated",
      "test\tv1\tv1.mp4 is truncated",
      "",
    ]);
    match(await Deno.readTextFile(`${folder}/log.txt`), /WARNING .* skipped: v1.mp4 is truncated/);
    using _fresh = await BadVideos.open({ logger, path });
    await rejects(Deno.stat(path), Deno.errors.NotFound);
  }));

Deno.test("without a path bad videos are counted alone", async () => {
  using logger = new Logger();
  using bad = await BadVideos.open({ logger });
  bad.add("test", "v1", "no video");
  strictEqual(bad.summary, "1 bad video left out");
});
