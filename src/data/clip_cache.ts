/**
 * Decoded clips in memory, up to a number of bytes.
 *
 * @module
 */

import type { Clip } from "../video/decode.ts";

/**
 * Keeps the first clips that fit and lets none go: an epoch passes over all clips in random order, where
 * replacing one by another gains nothing.
 */
export class ClipCache {
  readonly #clips = new Map<string, Clip>();
  #free: number;

  /** @param bytes Room for the frames of all clips together. */
  constructor(bytes: number) {
    this.#free = bytes;
  }

  /** Whether a clip of `bytes` still fits. */
  fits(bytes: number): boolean {
    return bytes <= this.#free;
  }

  /** The clip under `key`. */
  get(key: string): Clip | undefined {
    return this.#clips.get(key);
  }

  /** Keeps a clip where it fits. */
  set(key: string, clip: Clip): void {
    if (this.#clips.has(key) || !this.fits(clip.data.byteLength)) return;
    this.#free -= clip.data.byteLength;
    this.#clips.set(key, clip);
  }
}
