import assert from "node:assert/strict";
import { checkVideos } from "../../../src/data/prepare/check_videos.ts";
import { compressFolder, type CompressFolderOptions } from "../../../src/data/prepare/compress.ts";
import { openDecoder } from "../../../src/video/decode.ts";
import { canEncode } from "../../../src/video/native.ts";
import { withFolder } from "../../io/folder.ts";
import { CLIPS, copyClips, tree } from "./clips.ts";
import { ffmpeg, ffprobe } from "../../video/ffmpeg.ts";

const engines = await canEncode() ? ["wasm", "native"] as const : ["wasm"] as const;

const options: CompressFolderOptions = {
  ...{ fps: 3, size: 224, keepFolders: false, workers: 2, decoder: "auto", badVideo: "skip" },
  maxBad: Infinity,
};

/** What a file holds: "h264 298x224 3/1 6" for each of its streams. */
async function streams(path: string): Promise<string[]> {
  return (await ffprobe(path)).streams.map((stream) =>
    `${stream.codec_name} ${stream.width}x${stream.height} ${stream.r_frame_rate} ` +
    stream.nb_read_packets
  );
}

for (const decoder of engines) {
  Deno.test(`compressFolder() by ${decoder} makes every kind of video small, even and upright`, () =>
    withFolder(async (folder) => {
      const [input, output] = [`${folder}/in`, `${folder}/out`];
      await copyClips(input, {
        "-y.mp4": "h264.mp4",
        "deep/er/ü b's 100%.avi": "mpeg4.avi",
        "odd.webm": "odd.webm",
        "deep/rotated.mp4": "rotated.mp4",
        "vfr.mkv": "vfr.mp4",
        "trimmed.mov": "trimmed.mp4",
        "wmv2.wmv": "wmv2.wmv",
        "deep/.hidden.mp4": "h264.mp4",
        "notes.txt": "frames.json",
      });
      const summary = await compressFolder(`${input}/`, output, { ...options, decoder });
      const { made, there, bad, renamed, ignored, engine, finished } = summary;
      assert.deepEqual({ made, there, bad, renamed, ignored, engine, finished }, {
        ...{ made: 7, there: 0, bad: [], renamed: 1, ignored: 1, engine: decoder, finished: true },
      });
      const names = ["-y.mp4", "odd.mp4", "rotated.mp4", "trimmed.mov", "vfr.mkv", "wmv2.wmv"];
      assert.deepEqual(await tree(output), [...names, "ü b's 100%.avi"].sort());
      const sizes = await Promise.all(
        names.map(async (name) => await streams(`${output}/${name}`)),
      );
      assert.deepEqual(sizes, [
        ["h264 298x224 3/1 6"],
        ["h264 332x224 3/1 2"],
        ["h264 224x298 3/1 6"],
        ["h264 298x224 3/1 4"],
        ["h264 298x224 3/1 6"],
        ["h264 320x224 3/1 2"],
      ]);
      const bytes = await Promise.all(
        (await tree(output)).map(async (name) => (await Deno.stat(`${output}/${name}`)).size),
      );
      assert.equal(summary.bytesAfter, bytes.reduce((a, b) => a + b));
      using reader = await openDecoder();
      for (const name of await tree(output)) {
        const clip = await reader.decode({ path: `${output}/${name}` }, {
          choose: { rule: "all" },
        });
        assert.ok(Math.abs(clip.fps - 3) < 0.01, `${name}: ${clip.fps} frames a second`);
      }
      // A portrait by its pixels, without a rotation.
      await Deno.mkdir(`${folder}/portrait`);
      await Deno.copyFile(`${output}/rotated.mp4`, `${folder}/portrait/a.mp4`);
      await compressFolder(`${folder}/portrait`, `${folder}/again`, { ...options, decoder });
      assert.deepEqual(await streams(`${folder}/again/a.mp4`), ["h264 224x298 3/1 6"]);
    }));
}

Deno.test("compressFolder() writes H.264 into containers of every kind", () =>
  withFolder(async (folder) => {
    const [input, output] = [`${folder}/in`, `${folder}/out`];
    const kinds = "3gp avi flv gif m2ts mkv mpg wmv".split(" ");
    await copyClips(
      input,
      Object.fromEntries(kinds.map((kind) => [`${kind}.${kind}`, "h264.mp4"])),
    );
    await compressFolder(input, output, { ...options, size: 32 });
    const { videos } = await checkVideos({ folder: output }, { workers: 2, decoder: "auto" });
    const sound = { frames: 6, fps: 3, seconds: 2, width: 42, height: 32 };
    const name = (kind: string) => kind === "gif" ? "gif.mp4" : `${kind}.${kind}`;
    assert.deepEqual(videos, kinds.map((kind) => ({ file: name(kind), ...sound })));
  }));

Deno.test("compressFolder() keeps the first video stream alone", () =>
  withFolder(async (folder) => {
    const [input, output] = [`${folder}/in`, `${folder}/out`];
    await Deno.mkdir(input);
    const files = {
      "v.mp4": await Deno.readFile(`${CLIPS}h264.mp4`),
      "a.m4a": await Deno.readFile(`${CLIPS}audio.m4a`),
      "s.srt": new TextEncoder().encode("1\n00:00:00,000 --> 00:00:01,000\nhello\n"),
      "c.txt": new TextEncoder().encode(
        ";FFMETADATA1\ntitle=x\n[CHAPTER]\nTIMEBASE=1/1\nSTART=0\nEND=1\ntitle=one\n",
      ),
    };
    const bytes = await ffmpeg(
      files,
      "-i a.m4a -i v.mp4 -i s.srt -i c.txt -map 0 -map 1 -map 1 -map 2 -map_chapters 3 " +
        "-map_metadata 3 -c copy -c:s mov_text -timecode 00:00:00:00",
      "x.mp4",
    );
    await Deno.writeFile(`${input}/x.mp4`, bytes);
    const before = await ffprobe(`${input}/x.mp4`);
    assert.ok(before.streams.length >= 4 && before.format.tags.title === "x");
    await compressFolder(input, output, options);
    assert.deepEqual(await streams(`${output}/x.mp4`), ["h264 298x224 3/1 6"]);
    assert.equal((await ffprobe(`${output}/x.mp4`)).format.tags.title, undefined);
  }));

Deno.test("compressFolder() lists bad videos and goes on, or stops at the first, or at too many", () =>
  withFolder(async (folder) => {
    const [input, output] = [`${folder}/in`, `${folder}/out`];
    await copyClips(input, {
      "good.mp4": "h264.mp4",
      "audio.mp4": "audio.m4a",
      "text.mp4": "frames.json",
    });
    await Deno.writeFile(`${input}/zero.mp4`, new Uint8Array(0));
    const whole = await Deno.readFile(`${CLIPS}h264.mp4`);
    await Deno.writeFile(`${input}/cut.mp4`, whole.slice(0, whole.length * 0.6));
    const told: string[] = [], steps: number[] = [];
    const summary = await compressFolder(input, output, {
      ...{ ...options, onBad: (message) => told.push(message) },
      onProgress: (done, total) => steps.push(done / total),
    });
    assert.deepEqual([summary.made, summary.bad.length, summary.finished], [1, 4, true]);
    assert.deepEqual(steps, [0, 0.2, 0.4, 0.6, 0.8, 1]);
    assert.deepEqual(await tree(output), ["bad_videos.txt", "good.mp4"]);
    const list = (await Deno.readTextFile(`${output}/bad_videos.txt`)).trimEnd().split("\n");
    assert.deepEqual(list, told.toSorted());
    for (const [i, name] of ["audio", "cut", "text", "zero"].entries()) {
      assert.ok(list[i].startsWith(`${input}/${name}.mp4 `), list[i]);
    }

    const fails = (changes: Partial<CompressFolderOptions>, message: RegExp) =>
      assert.rejects(compressFolder(input, `${folder}/other`, { ...options, ...changes }), {
        ...{ name: "UserError", message },
      });
    await fails({ badVideo: "fail", workers: 1 }, /in\/audio.mp4 holds no video stream/);
    await fails(
      { maxBad: 1 },
      /^2 of 5 videos are bad, more than the 1 that may be; replace them, or raise/,
    );
    assert.deepEqual((await tree(`${folder}/other`)).filter((name) => name.startsWith(".")), []);

    // A bad video that was replaced is no longer listed.
    for (const name of ["audio", "cut", "text", "zero"]) {
      await Deno.copyFile(`${CLIPS}h264.mp4`, `${input}/${name}.mp4`);
    }
    const again = await compressFolder(input, output, options);
    assert.deepEqual([again.made, again.there, again.bad.length], [4, 1, 0]);
    assert.equal((await tree(output)).includes("bad_videos.txt"), false);
  }));

Deno.test("compressFolder() goes on where a run was stopped, and clears what a killed one left", () =>
  withFolder(async (folder) => {
    const [input, output] = [`${folder}/in`, `${folder}/out`], stop = new AbortController();
    await copyClips(input, {
      ...{ "a.mp4": "h264.mp4", "b.mp4": "h264.mp4", "c.mp4": "h264.mp4", "d.mp4": "h264.mp4" },
    });
    const first = await compressFolder(input, output, {
      ...{ ...options, workers: 1, signal: stop.signal },
      onProgress: (done) => done === 2 && stop.abort(),
    });
    assert.deepEqual([first.made, first.bad, first.finished], [2, [], false]);
    assert.deepEqual(await tree(output), ["a.mp4", "b.mp4"]);

    const a = await Deno.stat(`${output}/a.mp4`);
    await Deno.writeTextFile(`${output}/.c.mp4.123-0123abcd.tmp`, "half");
    const second = await compressFolder(input, output, options);
    assert.deepEqual([second.made, second.there, second.finished], [2, 2, true]);
    const third = await compressFolder(input, output, options);
    assert.deepEqual([third.made, third.there, third.finished], [0, 4, true]);
    assert.deepEqual(await tree(output), ["a.mp4", "b.mp4", "c.mp4", "d.mp4"]);
    assert.deepEqual(await Deno.stat(`${output}/a.mp4`), {
      ...a,
      atime: (await Deno.stat(`${output}/a.mp4`)).atime,
    });
  }));

Deno.test("compressFolder() that does not get to its end takes nothing off an earlier list of bad videos", () =>
  withFolder(async (folder) => {
    const [input, output] = [`${folder}/in`, `${folder}/out`], stop = new AbortController();
    const list = `${output}/bad_videos.txt`, earlier = `${input}/z.mp4 is truncated\n`;
    await copyClips(input, { "a.mp4": "audio.m4a", "b.mp4": "h264.mp4", "z.mp4": "h264.mp4" });
    await Deno.mkdir(output);
    await Deno.writeTextFile(list, earlier);
    const stopped = await compressFolder(input, output, {
      ...options,
      signal: AbortSignal.abort(),
    });
    assert.deepEqual([stopped.made, stopped.finished], [0, false]);
    assert.equal(await Deno.readTextFile(list), earlier);
    const { bad: [bad], finished } = await compressFolder(input, output, {
      ...{ ...options, workers: 1, signal: stop.signal },
      onProgress: (done) => done === 1 && stop.abort(),
    });
    assert.equal(finished, false);
    assert.equal(await Deno.readTextFile(list), `${bad}\n${earlier}`);
    const fail = compressFolder(input, output, { ...options, badVideo: "fail", workers: 1 });
    await assert.rejects(fail, /a.mp4 holds no video stream/);
    assert.equal(await Deno.readTextFile(list), `${bad}\n${earlier}`);
    await compressFolder(input, output, options);
    assert.equal(await Deno.readTextFile(list), `${bad}\n`);

    // A list that cannot be written does not hide what ended the run.
    await Deno.remove(list);
    await Deno.mkdir(`${list}/full`, { recursive: true });
    const both = compressFolder(input, output, { ...options, badVideo: "fail" });
    await assert.rejects(both, /a.mp4 holds no video stream/);
    await assert.rejects(compressFolder(input, output, options), /^UserError: cannot write .*txt/);
  }));

Deno.test("compressFolder() refuses two videos that would become one, unless folders are kept", () =>
  withFolder(async (folder) => {
    const [input, output] = [`${folder}/in`, `${folder}/out`];
    await copyClips(input, { "x/a.mp4": "h264.mp4", "y/a.mp4": "vfr.mp4" });
    await assert.rejects(compressFolder(input, output, options), {
      name: "UserError",
      message: `${input}/x/a.mp4 and ${input}/y/a.mp4 would both become a.mp4; rename one, ` +
        "or keep their folders (--keep_folders)",
    });
    await assert.rejects(Deno.stat(output), Deno.errors.NotFound);
    const keep = { ...options, keepFolders: true };
    await compressFolder(input, output, keep);
    assert.deepEqual(await tree(output), ["x/a.mp4", "y/a.mp4"]);

    await copyClips(input, { "x/a.webm": "odd.webm" });
    await assert.rejects(
      compressFolder(input, output, keep),
      /would both become .*x\/a.mp4; rename one$/,
    );
  }));

Deno.test("compressFolder() refuses folders that are unfit", () =>
  withFolder(async (folder) => {
    const input = `${folder}/in`;
    await copyClips(input, { "deep/a.mp4": "h264.mp4" });
    await Deno.symlink(input, `${folder}/link`);
    await Deno.writeTextFile(`${folder}/file`, "");
    const rejects = (from: string, to: string, message: RegExp) =>
      assert.rejects(compressFolder(from, to, options), { name: "UserError", message });
    await rejects(input, input, /are one folder/);
    await rejects(input, `${input}/`, /are one folder/);
    await rejects(input, `${folder}/link`, /are one folder/);
    await rejects(input, `${folder}/link/new/er`, /one lies in the other/);
    await rejects(`${input}/deep`, input, /one lies in the other/);
    await rejects(`${folder}/none`, `${folder}/out`, /none is no folder/);
    await rejects(input, `${folder}/file`, /cannot make the folder .*file/);
    await Deno.mkdir(`${folder}/empty`);
    await rejects(`${folder}/empty`, `${folder}/out`, /holds no video \(0 other files\)/);
    assert.deepEqual(await tree(input), ["deep/a.mp4"]);
  }));

Deno.test("compressFolder() as the reference gives upright videos the original's size", () =>
  withFolder(async (folder) => {
    const [input, output] = [`${folder}/in`, `${folder}/out`];
    await copyClips(input, { "wide.mp4": "h264.mp4", "high.mp4": "rotated.mp4" });
    await compressFolder(input, output, { ...options, compat: "reference" });
    const sizes = ["wide", "high"].map(async (name) => await streams(`${output}/${name}.mp4`));
    const [[wide], [high]] = await Promise.all(sizes);
    assert.match(wide, /^h264 298x224 3\/1 /);
    assert.match(high, /^h264 224x168 3\/1 /);
  }));
