import assert from "node:assert/strict";
import { decode } from "npm:fast-png@8.0.0";
import { tree } from "../data/prepare/clips.ts";
import { npy } from "../io/npy.ts";
import { given, TemporaryFolder, tiny } from "../train/tiny.ts";
import { train } from "../../src/train/loop.ts";
import { run } from "./process.ts";

const VIDEO = "fixtures/videos/h264.mp4";

/** For each frame, which of its patches are drawn as they are, row by row. */
async function uncovered(folder: string, frames: number, patch: number): Promise<number[][]> {
  const read = async (name: string) => decode(await Deno.readFile(`${folder}/${name}.png`));
  return await Promise.all(Array.from({ length: frames }, async (_, i) => {
    const [plain, masked] = [await read(`crop-${i + 1}`), await read(`crop-masked-${i + 1}`)];
    const { width, height } = plain, across = Math.floor(width / patch);
    const same = new Set(Array.from({ length: across ** 2 }, (_, id) => id));
    for (let p = 0; p < width * height; p++) {
      const id = Math.floor(Math.floor(p / width) / patch) * across + Math.floor(p % width / patch);
      const at = [p * 3, p * 3 + 3];
      if (`${plain.data.slice(...at)}` !== `${masked.data.slice(...at)}`) same.delete(id);
    }
    return [...same];
  }));
}

Deno.test("the visualize task covers what ids in a file leave out", async () => {
  using folder = new TemporaryFolder();
  const ids = folder.in("ids.npy"), out = folder.in("out");
  // Two segments of two frames of 2 x 2 patches: ids 0 to 7.
  await Deno.writeFile(ids, npy("<i8", [2, 3], BigInt64Array.of(0n, 3n, 5n, 4n, 6n, 7n)));
  const model = ["--max_frames", "4", "--size", "48", "--patch", "24"];
  const leftover = folder.in(".out.12-0123abcd.tmp");
  await Deno.mkdir(leftover);
  const { code, err } = await run("visualize", VIDEO, out, "--ids", ids, ...model);
  assert.equal(code, 0, err);
  assert.equal(err, `Drew 4 frames to ${out}: 6 of 16 patches are kept\n`);
  assert.deepEqual(await uncovered(out, 4, 24), [[0, 3], [1], [], [0, 2, 3]]);
  await assert.rejects(Deno.stat(leftover), Deno.errors.NotFound);
  const again = await run("visualize", VIDEO, out, "--ids", ids);
  assert.match(again.err, /^error: .*out exists and is not empty/);
});

Deno.test("the visualize task covers what a checkpoint's clustering leaves out", async () => {
  using folder = new TemporaryFolder();
  const path = folder.in("run"), out = folder.in("out");
  const flags = given(...tiny(folder), "--output_dir", path, "--max_steps", "1");
  await train(flags, new AbortController().signal);
  const words = ["--resume", `${path}/ckpt.safetensors`];
  const { code, err } = await run("visualize", VIDEO, out, ...words);
  assert.equal(code, 0, err);
  assert.match(err, /Drew 4 frames to .*out: 8 of 16 patches are kept\n$/);
  assert.equal((await tree(out)).length, 8);
  const counts = (await uncovered(out, 4, 32)).map(({ length }) => length);
  assert.deepEqual([counts[0] + counts[1], counts[2] + counts[3]], [4, 4]);
});

Deno.test("the visualize task asks for one way to choose the tokens, with exit code 2", async () => {
  const none = await run("visualize", VIDEO, "nowhere");
  const both = await run("visualize", VIDEO, "nowhere", "--ids", "a.npy", "--resume", "b");
  for (const { code, err } of [none, both]) {
    assert.deepEqual([code, err], [2, "error: give either --resume CHECKPOINT or --ids FILE\n"]);
  }
  const size = await run("visualize", VIDEO, "nowhere", "--resume", "b", "--size", "9");
  assert.deepEqual([size.code, size.err], [
    2,
    "error: --size goes with --ids; a checkpoint has its own\n",
  ]);
});
