/**
 * The directory of a zip file, for entries that are stored as they are: PyTorch's. Nothing is ever
 * decompressed, so nothing can grow.
 *
 * @module
 */
import { ArchiveError } from "./archive_error.ts";
import type { RangedFile } from "./ranged_file.ts";
import { quote } from "./safetensors_error.ts";

/** An entry as the directory has it. */
interface DirectoryEntry {
  readonly compressed: boolean;
  readonly size: number;
  /** Offset of its header. */
  readonly header: number;
}

const END = 0x06054b50, END64 = 0x06064b50, LOCATOR64 = 0x07064b50;
const DIRECTORY = 0x02014b50, LOCAL = 0x04034b50;
/** Bytes of the end record without its comment, and of the longest comment. */
const END_BYTES = 22, MOST_COMMENT = 0xffff;
/** Most bytes of a directory: a model of 100,000 tensors needs 10 MB. */
const MOST_DIRECTORY = 2 ** 26;
/** What a field of 32 bits holds when the 64-bit one counts. */
const SEE_64 = 0xffffffff;

/** A zip file whose stored entries are read by ranges. */
export class ZipIndex {
  private constructor(
    private readonly file: RangedFile,
    private readonly label: string,
    private readonly entries: ReadonlyMap<string, DirectoryEntry>,
  ) {}

  /**
   * Reads the directory.
   *
   * @throws {ArchiveError} if there is none, or it is malformed.
   */
  static async read(file: RangedFile, label: string): Promise<ZipIndex> {
    const { begin, end } = await findDirectory(file, label);
    if (!(begin <= end && end <= file.size) || end - begin > MOST_DIRECTORY) {
      throw new ArchiveError(label, "its zip directory lies outside the file, or is beyond reason");
    }
    return new ZipIndex(file, label, readDirectory(await file.read(begin, end), label));
  }

  /** Names of all entries. */
  get names(): string[] {
    return [...this.entries.keys()];
  }

  /** Whether there is an entry of this name. */
  has(name: string): boolean {
    return this.entries.has(name);
  }

  /**
   * Where the bytes of an entry lie.
   *
   * @throws {ArchiveError} if it is missing, compressed, or lies outside the file.
   */
  async range(name: string): Promise<{ begin: number; end: number }> {
    const entry = this.entries.get(name);
    if (!entry) throw new ArchiveError(this.label, `it has no entry ${quote(name)}`);
    if (entry.compressed) {
      throw new ArchiveError(
        this.label,
        `its entry ${quote(name)} is compressed or encrypted`,
        "PyTorch stores entries as they are; write it again with torch.save",
      );
    }
    const { header, size } = entry;
    if (header + 30 > this.file.size) this.#outside(name);
    const local = view(await this.file.read(header, header + 30));
    if (local.getUint32(0, true) !== LOCAL) {
      throw new ArchiveError(this.label, `the header of its entry ${quote(name)} is not one`);
    }
    const begin = header + 30 + local.getUint16(26, true) + local.getUint16(28, true);
    if (begin + size > this.file.size) this.#outside(name);
    return { begin, end: begin + size };
  }

  /** The bytes of an entry. */
  async bytes(name: string): Promise<Uint8Array<ArrayBuffer>> {
    const { begin, end } = await this.range(name);
    return await this.file.read(begin, end);
  }

  #outside(name: string): never {
    throw new ArchiveError(this.label, `its entry ${quote(name)} lies outside the file`);
  }
}

const view = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** A 64-bit number; what exceeds 2^53 lies outside any file. */
function wide(at: DataView, offset: number): number {
  return at.getUint32(offset, true) + at.getUint32(offset + 4, true) * 2 ** 32;
}

async function findDirectory(file: RangedFile, label: string) {
  const from = Math.max(0, file.size - END_BYTES - MOST_COMMENT);
  const tail = view(await file.read(from, file.size));
  for (let at = tail.byteLength - END_BYTES; at >= 0; at--) {
    if (tail.getUint32(at, true) !== END) continue;
    const size = tail.getUint32(at + 12, true), begin = tail.getUint32(at + 16, true);
    const narrow = { begin, end: begin + size };
    if (at < 20 || tail.getUint32(at - 20, true) !== LOCATOR64) return narrow;
    const record = wide(tail, at - 12);
    if (record + 56 > file.size) break;
    const end = view(await file.read(record, record + 56));
    if (end.getUint32(0, true) !== END64) break;
    return { begin: wide(end, 48), end: wide(end, 48) + wide(end, 40) };
  }
  throw new ArchiveError(label, "its zip directory is missing or damaged");
}

function readDirectory(bytes: Uint8Array, label: string): Map<string, DirectoryEntry> {
  const entries = new Map<string, DirectoryEntry>(), at = view(bytes);
  const damaged = (): never => {
    throw new ArchiveError(label, "its zip directory is damaged");
  };
  for (let p = 0; p < bytes.length;) {
    if (p + 46 > bytes.length || at.getUint32(p, true) !== DIRECTORY) damaged();
    const [name, extra, comment] = [28, 30, 32].map((offset) => at.getUint16(p + offset, true));
    const next = p + 46 + name + extra + comment;
    if (next > bytes.length) damaged();
    const text = new TextDecoder().decode(bytes.slice(p + 46, p + 46 + name));
    const packed = at.getUint32(p + 20, true), plain = at.getUint32(p + 24, true);
    const header = at.getUint32(p + 42, true);
    const wides = wideFields(at, p + 46 + name, extra);
    // In this order, each only where its 32-bit field is full.
    const [size, stored, place] = [plain, packed, header].map((field) =>
      field === SEE_64 ? wides.shift() ?? damaged() : field
    );
    const method = at.getUint16(p + 10, true), encrypted = (at.getUint16(p + 8, true) & 1) === 1;
    if (entries.has(text)) {
      throw new ArchiveError(label, `its zip directory names ${quote(text)} twice`);
    }
    const compressed = method !== 0 || encrypted || stored !== size;
    entries.set(text, { compressed, size, header: place });
    p = next;
  }
  return entries;
}

/** The 64-bit fields of an entry, from its extra data. */
function wideFields(at: DataView, from: number, length: number): number[] {
  for (let p = from; p + 4 <= from + length;) {
    const id = at.getUint16(p, true), size = at.getUint16(p + 2, true);
    if (id === 1 && p + 4 + size <= from + length) {
      return Array.from({ length: Math.floor(size / 8) }, (_, i) => wide(at, p + 4 + 8 * i));
    }
    p += 4 + size;
  }
  return [];
}
