/**
 * Counter-based random numbers: the n-th draw of a stream is a pure function of (seed, stream, n), so
 * the same numbers come out on the CPU and in a kernel, in any order, with any number of workers.
 * Philox4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3", SC '11).
 *
 * @module
 */

const M0 = 0xd2511f53, M1 = 0xcd9e8d57, W0 = 0x9e3779b9, W1 = 0xbb67ae85;

/** High 32 bits of the 64-bit product of two unsigned 32-bit integers. */
function mulHigh(a: number, b: number): number {
  const al = a & 0xffff, ah = a >>> 16, bl = b & 0xffff, bh = b >>> 16;
  const mid = ah * bl + ((al * bl) >>> 16);
  const mid2 = al * bh + (mid % 0x10000);
  return (ah * bh + Math.floor(mid / 0x10000) + Math.floor(mid2 / 0x10000)) >>> 0;
}

/**
 * One Philox4x32-10 block: four 32-bit words from a 128-bit counter and a 64-bit key.
 *
 * @example The known answer for an all-zero counter and key.
 * ```ts
 * import { philox } from "./random.ts";
 * import { deepStrictEqual } from "node:assert/strict";
 * deepStrictEqual([...philox([0, 0, 0, 0], [0, 0])], [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]);
 * ```
 */
export function philox(
  counter: readonly [number, number, number, number],
  key: readonly [number, number],
): [number, number, number, number] {
  let [c0, c1, c2, c3] = counter.map((c) => c >>> 0) as [number, number, number, number];
  let k0 = key[0] >>> 0, k1 = key[1] >>> 0;
  for (let round = 0; round < 10; round++) {
    const h0 = mulHigh(M0, c0), l0 = Math.imul(M0, c0) >>> 0;
    const h1 = mulHigh(M1, c2), l1 = Math.imul(M1, c2) >>> 0;
    [c0, c1, c2, c3] = [(h1 ^ c1 ^ k0) >>> 0, l1, (h0 ^ c3 ^ k1) >>> 0, l0];
    k0 = (k0 + W0) >>> 0;
    k1 = (k1 + W1) >>> 0;
  }
  return [c0, c1, c2, c3];
}

/** A stream of random numbers: an own counter under a seed and a stream number. */
export class Random {
  #block: readonly number[] = [];
  #used = 4;
  #counter = 0;

  /**
   * Starts a stream at its first number.
   *
   * @param seed Unsigned 32-bit seed of the run.
   * @param stream Up to three unsigned 32-bit numbers that tell this stream from others
   *   (purpose, epoch, sample index, ...).
   */
  constructor(readonly seed: number, readonly stream: readonly [number, number?, number?]) {}

  /** The next unsigned 32-bit integer. */
  uint32(): number {
    if (this.#used === 4) {
      const [purpose, a = 0, b = 0] = this.stream;
      this.#block = philox([this.#counter++, a, b, 0], [this.seed, purpose]);
      this.#used = 0;
    }
    return this.#block[this.#used++];
  }

  /** Uniform in [0, 1), with 24 random bits as an f32 holds them. */
  uniform(): number {
    return (this.uint32() >>> 8) / 0x1000000;
  }

  /**
   * A uniform integer in [0, n), without bias (rejection).
   *
   * @throws {RangeError} if `n` is no integer in [1, 2^32].
   */
  integer(n: number): number {
    if (!(Number.isInteger(n) && n >= 1 && n <= 0x100000000)) {
      throw new RangeError(`a random integer below ${n}`);
    }
    const limit = Math.floor(0x100000000 / n) * n;
    for (;;) {
      const x = this.uint32();
      if (x < limit) return x % n;
    }
  }

  /** A standard normal number (Box-Muller, the cosine branch). */
  normal(): number {
    const u = ((this.uint32() >>> 8) + 1) / 0x1000000;
    return Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * this.uniform());
  }

  /** A random permutation of 0 .. n-1 (Fisher-Yates). */
  permutation(n: number): Uint32Array<ArrayBuffer> {
    const p = Uint32Array.from({ length: n }, (_, i) => i);
    for (let i = n - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      [p[i], p[j]] = [p[j], p[i]];
    }
    return p;
  }
}
