/**
 * Databases of LMDB's format 2, by the npm package, which is loaded when one is opened.
 *
 * @module
 */
import type { RootDatabase } from "npm:lmdb@3.5.6";
import { UserError } from "../../errors.ts";
import { messageOf, type WritableDatabase } from "./database.ts";

const encoder = new TextEncoder(), decoder = new TextDecoder();

/**
 * Opens a database, and makes it where it is to be written and is not there. The caller sees to it that
 * a file that is there is sound.
 *
 * @throws UserError where the native package cannot be loaded or refuses the file.
 */
export async function openFormat2(
  path: string,
  { readOnly }: { readonly readOnly: boolean },
): Promise<WritableDatabase> {
  let lmdb;
  try {
    lmdb = await import("npm:lmdb@3.5.6");
  } catch (error) {
    throw new UserError(
      `npm:lmdb cannot be loaded (${messageOf(error)}); keep the videos in a folder, or run once ` +
        "with access to the npm registry",
    );
  }
  try {
    return new Format2(lmdb.open<Uint8Array, Uint8Array>({
      ...{ path, readOnly, noSubdir: true, encoding: "binary", keyEncoding: "binary" },
      // Videos are read in random order, and more of them than fit into memory.
      ...{ noReadAhead: true, noMemInit: true },
    }));
  } catch (error) {
    throw new UserError(`cannot open ${path} (${messageOf(error)}); check its permissions`);
  }
}

class Format2 implements WritableDatabase {
  #writes: Promise<unknown>[] = [];

  constructor(private readonly database: RootDatabase<Uint8Array, Uint8Array>) {}

  get size(): number {
    return (this.database.getStats() as { entryCount: number }).entryCount;
  }

  get(name: string): Uint8Array<ArrayBuffer> | undefined {
    const value = this.database.getBinary(encoder.encode(name));
    return value && new Uint8Array(value);
  }

  lengthOf(name: string): number | undefined {
    // The package's own view of the value: nothing is copied.
    return this.database.getBinaryFast(encoder.encode(name))?.length;
  }

  *names(): Generator<string> {
    for (const key of this.database.getKeys()) yield decoder.decode(key);
  }

  put(name: string, bytes: Uint8Array): void {
    this.#writes.push(this.database.put(encoder.encode(name), bytes));
  }

  remove(name: string): void {
    this.#writes.push(this.database.remove(encoder.encode(name)));
  }

  async commit(): Promise<void> {
    const writes = this.#writes;
    this.#writes = [];
    await Promise.all(writes);
    await this.database.flushed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.database.close();
  }
}
