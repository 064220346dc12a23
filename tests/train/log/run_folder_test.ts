import assert from "node:assert/strict";
import { join } from "node:path";
import { UsageError, UserError } from "../../../src/errors.ts";
import { resolveSettings } from "../../../src/train/config/resolve.ts";
import type { Settings } from "../../../src/train/config/settings.ts";
import { newestRun, openRunFolder, RunFolder } from "../../../src/train/log/run_folder.ts";

const settings = (given: Partial<Settings>) => resolveSettings(given).settings;

/** Runs `work` in a temporary working directory, since runs are found relative to it. */
async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const before = Deno.cwd();
  const folder = await Deno.makeTempDir();
  Deno.chdir(folder);
  try {
    await work(folder);
  } finally {
    Deno.chdir(before);
    await Deno.remove(folder, { recursive: true });
  }
}

async function makeRun(path: string, file: string, seconds: number): Promise<void> {
  await Deno.mkdir(path, { recursive: true });
  await Deno.writeTextFile(join(path, file), "");
  await Deno.utime(join(path, file), seconds, seconds);
}

Deno.test("a run without a folder gets one named by date and time", async () => {
  await inFolder(async () => {
    const folder = await openRunFolder(settings({}), new Date(2026, 0, 2, 3, 4, 5));
    assert.equal(folder.path, join("runs", "2026-01-02_03-04-05"));
    assert.equal(folder.best, join("runs", "2026-01-02_03-04-05", "ckpt.best.safetensors"));
    assert.ok((await Deno.stat(folder.path)).isDirectory);
  });
});

Deno.test("a continued run stays in the folder of its checkpoint", async () => {
  await inFolder(async () => {
    await makeRun("a", "ckpt.safetensors", 1);
    const resume = join("a", "ckpt.safetensors");
    assert.equal((await openRunFolder(settings({ resume }))).path, "a");
    assert.equal((await openRunFolder(settings({ resume, output_dir: "./a/" }))).path, "./a/");
    assert.equal((await openRunFolder(settings({ resume, output_dir: "b" }))).path, "b");
    const weights = settings({ resume, load_from_pretrained: true });
    assert.match((await openRunFolder(weights)).path, /^runs/);
  });
});

Deno.test("a folder that holds another run's checkpoint is not overwritten", async () => {
  await inFolder(async () => {
    await makeRun("a", "ckpt.safetensors", 1);
    await makeRun("b", "ckpt.safetensors", 1);
    const resume = join("b", "ckpt.safetensors");
    for (
      const given of [
        { output_dir: "a" },
        { output_dir: "a", resume },
        { output_dir: "b", resume, load_from_pretrained: true },
      ]
    ) {
      await assert.rejects(
        openRunFolder(settings(given)),
        (error: unknown) =>
          error instanceof UsageError && error.message.includes(`${given.output_dir} holds a run`),
      );
    }
  });
});

Deno.test("a folder without a checkpoint may be used again, and leftovers of a kill go", async () => {
  await inFolder(async () => {
    const leftover = join("a", ".ckpt.safetensors.123-0123abcd.tmp");
    await Deno.mkdir("a");
    await Deno.writeTextFile(join("a", "metrics.jsonl"), "");
    await Deno.writeTextFile(leftover, "");
    await openRunFolder(settings({ output_dir: "a" }));
    await assert.rejects(Deno.stat(leftover), Deno.errors.NotFound);
  });
});

Deno.test("a folder that cannot be made is one line for the user", async () => {
  await inFolder(async () => {
    await Deno.writeTextFile("file", "");
    await assert.rejects(
      openRunFolder(settings({ output_dir: join("file", "run") })),
      (error: unknown) => error instanceof UserError && /cannot make .*file/.test(error.message),
    );
  });
});

Deno.test("the newest run is the one whose checkpoint was written last", async () => {
  await inFolder(async () => {
    await makeRun("runs/a", "ckpt.safetensors", 300);
    await makeRun("runs/b", "ckpt.safetensors", 100);
    await makeRun("runs/c", "log.txt", 900);
    await Deno.writeTextFile("runs/note.txt", "");
    assert.deepEqual(await newestRun(), new RunFolder(join("runs", "a")));

    await makeRun("runs/d", "ckpt.best.safetensors", 300);
    assert.equal((await newestRun()).path, join("runs", "d"), "of equal age: the later name");
  });
});

Deno.test("no run at all is one line that says what to do", async () => {
  const message = (error: unknown) => error instanceof UserError && /--resume/.test(error.message);
  await inFolder(async () => {
    await assert.rejects(newestRun(), message);
    await makeRun("runs/a", "log.txt", 1);
    await assert.rejects(newestRun(), message);
  });
});
