/**
 * Annotation folders for tests, and what a split holds.
 */
import type { Dataset, Sample } from "../../../src/data/dataset.ts";
import { UserError } from "../../../src/errors.ts";
import { VideoList } from "../../../src/data/video_list.ts";
import assert from "node:assert/strict";

/** Runs `use` on a folder with these files: text, bytes, or a value as JSON. */
export async function withFiles(
  files: Readonly<Record<string, unknown>>,
  use: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    for (const [name, content] of Object.entries(files)) {
      const path = `${folder}/${name}`;
      await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
      if (content instanceof Uint8Array) await Deno.writeFile(path, content);
      else {
        const text = typeof content === "string" ? content : JSON.stringify(content);
        await Deno.writeTextFile(path, text);
      }
    }
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** The videos of a folder called "videos". */
export function videos(...files: string[]): VideoList {
  return new VideoList("videos", files);
}

/** All samples of a split that draws nothing at random. */
export function samplesOf(set: Dataset): Sample[] {
  const never = () => assert.fail("it draws at random");
  return Array.from({ length: set.length }, (_, i) => set.at(i, never));
}

/** Sees that reading fails with one line that a user can act on. */
export async function refused(reading: Promise<Dataset>, message: RegExp): Promise<void> {
  const error = await reading.then(() => assert.fail(`no ${message}`), (error: unknown) => error);
  assert.ok(error instanceof UserError, `${error}`);
  assert.match(error.message, message);
  assert.ok(!error.message.includes("\n"));
}

/** A folder of the published annotation files; undefined where they are not at hand. */
export async function published(name: string): Promise<string | undefined> {
  const folder = new URL(`../../../../shared/data/${name}`, import.meta.url).pathname;
  return await Deno.stat(folder).then(() => folder, () => undefined);
}
