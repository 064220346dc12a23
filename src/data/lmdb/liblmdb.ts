/**
 * The system's liblmdb, LMDB 0.9: its functions, and where it is found.
 *
 * @module
 */
import { messageOf, UserError } from "../../errors.ts";

const SYMBOLS = {
  mdb_version: { parameters: ["buffer", "buffer", "buffer"], result: "pointer" },
  mdb_strerror: { parameters: ["i32"], result: "pointer" },
  mdb_env_create: { parameters: ["buffer"], result: "i32" },
  mdb_env_set_mapsize: { parameters: ["pointer", "usize"], result: "i32" },
  mdb_env_open: { parameters: ["pointer", "buffer", "u32", "u32"], result: "i32" },
  mdb_env_close: { parameters: ["pointer"], result: "void" },
  mdb_txn_begin: { parameters: ["pointer", "pointer", "u32", "buffer"], result: "i32" },
  mdb_txn_commit: { parameters: ["pointer"], result: "i32" },
  mdb_txn_abort: { parameters: ["pointer"], result: "void" },
  mdb_dbi_open: { parameters: ["pointer", "pointer", "u32", "buffer"], result: "i32" },
  mdb_stat: { parameters: ["pointer", "u32", "buffer"], result: "i32" },
  mdb_get: { parameters: ["pointer", "u32", "buffer", "buffer"], result: "i32" },
  mdb_put: { parameters: ["pointer", "u32", "buffer", "buffer", "u32"], result: "i32" },
  mdb_del: { parameters: ["pointer", "u32", "buffer", "pointer"], result: "i32" },
  mdb_cursor_open: { parameters: ["pointer", "u32", "buffer"], result: "i32" },
  mdb_cursor_get: { parameters: ["pointer", "buffer", "buffer", "u32"], result: "i32" },
  mdb_cursor_close: { parameters: ["pointer"], result: "void" },
} as const satisfies Deno.ForeignLibraryInterface;

/** A loaded liblmdb. */
export interface Liblmdb {
  /** `0.9.24`. */
  readonly version: string;
  readonly symbols: Deno.DynamicLibrary<typeof SYMBOLS>["symbols"];
  /** What an error code of the library or of the system stands for. */
  errorText(code: number): string;
}

/** Names the file of a liblmdb that does not lie where libraries are looked for. */
const VARIABLE = "CENTERCLIP_LIBLMDB";
/** Where Homebrew keeps libraries on Apple's processors, which is not looked through. */
const HOMEBREW = "/opt/homebrew/lib/liblmdb.dylib";

/** A library stays loaded: what it may have left on a thread must not lose its code. */
const loaded = new Map<string, Liblmdb>();

/**
 * Loads liblmdb: the file that the variable CENTERCLIP_LIBLMDB names, else the system's.
 *
 * @throws UserError where there is none, or none of LMDB 0.9; it says what to install.
 */
export function loadLiblmdb(): Liblmdb {
  const problems: string[] = [];
  for (const name of candidates()) {
    try {
      const library = loaded.get(name) ?? load(name);
      loaded.set(name, library);
      if (library.version.startsWith("0.9.")) return library;
      problems.push(`${name} is LMDB ${library.version}, not 0.9`);
    } catch (error) {
      problems.push(messageOf(error).replace(/^(Could not open library: )+/, ""));
    }
  }
  throw new UserError(
    `an LMDB of format 1 takes liblmdb, which cannot be loaded (${problems[0]}); install it ` +
      "(Debian, Ubuntu: apt-get install liblmdb0; Fedora: dnf install lmdb-libs; Arch: pacman -S " +
      `lmdb; macOS: brew install lmdb; conda: conda install lmdb), or name its file in ${VARIABLE}`,
  );
}

function candidates(): string[] {
  const named = Deno.env.get(VARIABLE);
  if (named) return [named];
  return Deno.build.os === "darwin" ? ["liblmdb.dylib", HOMEBREW] : ["liblmdb.so.0", "liblmdb.so"];
}

function load(name: string): Liblmdb {
  const { symbols } = Deno.dlopen(name, SYMBOLS);
  const parts = [0, 1, 2].map(() => new Int32Array(new ArrayBuffer(4)));
  symbols.mdb_version(parts[0], parts[1], parts[2]);
  return {
    version: parts.map(([part]) => part).join("."),
    symbols,
    errorText: (code) => Deno.UnsafePointerView.getCString(symbols.mdb_strerror(code)!),
  };
}
