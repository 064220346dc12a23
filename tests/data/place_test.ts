import assert from "node:assert/strict";
import { BadClips } from "../../src/data/bad_clips.ts";
import { packVideos } from "../../src/data/pack.ts";
import { PlaceError, UserError } from "../../src/errors.ts";
import { withFolder } from "../io/folder.ts";
import { folder } from "./toy.ts";

/** What `place_probe.ts` ends in. */
async function probe(way: string, lmdb: string, env: Record<string, string>): Promise<string> {
  const script = new URL("./place_probe.ts", import.meta.url).pathname;
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", script, way, lmdb],
    env,
  }).output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout).trim();
}

Deno.test("a machine at fault ends a run, and is not taken for bad videos", () =>
  withFolder(async (scratch) => {
    const lmdb = `${scratch}/videos.lmdb`, programs = `${scratch}/bin`, TMPDIR = `${scratch}/tmp`;
    await packVideos(folder, lmdb);
    await Deno.mkdir(TMPDIR);
    await Deno.mkdir(programs);
    const missing = await probe("load", lmdb, { PATH: programs });
    assert.match(missing, /^ffmpeg and ffprobe are not on the PATH; install ffmpeg/);

    for (const program of ["ffmpeg", "ffprobe"]) {
      await Deno.writeTextFile(`${programs}/${program}`, "#!/bin/sh\necho ffmpeg version 0\n", {
        mode: 0o755,
      });
    }
    const nowhere = await probe("load", lmdb, { PATH: programs, TMPDIR: `${scratch}/none` });
    assert.match(nowhere, /^cannot make a folder in .*\/none \(No such .*\); .*point TMPDIR/);
    const gone = await probe("check", lmdb, { PATH: programs, TMPDIR });
    assert.match(gone, /^cannot write to .*\/tmp\/videos-.*; make room there, or point TMPDIR/);
  }));

Deno.test("BadClips counts bad videos alone", () => {
  const onBad = () => {}, sample = { id: "a", file: "a.mp4", text: "" };
  const bad = new BadClips("toy", { badVideo: "skip", maxBad: 9, onBad });
  bad.add("a", sample, new UserError("a.mp4 is truncated"));
  const errors = [new PlaceError("cannot write to /tmp"), new Error("a defect")];
  for (const error of errors) assert.throws(() => bad.add("b", sample, error), error);
  assert.deepEqual([bad.count, bad.has("a"), bad.has("b")], [1, true, false]);
});
