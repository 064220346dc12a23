import assert from "node:assert/strict";
import { duration, Progress } from "../../../src/train/log/progress.ts";

function lines(
  total: number,
  from: number,
  work: (progress: Progress, wait: (s: number) => void) => void,
) {
  const written: string[] = [];
  let clock = 5000;
  using progress = new Progress("train", total, {
    from,
    bar: false,
    write: (line) => written.push(line),
    now: () => clock,
  });
  work(progress, (seconds) => clock += 1000 * seconds);
  return written;
}

Deno.test("without a terminal a line comes at most every ten seconds", () => {
  const written = lines(100, 0, (progress, wait) => {
    for (let step = 1; step <= 100; step++) {
      wait(0.5);
      progress.update(step);
    }
  });
  assert.equal(written.length, 5);
  assert.equal(written[0], "train 20/100 (20 %), ETA 0:40");
});

Deno.test("a line has loss and speed once they are known, and keeps them", () => {
  const written = lines(10, 0, (progress, wait) => {
    progress.update(1, { loss: 3.45678, samplesPerSecond: 38.25 });
    wait(10);
    progress.update(2);
    wait(10);
    progress.update(4, { loss: 2 });
  });
  assert.deepEqual(written, [
    "train 2/10 (20 %), loss 3.4568, 38.3 samples/s, ETA 0:40",
    "train 4/10 (40 %), loss 2.0000, 38.3 samples/s, ETA 0:30",
  ]);
});

Deno.test("a continued loop's estimate counts only its own steps", () => {
  const written = lines(100, 80, (progress, wait) => {
    wait(20);
    progress.update(90);
  });
  assert.deepEqual(written, ["train 90/100 (90 %), ETA 0:20"]);
});

Deno.test("no estimate is made before the first step", () => {
  const written = lines(100, 80, (progress, wait) => {
    wait(20);
    progress.update(80);
  });
  assert.deepEqual(written, ["train 80/100 (80 %)"]);
});

Deno.test("durations read as minutes and seconds, with hours where there are any", () => {
  assert.deepEqual([0, 59.6, 61, 3599.4, 3725, 360000].map(duration), [
    "0:00",
    "1:00",
    "1:01",
    "59:59",
    "1:02:05",
    "100:00:00",
  ]);
});
