/**
 * Looks at a file before a native library does: whether it is an LMDB, of which format, and whole.
 *
 * @module
 */
import { messageOf } from "../../errors.ts";
import type { LmdbFormat } from "./database.ts";
import { type PageFile, type Tree, treeProblem } from "./pages.ts";

/** What a file is: an LMDB, or why none that can be opened, as a line for the user. */
export type LmdbFile = LmdbProblem | { readonly format: LmdbFormat };

/** Why a file cannot be opened. */
export interface LmdbProblem {
  /** A line for the user. */
  readonly problem: string;
  /** What the file seems to be, by its first page: a damaged LMDB has a format too. */
  readonly seems: "unreadable" | "foreign" | LmdbFormat;
  /**
   * Number of the newest transaction, where the file has one. Where another process has raised it since, the
   * file may have seemed damaged for being changed while it was looked at.
   */
  readonly transaction?: bigint;
}

const MAGIC = 0xbeefc0de;
/** A page's layout, by format. On the first page the meta data follows the header. */
const LAYOUTS = { 1: { header: 16, base: 0 }, 2: { header: 24, base: 24 } } as const;
/** Bytes of the meta data, up to the transaction number, and where the two trees' records start in it. */
const META_BYTES = 136, TREES = [24, 72];
/** Flag of a page that holds meta data. */
const META = 8;
/** Flags of the videos' tree: several values under one key; of the free pages' in format 2: the file's own. */
const SEVERAL = 4, ENCRYPTED = 0x2000;
/** The root of an empty tree. */
const NO_PAGE = 0xffff_ffff_ffff_ffffn;

/** What the meta data of one page says. */
interface Meta {
  /** The page's flags. */
  readonly kind: number;
  readonly magic: boolean;
  /** LMDB's name for the format. */
  readonly version: number;
  readonly pageSize: number;
  readonly transaction: bigint;
  readonly pages: number;
  readonly trees: readonly (Tree & { readonly flags: number })[];
}

/** Looks at `path`, without a native library. It does not throw. */
export async function inspectLmdb(path: string): Promise<LmdbFile> {
  const pack = `pack the videos with: deno task pack FOLDER ${path}`;
  try {
    using file = await Deno.open(path);
    const head = new Uint8Array(1 << 17);
    let length = 0, read: number | null;
    while ((read = await file.read(head.subarray(length))) !== null && read > 0) length += read;
    // After the head, for the file may grow: pages of which the head knows are there by now.
    const { size } = await file.stat();
    return describe(path, file, size, new DataView(head.buffer, 0, length), pack);
  } catch (error) {
    return {
      problem: error instanceof Deno.errors.NotFound
        ? `${path} does not exist; ${pack}`
        : `cannot read ${path} (${messageOf(error)}); check the path and its permissions`,
      seems: "unreadable",
    };
  }
}

/**
 * @param head The start of the file, both meta pages included where they are there.
 * @param pack What makes a database, to follow a problem.
 */
function describe(
  path: string,
  file: Deno.FsFile,
  size: number,
  head: DataView,
  pack: string,
): LmdbFile {
  const format = ([1, 2] as const).find((format) => hasMagic(head, LAYOUTS[format].header));
  if (format === undefined) return { problem: `${path} is not an LMDB; ${pack}`, seems: "foreign" };

  const again = `copy it again, or remove it and ${pack}`;
  const { header, base } = LAYOUTS[format];
  let transaction: bigint | undefined = undefined;
  const unsound = (problem: string): LmdbProblem => ({ problem, seems: format, transaction });
  const truncated = (whole?: number) =>
    unsound(
      `${path} is truncated (${size}${whole === undefined ? "" : ` of ${whole}`} bytes are ` +
        `there); ${again}`,
    );
  if (size < header + META_BYTES) return truncated();
  const pageSize = head.getUint32(header + 24, true);
  const damaged = () => unsound(`${path} is damaged; ${again}`);
  if (pageSize < 256 || pageSize > 1 << 16 || (pageSize & (pageSize - 1)) !== 0) return damaged();
  if (size < 2 * pageSize) return truncated();

  // Two meta pages take turns; the one with the higher transaction number holds.
  const metas = [0, pageSize].map((page) => readMeta(head, page + header));
  const sound = metas.every((meta) =>
    meta.magic && meta.version === format && meta.pageSize === pageSize && (meta.kind & META) !== 0
  );
  if (!sound) return damaged();
  const [first, second] = metas, latest = second.transaction > first.transaction ? second : first;
  transaction = latest.transaction;
  if (format === 2 && metas.some(({ trees: [{ flags }] }) => (flags & ENCRYPTED) !== 0)) {
    return unsound(`${path} is encrypted; ${pack}`);
  }
  if ((latest.trees[1].flags & SEVERAL) !== 0) {
    return unsound(`${path} holds several values under one key, and no videos; ${pack}`);
  }
  const bytes = latest.pages * pageSize;
  const pages: PageFile = { file, size: Math.min(size, bytes), pageSize, header, base };
  for (const tree of latest.trees) {
    const problem = treeProblem(pages, tree);
    if (problem !== undefined) return problem === "damaged" ? damaged() : truncated(bytes);
  }
  return { format };
}

function hasMagic(head: DataView, at: number): boolean {
  return head.byteLength >= at + 4 && head.getUint32(at, true) === MAGIC;
}

/** Reads the meta data at `at`: of the free pages' tree, and of the videos' tree. */
function readMeta(head: DataView, at: number): Meta {
  return {
    kind: head.getUint16(at - 6, true),
    magic: hasMagic(head, at),
    version: head.getUint16(at + 4, true),
    pageSize: head.getUint32(at + 24, true),
    trees: TREES.map((tree) => {
      const root = head.getBigUint64(at + tree + 40, true);
      return {
        flags: head.getUint16(at + tree + 4, true),
        depth: head.getUint16(at + tree + 6, true),
        root: root === NO_PAGE ? undefined : Number(root),
      };
    }),
    pages: Number(head.getBigUint64(at + 120, true)) + 1,
    transaction: head.getBigUint64(at + 128, true),
  };
}
