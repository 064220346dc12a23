import assert from "node:assert/strict";
import { eachVideo, type EachVideoOptions } from "../../../src/data/prepare/each_video.ts";
import { UserError } from "../../../src/errors.ts";

const jobs = ["a", "b", "c", "d"].map((path) => ({ path, there: path === "b" }));

function options(more: Partial<EachVideoOptions> = {}) {
  let stops = 0;
  const rule = { workers: 2, badVideo: "skip", maxBad: Infinity } as const;
  return { ...rule, ...more, stop: () => void stops++, stops: () => stops };
}

Deno.test("eachVideo() works on what is not there, so many at a time", async () => {
  let now = 0, most = 0;
  const seen: string[] = [], steps: string[] = [];
  const onProgress = (done: number, total: number) => steps.push(`${done}/${total}`);
  const result = await eachVideo(jobs, async ({ path }) => {
    seen.push(path);
    most = Math.max(most, ++now);
    await new Promise((resolve) => setTimeout(resolve, 5));
    now--;
  }, options({ onProgress }));
  assert.deepEqual(result, { made: 3, bad: [], failure: undefined });
  assert.deepEqual([seen, most, steps], [["a", "c", "d"], 2, ["1/4", "2/4", "3/4", "4/4"]]);
});

Deno.test("eachVideo() tells a video's fault from any other", async () => {
  const told: string[] = [], given = options({ onBad: (message) => told.push(message) });
  const bad = await eachVideo(jobs, ({ path }) => {
    return path === "c" ? Promise.reject(new UserError("c is empty")) : Promise.resolve();
  }, given);
  assert.deepEqual([bad, told, given.stops()], [
    { made: 2, bad: ["c is empty"], failure: undefined },
    ["c is empty"],
    0,
  ]);
  for (const error of [new UserError("cannot write c"), new TypeError("c is undefined")]) {
    const given = options({ workers: 1 });
    const { made, bad, failure } = await eachVideo(jobs, ({ path }) => {
      return path === "c" ? Promise.reject(error) : Promise.resolve();
    }, given);
    assert.deepEqual([made, bad, failure, given.stops()], [1, [], error, 1]);
  }
});

Deno.test("eachVideo() drops what fails because it was interrupted", async () => {
  const stop = new AbortController();
  const result = await eachVideo(jobs, ({ path }) => {
    if (path !== "a") return Promise.resolve();
    setTimeout(() => stop.abort(), 20); // the video fails first, as under a terminal's Ctrl-C
    return Promise.reject(new UserError("a cannot be read"));
  }, options({ workers: 1, signal: stop.signal }));
  assert.deepEqual(result, { made: 0, bad: [], failure: undefined });
});
