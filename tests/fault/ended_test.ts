import assert from "node:assert/strict";
import { Ended, retryEnded } from "../../src/video/ended.ts";
import { Decoder } from "../../src/video/decode.ts";
import { WorkerPool } from "../../src/video/pool.ts";
import { compileCore } from "../../src/video/wasm.ts";
import type { Work } from "../../src/video/worker.ts";
import { listing, withFolder } from "../io/folder.ts";

const path = new URL("../../fixtures/videos/h264.mp4", import.meta.url).pathname;
const all = { choose: { rule: "all" } } as const;

Deno.test("work whose program is ended is done once more, and then its video is named", async () => {
  let times = 0;
  const fails = (error: Error, until: number) => () =>
    ++times < until ? Promise.reject(error) : Promise.resolve(times);
  assert.equal(await retryEnded("a.mp4", fails(new Ended("it was ended"), 2)), 2);
  times = 0;
  await assert.rejects(retryEnded("a.mp4", fails(new Ended("it was ended"), 9)), {
    name: "UserError",
    message: "a.mp4 cannot be read (twice it was ended); free memory, or replace the file",
  });
  assert.equal(times, 2);
  times = 0;
  await assert.rejects(retryEnded("a.mp4", fails(new Error("other"), 9)), /^Error: other$/);
  assert.equal(times, 1);
});

/** Work over which a worker ends. */
const fatal = (name: string): Work & { kind: "decode" } =>
  ({ kind: "decode", source: { path: name }, options: all, engine: null }) as never;

Deno.test("a worker that ends is replaced; its video is tried again, and named at the second time", async () => {
  using pool = new WorkerPool(await compileCore(), 2);
  const good = { kind: "decode", source: { path }, options: all } as const;
  let times = 0;
  const results = await Promise.allSettled([
    pool.run(() => fatal("bad.mp4")),
    pool.run(() => times++ === 0 ? fatal(path) : good),
    ...Array.from({ length: 4 }, () => pool.run(() => good)),
  ]);
  const [bad, ...others] = results;
  assert.equal(bad.status, "rejected");
  assert.equal(bad.reason.name, "UserError");
  assert.match(bad.reason.message, /^bad.mp4 cannot be read \(twice its worker ended: .*\); free/);
  assert.equal(times, 2);
  for (const other of others) {
    assert.equal(other.status, "fulfilled");
    assert.equal(other.value.count, 20);
  }
});

/** Programs that say of any file what ffmpeg says of a video of one white pixel. */
const PROGRAMS = {
  ffprobe: `echo '{"streams": [{"nb_read_packets": "1", "avg_frame_rate": "1/1"}]}'`,
  ffmpeg: [
    "printf 'P6\\n1 1\\n255\\n\\377\\377\\377'",
    "echo '[verbose]   Input stream #0:0 (video): 1 packets read; 1 frames decoded;' >&2",
  ].join("\n"),
};

/** Runs `body` with these programs on the PATH, of which ffmpeg ends by `ending` the first `times`. */
async function withEndings(
  ending: string,
  times: number,
  body: (decoder: Decoder, ended: () => Promise<number>) => Promise<void>,
): Promise<void> {
  const usual = Deno.env.get("PATH")!;
  await withFolder(async (folder) => {
    for (const name of ["bin", "ended", "scratch"]) await Deno.mkdir(`${folder}/${name}`);
    const fault = `if [ $(ls '${folder}/ended' | wc -l) -lt ${times} ]; then\n` +
      `  : > '${folder}/ended/'$$\n  ${ending}\nfi\n`;
    for (const [program, works] of Object.entries(PROGRAMS)) {
      const script = `#!/bin/sh\n${program === "ffmpeg" ? fault : ""}${works}\n`;
      await Deno.writeTextFile(`${folder}/bin/${program}`, script, { mode: 0o755 });
    }
    Deno.env.set("PATH", `${folder}/bin:${usual}`);
    try {
      using decoder = new Decoder({ scratch: `${folder}/scratch` }, {});
      await body(decoder, async () => (await listing(`${folder}/ended`)).length);
    } finally {
      Deno.env.set("PATH", usual);
    }
  });
}

/** How an ffmpeg is ended: at once, or so that it says so. */
const ENDINGS = {
  "that is killed": "kill -KILL $$",
  "that gets a terminal's Ctrl-C":
    "echo '[info] Exiting normally, received signal 2.' >&2; exit 255",
};

for (const [how, ending] of Object.entries(ENDINGS)) {
  Deno.test(
    `an ffmpeg ${how} is started once more, and then its video is named`,
    { ignore: Deno.build.os === "windows" }, // which has neither signals nor a shell
    async () => {
      const white = Uint8Array.from([255, 255, 255]);
      await withEndings(ending, 1, async (decoder, ended) => {
        assert.deepEqual((await decoder.decode({ path }, all)).data, white);
        assert.equal(await ended(), 1);
      });
      await withEndings(ending, 2, async (decoder, ended) => {
        await assert.rejects(decoder.decode({ path }, all), {
          name: "UserError",
          message: /h264.mp4 cannot be read \(twice ffmpeg was ended by a signal.*\); free memory/,
        });
        assert.equal(await ended(), 2);
        assert.deepEqual((await decoder.decode({ path }, all)).data, white, "others go on");
      });
    },
  );
}
