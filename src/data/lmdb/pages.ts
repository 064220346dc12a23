/**
 * Looks through the pages of an LMDB file. LMDB reads its file as memory and trusts it: a page that is
 * not there ends the process, so files are looked through before a native library sees them.
 *
 * The number of pages that the file names does not tell: at the end of a sound file pages may be missing
 * that were taken and given back in one transaction. What counts is what the trees point to.
 *
 * @module
 */

/** A tree of pages: one database within the file. */
export interface Tree {
  /** Page number of the root; nothing where the tree is empty. */
  readonly root: number | undefined;
  /** Pages from the root to a leaf, both counted. */
  readonly depth: number;
}

/** An open file, and how its pages are laid out. */
export interface PageFile {
  readonly file: Deno.FsFile;
  /** Bytes of the file that are there and in use. */
  readonly size: number;
  readonly pageSize: number;
  /** Bytes of a page before its content. */
  readonly header: number;
  /** What offsets within a page count from. */
  readonly base: number;
}

/** What a page is, in the flags of its header. */
const BRANCH = 1, LEAF = 2, KINDS = 15;
/** Flag of a node whose value lies on pages of its own. */
const BIG = 1;
/** Bytes of a node before its key. */
const NODE = 8;

/** What is wrong with the pages of a tree: nothing, bytes that are not there, or no tree at all. */
export function treeProblem(pages: PageFile, { root, depth }: Tree): Problem | undefined {
  return root === undefined ? undefined : pageProblem(pages, root, depth, new Set());
}

type Problem = "truncated" | "damaged";

/** The same of the page `number`, which is the `depth`-th from below, and of what it points to. */
function pageProblem(
  pages: PageFile,
  number: number,
  depth: number,
  seen: Set<number>,
): Problem | undefined {
  const { pageSize, header, base, size } = pages;
  if ((number + 1) * pageSize > size) return "truncated";
  if (seen.has(number)) return "damaged";
  seen.add(number);
  const page = readPage(pages, number);
  const flags = page.getUint16(header - 6, true);
  // Offsets of nodes stand between the header and `lower`, the nodes from `upper` to the page's end.
  const lower = page.getUint16(header - 4, true) + base;
  const upper = page.getUint16(header - 2, true) + base;
  const sound = Number(page.getBigUint64(0, true)) === number &&
    (flags & KINDS) === (depth === 1 ? LEAF : BRANCH) &&
    // A branch has two children at least: the library ends the process where it finds fewer.
    header + (depth === 1 ? 0 : 4) <= lower && lower <= upper && upper <= pageSize;
  if (!sound) return "damaged";
  for (let at = header; at < lower; at += 2) {
    const node = page.getUint16(at, true) + base;
    if (node < upper || node + NODE > pageSize) return "damaged";
    const value = node + NODE + page.getUint16(node + 6, true);
    if (value > pageSize) return "damaged";
    const problem = depth > 1
      ? pageProblem(pages, childOf(page, node), depth - 1, seen)
      : valueProblem(pages, page, node, value);
    if (problem !== undefined) return problem;
  }
}

/** The page that a branch's node points to: 48 bits. */
function childOf(page: DataView, node: number): number {
  return page.getUint32(node, true) + page.getUint16(node + 4, true) * 2 ** 32;
}

/** What is wrong with the value of a leaf's node; `value` is where it stands, or its page's number. */
function valueProblem(
  { size, pageSize, header }: PageFile,
  page: DataView,
  node: number,
  value: number,
): Problem | undefined {
  const length = page.getUint32(node, true), flags = page.getUint16(node + 4, true);
  if ((flags & BIG) === 0) return value + length <= pageSize ? undefined : "damaged";
  if (value + 8 > pageSize) return "damaged";
  const first = Number(page.getBigUint64(value, true));
  return first * pageSize + header + length <= size ? undefined : "truncated";
}

function readPage({ file, pageSize }: PageFile, number: number): DataView {
  const bytes = new Uint8Array(pageSize);
  file.seekSync(number * pageSize, Deno.SeekMode.Start);
  for (let at = 0; at < pageSize;) at += file.readSync(bytes.subarray(at)) ?? pageSize;
  return new DataView(bytes.buffer);
}
