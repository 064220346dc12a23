/**
 * Databases of LMDB's format 1, by the system's liblmdb.
 *
 * Calls are made on this thread and wait: a get costs little more than the copy of its value, and a
 * write transaction belongs to the thread that began it.
 *
 * @module
 */
import { messageOf, UserError } from "../../errors.ts";
import { type Changes, CHECK_DISK, type WritableDatabase } from "./database.ts";
import { Environment, MapFull, READING, WRITING } from "./environment.ts";
import { outPointer, pointerIn, Value } from "./native_value.ts";

const NOT_FOUND = -30798;
/** The cursor's step to the next entry; the first one at its start. */
const NEXT = 8;
/** Bytes of the map beyond the file, and beyond each video: for pages of the tree, and rounding. */
const ROOM = 1 << 24, ROOM_OF_ONE = 1 << 13;

const encoder = new TextEncoder(), decoder = new TextDecoder();

/** A database in one file. */
export class Format1 implements WritableDatabase {
  readonly #environment: Environment;
  readonly #database: number;

  /**
   * Opens a database, and makes it where it is to be written and is not there. The caller sees to it
   * that a file that is there is sound.
   *
   * @throws UserError where liblmdb is missing or refuses the file.
   */
  constructor(path: string, mode: { readonly readOnly: boolean }) {
    using opened = new DisposableStack();
    const environment = opened.use(new Environment(path, mode));
    const out = new Uint32Array(new ArrayBuffer(4));
    environment.transaction(mode.readOnly ? READING : WRITING, (transaction) => {
      environment.check(environment.symbols.mdb_dbi_open(transaction, null, 0, out), "read");
    });
    [this.#environment, this.#database] = [environment, out[0]];
    opened.move();
  }

  get size(): number {
    const stat = new Uint8Array(40);
    this.#read((transaction, { mdb_stat }) => mdb_stat(transaction, this.#database, stat));
    return Number(new DataView(stat.buffer).getBigUint64(32, true));
  }

  get(name: string): Uint8Array<ArrayBuffer> | undefined {
    let bytes: Uint8Array<ArrayBuffer> | undefined;
    this.#find(name, (value) => bytes = value.copy());
    return bytes;
  }

  lengthOf(name: string): number | undefined {
    let length: number | undefined;
    this.#find(name, (value) => length = value.length);
    return length;
  }

  names(): string[] {
    const names: string[] = [], out = outPointer(), key = new Value(), value = new Value();
    this.#read((transaction, { mdb_cursor_open, mdb_cursor_get, mdb_cursor_close }) => {
      let code = mdb_cursor_open(transaction, this.#database, out);
      if (code !== 0) return code;
      const cursor = pointerIn(out);
      while ((code = mdb_cursor_get(cursor, key.struct, value.struct, NEXT)) === 0) {
        names.push(decoder.decode(key.copy()));
      }
      mdb_cursor_close(cursor);
      return code;
    });
    return names;
  }

  /** The map grows with the file, so that neither needs more room than the videos. */
  async write(changes: Changes): Promise<void> {
    const { path } = this.#environment;
    const { size } = await Deno.stat(path).catch((error) => {
      throw new UserError(`cannot write ${path} (${messageOf(error)}); ${CHECK_DISK}`);
    });
    let room = ROOM;
    for (const bytes of changes.values()) room += ROOM_OF_ONE + (bytes?.length ?? 0);
    while (!this.#tryWrite(changes, size + room)) room *= 2;
  }

  /** Makes changes with a map of `bytes`; false where that was too small. */
  #tryWrite(changes: Changes, bytes: number): boolean {
    const environment = this.#environment, { mdb_del, mdb_put } = environment.symbols;
    environment.resizeMap(bytes, "write");
    try {
      environment.transaction(WRITING, (transaction) => {
        for (const [name, bytes] of changes) {
          const key = new Value(encoder.encode(name)).struct;
          const code = bytes === undefined
            ? mdb_del(transaction, this.#database, key, null)
            : mdb_put(transaction, this.#database, key, new Value(bytes).struct, 0);
          if (code !== NOT_FOUND) environment.check(code, "write");
        }
      });
      return true;
    } catch (error) {
      if (error instanceof MapFull) return false;
      throw error;
    }
  }

  /** Hands a value to `take` while it is valid, where there is one of that name. */
  #find(name: string, take: (value: Value) => void): void {
    const key = new Value(encoder.encode(name)), value = new Value();
    this.#read((transaction, { mdb_get }) => {
      const code = mdb_get(transaction, this.#database, key.struct, value.struct);
      if (code === 0) take(value);
      return code;
    });
  }

  /** Runs a function of the library in a transaction; that it finds nothing is no error. */
  #read(call: (transaction: Deno.PointerValue, symbols: Environment["symbols"]) => number): void {
    const environment = this.#environment;
    environment.transaction(READING, (transaction) => {
      const code = call(transaction, environment.symbols);
      if (code !== NOT_FOUND) environment.check(code, "read");
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#environment[Symbol.dispose]();
    return Promise.resolve();
  }
}
