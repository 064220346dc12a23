/**
 * Byte ranges of a file on disk.
 *
 * @module
 */

import { UserError } from "../errors.ts";

/**
 * A regular file that is read by ranges. Reads may be asked for at the same time.
 *
 * @example
 * ```ts
 * import { RangedFile } from "./ranged_file.ts";
 * import assert from "node:assert/strict";
 *
 * const path = await Deno.makeTempFile();
 * await Deno.writeFile(path, Uint8Array.of(1, 2, 3, 4));
 * {
 *   using file = await RangedFile.open(path);
 *   assert.deepEqual(await file.read(1, 3), Uint8Array.of(2, 3));
 * }
 * await Deno.remove(path);
 * ```
 */
export class RangedFile implements Disposable {
  /** Bytes that the file had when it was opened. */
  readonly size: number;
  readonly #path: string;
  readonly #file: Deno.FsFile;
  #closed = false;
  /** A file has one position, so each read waits for the one before. */
  #last: Promise<unknown> = Promise.resolve();

  private constructor(path: string, file: Deno.FsFile, size: number) {
    this.#path = path;
    this.#file = file;
    this.size = size;
  }

  /** @throws {UserError} where the file is missing, not a regular file, or may not be read. */
  static async open(path: string): Promise<RangedFile> {
    try {
      // Asked before opening: opening a pipe would wait for a writer.
      const { isFile, size } = await Deno.stat(path);
      if (isFile) return new RangedFile(path, await Deno.open(path), size);
    } catch (error) {
      throw new UserError(`cannot read ${path}: ${refusal(error)}`, { cause: error });
    }
    throw new UserError(`cannot read ${path}: it is not a regular file; give the path of a file`);
  }

  /**
   * Reads the bytes from `begin` up to `end` into a buffer of their own.
   *
   * @throws {UserError} where the file ends before `end`, or memory does not suffice.
   */
  async read(begin: number, end: number): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = this.#allocate(end - begin);
    await this.readInto(begin, bytes);
    return bytes;
  }

  /**
   * Fills `target` with the bytes from `begin` on.
   *
   * @throws {UserError} where the file ends before.
   */
  readInto(begin: number, target: Uint8Array<ArrayBuffer>): Promise<void> {
    const done = this.#last.then(() => this.#readInto(begin, target));
    this.#last = done.catch(() => {});
    return done;
  }

  /** Closes the file; closing twice is harmless. */
  close(): void {
    if (!this.#closed) this.#file.close();
    this.#closed = true;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  async #readInto(begin: number, target: Uint8Array<ArrayBuffer>): Promise<void> {
    await this.#file.seek(begin, Deno.SeekMode.Start);
    for (let done = 0; done < target.length;) {
      const count = await this.#file.read(target.subarray(done));
      if (count === null) {
        throw new UserError(
          `cannot read ${this.#path}: it ends at byte ${begin + done}, before byte ${
            begin + target.length
          }; something shortened it while it was in use`,
        );
      }
      done += count;
    }
  }

  #allocate(length: number): Uint8Array<ArrayBuffer> {
    try {
      return new Uint8Array(length);
    } catch (cause) {
      throw new UserError(
        `cannot read ${this.#path}: ${length} bytes at once do not fit into memory; ` +
          "use a machine with more, or a smaller file",
        { cause },
      );
    }
  }
}

function refusal(error: unknown): string {
  if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
    return "there is no such file; check the path";
  }
  if (error instanceof Deno.errors.PermissionDenied || error instanceof Deno.errors.NotCapable) {
    return "no permission; change the file's permissions";
  }
  return `${error instanceof Error ? error.message : error}; check the path and the disk`;
}
