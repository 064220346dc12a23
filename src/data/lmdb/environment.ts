/**
 * A file that liblmdb has opened, and transactions on it.
 *
 * @module
 */
import { PlaceError } from "../../errors.ts";
import { CHECK_DISK } from "./database.ts";
import { type Liblmdb, loadLiblmdb } from "./liblmdb.ts";
import { outPointer, pointerIn } from "./native_value.ts";

/** Flags of an environment: one file, no changes, no lock file, no reading ahead. */
const NO_FOLDER = 0x4000, READ_ONLY = 0x20000, NO_LOCK = 0x400000, NO_READ_AHEAD = 0x800000;
/** The error codes that are heeded; others end in a message. */
const MAP_FULL = -30792, MAP_RESIZED = -30785;
/**
 * A size of the map, which the library raises to the bytes in use. Without one it takes the size that the
 * file names, and the original's name 8 TiB, more than every process may address.
 */
const LEAST_MAP = 1;

/** Flags of a transaction. */
export const READING = READ_ONLY, WRITING = 0;

/** The map is too small for what a transaction writes. */
export class MapFull extends Error {}

/** An open file. */
export class Environment implements Disposable {
  readonly #library: Liblmdb = loadLiblmdb();
  readonly #environment: Deno.PointerValue;
  /** The library's functions. */
  readonly symbols: Liblmdb["symbols"] = this.#library.symbols;

  /**
   * Opens a file, and makes it where it is to be written and is not there.
   *
   * @throws UserError where liblmdb is missing or refuses the file.
   */
  constructor(readonly path: string, { readOnly }: { readonly readOnly: boolean }) {
    const out = outPointer();
    this.check(this.symbols.mdb_env_create(out), "open");
    this.#environment = pointerIn(out);
    try {
      this.resizeMap(LEAST_MAP, "open");
      // Without a lock file a database in a read-only place can be read; the original does the same.
      const flags = NO_FOLDER | NO_READ_AHEAD | (readOnly ? READ_ONLY | NO_LOCK : 0);
      const name = new TextEncoder().encode(`${path}\0`);
      this.check(this.symbols.mdb_env_open(this.#environment, name, flags, 0o644), "open");
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  /** Maps `bytes` of the file, and in any case all that is in use. No transaction may be open. */
  resizeMap(bytes: number, verb: string): void {
    this.check(this.symbols.mdb_env_set_mapsize(this.#environment, BigInt(bytes)), verb);
  }

  /**
   * Runs `body` in a transaction, which is committed where it is one of writing and `body` ends.
   *
   * @throws MapFull where the map is too small; nothing is written then.
   */
  transaction<T>(
    kind: typeof READING | typeof WRITING,
    body: (transaction: Deno.PointerValue) => T,
  ): T {
    const verb = kind === READING ? "read" : "write", transaction = this.#begin(kind, verb);
    let open = true;
    try {
      const result = body(transaction);
      if (kind === WRITING) {
        open = false; // a commit ends the transaction, also where it fails
        this.check(this.symbols.mdb_txn_commit(transaction), verb);
      }
      return result;
    } finally {
      if (open) this.symbols.mdb_txn_abort(transaction);
    }
  }

  /** Begins a transaction; where another process made the file outgrow the map, with a larger one. */
  #begin(kind: number, verb: string): Deno.PointerValue {
    const out = outPointer();
    const begin = () => this.symbols.mdb_txn_begin(this.#environment, null, kind, out);
    let code = begin();
    if (code === MAP_RESIZED) {
      this.resizeMap(LEAST_MAP, verb);
      code = begin();
    }
    this.check(code, verb);
    return pointerIn(out);
  }

  /**
   * Sees to it that a function succeeded.
   *
   * @throws PlaceError, or MapFull.
   */
  check(code: number, verb: string): void {
    if (code === 0) return;
    if (code === MAP_FULL) throw new MapFull();
    const reason = this.#library.errorText(code);
    throw new PlaceError(`cannot ${verb} ${this.path} (${reason}); ${CHECK_DISK}`);
  }

  /** Closes the file. */
  [Symbol.dispose](): void {
    this.symbols.mdb_env_close(this.#environment);
  }
}
