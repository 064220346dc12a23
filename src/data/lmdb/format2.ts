/**
 * Databases of LMDB's format 2, by the npm package, which is loaded when one is opened.
 *
 * @module
 */
import type { RootDatabase } from "npm:lmdb@3.5.6";
import { messageOf, UserError } from "../../errors.ts";
import { type Changes, CHECK_DISK, type WritableDatabase } from "./database.ts";

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
    const database = lmdb.open<Uint8Array, Uint8Array>({
      ...{ path, readOnly, noSubdir: true, encoding: "binary", keyEncoding: "binary" },
      // Videos are read in random order, and more of them than fit into memory.
      ...{ noReadAhead: true, noMemInit: true },
    });
    return new Format2(path, database);
  } catch (error) {
    throw new UserError(`cannot open ${path} (${messageOf(error)}); check its permissions`);
  }
}

class Format2 implements WritableDatabase {
  constructor(
    private readonly path: string,
    private readonly database: RootDatabase<Uint8Array, Uint8Array>,
  ) {}

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

  /** On this thread: the package's own would tell a full disk to the console, with its stack. */
  async write(changes: Changes): Promise<void> {
    try {
      this.database.transactionSync(() => {
        for (const [name, bytes] of changes) {
          const key = encoder.encode(name);
          if (bytes === undefined) this.database.removeSync(key);
          else this.database.putSync(key, bytes);
        }
      });
      await this.database.flushed;
    } catch (error) {
      throw new UserError(`cannot write ${this.path} (${messageOf(error)}); ${CHECK_DISK}`);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.database.close();
  }
}
