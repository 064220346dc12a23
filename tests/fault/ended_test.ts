import assert from "node:assert/strict";
import { Ended, retryEnded } from "../../src/video/ended.ts";
import { Decoder, openDecoder } from "../../src/video/decode.ts";
import { WorkerPool } from "../../src/video/pool.ts";
import { compileCore } from "../../src/video/wasm.ts";
import type { Work } from "../../src/video/worker.ts";
import { listing, withFolder } from "../io/folder.ts";
import { digest } from "../video/digest.ts";
import { decoders } from "./memory.ts";

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

/**
 * Runs `body` with programs on the PATH that do `ending` in place of ffmpeg's, as often as `times` says; the
 * real ones follow.
 */
async function withEndings(
  ending: string,
  times: number,
  body: (scratch: string, count: () => Promise<number>) => Promise<void>,
): Promise<void> {
  const usual = Deno.env.get("PATH")!;
  await withFolder(async (folder) => {
    for (const name of ["bin", "seen", "scratch"]) await Deno.mkdir(`${folder}/${name}`);
    for (const program of ["ffmpeg", "ffprobe"]) {
      const script = [
        "#!/bin/sh",
        `PATH='${usual}'`,
        `if [ ${program} = ffmpeg ] && [ $(ls '${folder}/seen' | wc -l) -lt ${times} ]; then`,
        `  : > '${folder}/seen/'$$`,
        `  ${ending}`,
        "fi",
        `exec ${program} "$@"`,
      ];
      await Deno.writeTextFile(`${folder}/bin/${program}`, script.join("\n") + "\n", {
        mode: 0o755,
      });
    }
    Deno.env.set("PATH", `${folder}/bin:${usual}`);
    try {
      await body(`${folder}/scratch`, async () => (await listing(`${folder}/seen`)).length);
    } finally {
      Deno.env.set("PATH", usual);
    }
  });
}

/** How an ffmpeg is ended: at once, or so that it says so. */
const ENDINGS = {
  "that is killed": "kill -KILL $$",
  "that gets a terminal's Ctrl-C":
    'echo "[info] Exiting normally, received signal 2." >&2; exit 255',
};

const native = { ignore: !(decoders as readonly string[]).includes("native") };
for (const [how, ending] of Object.entries(ENDINGS)) {
  Deno.test(
    `an ffmpeg ${how} is started once more, and then its video is named`,
    native,
    async () => {
      using usual = await openDecoder({ prefer: "native" });
      const expected = await digest((await usual.decode({ path }, all)).data);
      await withEndings(ending, 1, async (scratch, count) => {
        using decoder = new Decoder({ scratch }, {});
        assert.equal(await digest((await decoder.decode({ path }, all)).data), expected);
        assert.equal(await count(), 1);
      });
      await withEndings(ending, 2, async (scratch, count) => {
        using decoder = new Decoder({ scratch }, {});
        await assert.rejects(decoder.decode({ path }, all), {
          name: "UserError",
          message: /h264.mp4 cannot be read \(twice ffmpeg was ended by a signal.*\); free memory/,
        });
        assert.equal(await count(), 2);
        assert.equal((await decoder.decode({ path }, all)).count, 20, "others go on");
      });
    },
  );
}
