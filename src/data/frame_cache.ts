/**
 * Decoded frames on disk, which outlive the process. A clip has an entry for its measures and one for each
 * frame that is kept, so that any choice of frames is served by the frames that it takes.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { UserError } from "../errors.ts";
import type { Clip, FrameChoice } from "../video/decode.ts";
import { chooseFrames } from "../video/sampling.ts";
import { type CacheFile, openCacheFile } from "./frame_cache_file.ts";

/** Bytes of the checksum behind a frame's pixels, and most bytes that an entry has besides the pixels. */
const CHECKSUM = 4, ENTRY = 64;
/** Pages that one transaction may take for the tree above its entries. */
const TREE_PAGES = 32;

/** What {@link FrameCache.open} takes besides the path. */
export interface FrameCacheOptions {
  /** Most bytes of the file. Where a clip would not fit any more nothing is added from then on. */
  readonly maxBytes: number;
  /** Told once when, and why, nothing more is added or read. Default: `console.warn`. */
  readonly onNote?: (message: string) => void;
}

/** What is known of a clip besides its pixels. */
type Measures = Omit<Clip, "data" | "indices">;

/**
 * A cache of frames. Several processes may use one file at a time. A cache that fails, for want of room or
 * otherwise, is told of once and left alone: it never ends a run.
 */
export class FrameCache implements AsyncDisposable {
  readonly #file: CacheFile;
  readonly #maxBytes: number;
  readonly #onNote: (message: string) => void;
  #reads = true;
  #adds: boolean;

  private constructor(
    readonly path: string,
    file: CacheFile,
    options: Required<FrameCacheOptions>,
  ) {
    this.#file = file;
    this.#maxBytes = options.maxBytes;
    this.#onNote = options.onNote;
    this.#adds = !file.readOnly;
    if (file.readOnly) this.#onNote(`the frame cache ${path} is read, and not added to: read-only`);
  }

  /**
   * Opens a cache, or makes it where there is none.
   *
   * @returns Nothing where there is no room for a new one.
   * @throws UserError where the file is something else, damaged, or may not be opened.
   */
  static async open(
    path: string,
    { maxBytes, onNote = (message) => console.warn(message) }: FrameCacheOptions,
  ): Promise<FrameCache | undefined> {
    try {
      return new FrameCache(path, await openCacheFile(path), { maxBytes, onNote });
    } catch (error) {
      if (error instanceof UserError) throw error;
      const { message, code } = error as Error & { code?: unknown };
      if (!NO_ROOM.has(Number(/os error (\d+)/.exec(message)?.[1] ?? code))) {
        throw new UserError(`cannot make the frame cache ${path} (${message}); give another path`);
      }
      onNote(`no frame cache: cannot write ${path} (${message}; is the disk full?)`);
      return undefined;
    }
  }

  /** Whether it still takes clips. */
  get adds(): boolean {
    return this.#adds;
  }

  /** Whether there is room for `frames` more of `bytes` each. */
  #fits(frames: number, bytes: number): boolean {
    const { lastPageNumber, pageSize } = this.#file.database.getStats() as Record<string, number>;
    const pages = lastPageNumber + frames * Math.ceil((bytes + ENTRY) / pageSize) + TREE_PAGES;
    return pages * pageSize <= this.#maxBytes;
  }

  /**
   * The frames that `choose` takes of a clip, where all of them are here and sound.
   *
   * @param clip All that its pixels depend on.
   */
  get(clip: string, choose: FrameChoice): Clip | undefined {
    if (!this.#reads) return undefined;
    try {
      const key = keyOf(clip), found = this.#file.database.getBinary(key);
      return found && this.#read(key, JSON.parse(new TextDecoder().decode(found)), choose);
    } catch (error) {
      this.#adds = this.#reads = false;
      const reason = (error as Error).message;
      this.#onNote(
        `the frame cache ${this.path} is damaged (${reason}), going on without; remove it`,
      );
      return undefined;
    }
  }

  /** Keeps the frames of a clip, where they fit. */
  put(clip: string, { data, indices, ...measures }: Clip): void {
    if (!this.#adds) return;
    const bytes = measures.height * measures.width * 3;
    const { database } = this.#file, key = keyOf(clip);
    try {
      if (!this.#fits(data.length / bytes, bytes)) {
        this.#adds = false;
        const size = `${this.#maxBytes / 1e9} GB`;
        return this.#onNote(
          `the frame cache ${this.path} is full (${size}): nothing more is added`,
        );
      }
      database.transactionSync(() => {
        database.putSync(
          key,
          new TextEncoder().encode(JSON.stringify(measures satisfies Measures)),
        );
        for (const [i, index] of indices.entries()) {
          if (index === indices[i - 1]) continue;
          database.putSync(
            keyOfFrame(key, index),
            sealed(data.subarray(i * bytes, (i + 1) * bytes)),
          );
        }
      });
    } catch (error) {
      this.#adds = false;
      const reason = (error as Error).message;
      this.#onNote(
        `cannot write to the frame cache ${this.path} (${reason}; is the disk full?): ` +
          "nothing more is added",
      );
    }
  }

  /** Closes the file; after that the cache is empty and takes nothing. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#adds = this.#reads = false;
    await this.#file.database.close();
  }

  #read(key: Uint8Array, measures: Measures, choose: FrameChoice): Clip | undefined {
    const { count, height, width } = measures, bytes = height * width * 3;
    const indices = chooseFrames(choose, count), data = new Uint8Array(indices.length * bytes);
    for (const [i, index] of indices.entries()) {
      if (index === indices[i - 1]) {
        data.copyWithin(i * bytes, (i - 1) * bytes, i * bytes);
        continue;
      }
      // The bytes are those of a buffer that the next call fills anew.
      const frame = this.#file.database.getBinaryFast(keyOfFrame(key, index));
      if (frame === undefined || !isSound(frame, bytes)) return undefined;
      data.set(frame.subarray(0, bytes), i * bytes);
    }
    return { ...measures, indices, data };
  }
}

/** EIO (what LMDB makes of a write that was cut short), EFBIG, ENOSPC, EDQUOT. */
const NO_ROOM: ReadonlySet<number> = new Set([5, 27, 28, 122]);

function keyOf(clip: string): Uint8Array {
  return new Uint8Array(createHash("sha256").update(clip).digest());
}

function keyOfFrame(key: Uint8Array, index: number): Uint8Array {
  const full = new Uint8Array(key.length + 4);
  full.set(key);
  new DataView(full.buffer).setUint32(key.length, index);
  return full;
}

/** Pixels with their checksum behind them. */
function sealed(pixels: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(pixels.length + CHECKSUM);
  bytes.set(pixels);
  new DataView(bytes.buffer).setUint32(pixels.length, crc32(pixels));
  return bytes;
}

function isSound(frame: Uint8Array, size: number): boolean {
  if (frame.length !== size + CHECKSUM) return false;
  const sum = new DataView(frame.buffer, frame.byteOffset + size).getUint32(0);
  return sum === crc32(frame.subarray(0, size));
}
