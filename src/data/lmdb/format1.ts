/**
 * Databases of LMDB's format 1, by the system's liblmdb.
 *
 * Calls are made on this thread and wait: a get costs little more than the copy of its value, and a
 * write transaction belongs to the thread that began it.
 *
 * @module
 */
import { UserError } from "../../errors.ts";
import type { WritableDatabase } from "./database.ts";
import { type Liblmdb, loadLiblmdb } from "./liblmdb.ts";
import { outPointer, pointerIn, Value } from "./native_value.ts";

/** Flags of an environment: one file, no changes, no lock file, no reading ahead. */
const NO_FOLDER = 0x4000, READ_ONLY = 0x20000, NO_LOCK = 0x400000, NO_READ_AHEAD = 0x800000;
/** What functions return besides 0 and the system's errors. */
const NOT_FOUND = -30798, MAP_FULL = -30792, MAP_RESIZED = -30785;
/** The cursor's step to the next entry; the first one at its start. */
const NEXT = 8;
/** The transaction's own flag, of the same value as the environment's. */
const READING = READ_ONLY, WRITING = 0;

/**
 * A size of the map, which the library raises to the bytes in use. Without one it takes the size that the
 * file names, and the original's name 8 TiB, more than every process may address.
 */
const LEAST_MAP = 1n;
/** Bytes of the map beyond the file, and beyond each video: for pages of the tree, and rounding. */
const ROOM = 1 << 24, ROOM_OF_ONE = 1 << 13;

const encoder = new TextEncoder(), decoder = new TextDecoder();

/**
 * Opens a database, and makes it where it is to be written and is not there. The caller sees to it that
 * a file that is there is sound.
 *
 * @throws UserError where liblmdb is missing or refuses the file.
 */
export function openFormat1(
  path: string,
  { readOnly }: { readonly readOnly: boolean },
): WritableDatabase {
  const library = loadLiblmdb(), out = outPointer();
  const check = (code: number) => {
    if (code === 0) return;
    throw new UserError(
      `cannot open ${path} (${library.errorText(code)}); check its permissions`,
    );
  };
  check(library.symbols.mdb_env_create(out));
  const environment = pointerIn(out);
  try {
    check(library.symbols.mdb_env_set_mapsize(environment, LEAST_MAP));
    // Without a lock file a database in a read-only place can be read; the original does the same.
    const flags = NO_FOLDER | NO_READ_AHEAD | (readOnly ? READ_ONLY | NO_LOCK : 0);
    check(library.symbols.mdb_env_open(environment, encoder.encode(`${path}\0`), flags, 0o644));
    return new Format1(path, library, environment, readOnly);
  } catch (error) {
    library.symbols.mdb_env_close(environment);
    throw error;
  }
}

class Format1 implements WritableDatabase {
  readonly #symbols: Liblmdb["symbols"];
  readonly #database: number;
  /** What the next commit writes: bytes by name, nothing where the video goes. */
  readonly #changes = new Map<string, Uint8Array<ArrayBuffer> | undefined>();

  constructor(
    private readonly path: string,
    private readonly library: Liblmdb,
    private readonly environment: Deno.PointerValue,
    readOnly: boolean,
  ) {
    this.#symbols = library.symbols;
    const out = new Uint32Array(new ArrayBuffer(4));
    this.#transaction(readOnly ? READING : WRITING, (transaction) => {
      this.#check(this.#symbols.mdb_dbi_open(transaction, null, 0, out));
    });
    this.#database = out[0];
  }

  get size(): number {
    const stat = new Uint8Array(40);
    this.#transaction(READING, (transaction) => {
      this.#check(this.#symbols.mdb_stat(transaction, this.#database, stat));
    });
    return Number(new DataView(stat.buffer).getBigUint64(32, true));
  }

  get(name: string): Uint8Array<ArrayBuffer> | undefined {
    return this.#find(name, (value) => value.copy());
  }

  lengthOf(name: string): number | undefined {
    return this.#find(name, (value) => value.length);
  }

  names(): string[] {
    const names: string[] = [], out = outPointer(), key = new Value(), value = new Value();
    this.#transaction(READING, (transaction) => {
      this.#check(this.#symbols.mdb_cursor_open(transaction, this.#database, out));
      const cursor = pointerIn(out);
      try {
        for (;;) {
          const code = this.#symbols.mdb_cursor_get(cursor, key.struct, value.struct, NEXT);
          if (code === NOT_FOUND) return;
          this.#check(code);
          names.push(decoder.decode(key.copy()));
        }
      } finally {
        this.#symbols.mdb_cursor_close(cursor);
      }
    });
    return names;
  }

  put(name: string, bytes: Uint8Array<ArrayBuffer>): void {
    this.#changes.set(name, bytes);
  }

  remove(name: string): void {
    this.#changes.set(name, undefined);
  }

  async commit(): Promise<void> {
    if (this.#changes.size === 0) return;
    const { size } = await Deno.stat(this.path);
    let room = ROOM;
    for (const bytes of this.#changes.values()) room += ROOM_OF_ONE + (bytes?.length ?? 0);
    while (!this.#write(size + room)) room *= 2;
    this.#changes.clear();
  }

  /** Writes the changes with a map of `bytes`; false where that was too small. */
  #write(bytes: number): boolean {
    const symbols = this.#symbols;
    this.#check(symbols.mdb_env_set_mapsize(this.environment, BigInt(bytes)), "write");
    try {
      this.#transaction(WRITING, (transaction) => {
        for (const [name, bytes] of this.#changes) {
          const key = new Value(encoder.encode(name)).struct;
          const code = bytes === undefined
            ? symbols.mdb_del(transaction, this.#database, key, null)
            : symbols.mdb_put(transaction, this.#database, key, new Value(bytes).struct, 0);
          if (code !== NOT_FOUND) this.#check(code, "write");
        }
      });
      return true;
    } catch (error) {
      if (error instanceof MapFull) return false;
      throw error;
    }
  }

  /** Reads a value while it is valid; nothing where there is none of that name. */
  #find<T>(name: string, read: (value: Value) => T): T | undefined {
    if (name === "") return undefined;
    const key = new Value(encoder.encode(name)), value = new Value();
    return this.#transaction(READING, (transaction) => {
      const code = this.#symbols.mdb_get(transaction, this.#database, key.struct, value.struct);
      if (code === NOT_FOUND) return undefined;
      this.#check(code);
      return read(value);
    });
  }

  /** Runs `body` in a transaction, which is committed where it is one of writing and `body` ends. */
  #transaction<T>(kind: number, body: (transaction: Deno.PointerValue) => T): T {
    const verb = kind === READING ? "read" : "write", transaction = this.#begin(kind, verb);
    let open = true;
    try {
      const result = body(transaction);
      if (kind === WRITING) {
        open = false; // a commit ends the transaction, also where it fails
        this.#check(this.#symbols.mdb_txn_commit(transaction), verb);
      }
      return result;
    } finally {
      if (open) this.#symbols.mdb_txn_abort(transaction);
    }
  }

  /** Begins a transaction; where another process made the file grow beyond the map, with a larger one. */
  #begin(kind: number, verb: string): Deno.PointerValue {
    const out = outPointer();
    const begin = () => this.#symbols.mdb_txn_begin(this.environment, null, kind, out);
    let code = begin();
    if (code === MAP_RESIZED) {
      this.#check(this.#symbols.mdb_env_set_mapsize(this.environment, LEAST_MAP), verb);
      code = begin();
    }
    this.#check(code, verb);
    return pointerIn(out);
  }

  #check(code: number, verb = "read"): void {
    if (code === 0) return;
    if (code === MAP_FULL) throw new MapFull();
    throw new UserError(
      `cannot ${verb} ${this.path} (${this.library.errorText(code)}); check the file and its disk`,
    );
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#symbols.mdb_env_close(this.environment);
    return Promise.resolve();
  }
}

/** The map is too small for a transaction. */
class MapFull extends Error {}
