import assert from "node:assert/strict";
import { captionDataset, multiSentenceDataset } from "../../src/data/captions.ts";
import { describeMissing, withoutMissing } from "../../src/data/missing.ts";
import { packVideos } from "../../src/data/pack.ts";
import { listVideos, VideoList } from "../../src/data/video_list.ts";
import { withFolder } from "../io/folder.ts";

const sample = (id: string, file: string) => ({ id, file, text: `of ${id}` });

Deno.test("samples whose video is missing are left out, and each video is named once", () => {
  const set = captionDataset("toy", "train", [
    sample("a", "x/a.avi"),
    sample("b", "b.avi"),
    sample("c", "./c.avi"),
    sample("b", "b.avi"),
  ]);
  const { length, at, missing } = withoutMissing(set, new VideoList("here", ["x/a.avi", "c.avi"]));
  assert.deepEqual([length, at(0, () => 0).id, at(1, () => 0).id], [2, "a", "c"]);
  assert.deepEqual(missing, [{ id: "b", place: "here" }]);
  assert.equal(describeMissing(missing!), "1 video: 1 not in here (b)");
});

Deno.test("cut-off points follow the videos that are left", () => {
  const videos = ["a", "b", "c"].map((id, i) => ({
    ...{ id, file: `${id}.avi` },
    texts: Array.from({ length: i + 2 }, (_, n) => `${n}`),
  }));
  const set = multiSentenceDataset("toy", "test", videos);
  assert.deepEqual(set.cutOffPoints, [2, 5, 9]);
  const left = (...files: string[]) =>
    withoutMissing(set, new VideoList("here", files)).cutOffPoints;
  assert.deepEqual(left("a.avi", "c.avi"), [2, 6]);
  assert.deepEqual(left("b.avi"), [3]);
  assert.deepEqual(left(), []);
});

Deno.test("what was missing before stays named, and a long list is cut", () => {
  const missing = [{ id: "0", place: "video_path.json" }];
  const samples = Array.from({ length: 60 }, (_, i) => sample(`v${i}`, `${i}.avi`));
  const set = { ...captionDataset("toy", "train", samples), missing };
  const line = describeMissing(withoutMissing(set, new VideoList("here", [])).missing!);
  assert.match(line, /^61 videos: 1 not in video_path\.json \(0\), 60 not in here \(v0, v1, /);
  assert.match(line, /v49 and 10 more\)$/);
});

Deno.test("a folder is listed with its subfolders and links, and an LMDB by names", () =>
  withFolder(async (folder) => {
    await Deno.mkdir(`${folder}/in/sub`, { recursive: true });
    await Deno.mkdir(`${folder}/out`);
    for (const path of ["in/a.mp4", "in/sub/b.mp4", "out/c.mp4"]) {
      await Deno.writeTextFile(`${folder}/${path}`, path);
    }
    await Deno.symlink(`${folder}/out`, `${folder}/in/link`);
    await Deno.symlink(`${folder}/in`, `${folder}/in/sub/loop`);
    await Deno.symlink(`${folder}/out/c.mp4`, `${folder}/in/d.mp4`);
    await Deno.symlink(`${folder}/out`, `${folder}/in/same`);
    await Deno.symlink(`${folder}/nowhere.mp4`, `${folder}/in/dangling.mp4`);
    const listed = await listVideos({ folder: `${folder}/in/` });
    assert.deepEqual(listed.files, ["a.mp4", "sub/b.mp4", "link/c.mp4", "same/c.mp4", "d.mp4"]);
    assert.ok(listed.has("./sub/b.mp4") && !listed.has("b.mp4"));

    await Deno.remove(`${folder}/in/sub/loop`);
    await packVideos(`${folder}/in/sub`, `${folder}/w.lmdb`);
    const packed = await listVideos({ lmdb: `${folder}/w.lmdb` });
    assert.deepEqual(packed.files, ["b.mp4"]);
    assert.ok(packed.has("sub/b.mp4") && packed.has("b.mp4") && !packed.has("sub/a.mp4"));
    await assert.rejects(listVideos({ folder: `${folder}/none` }), /is no folder/);
  }));
