/**
 * Safetensors files in memory, and what every safetensors file offers. Runs in browsers too.
 *
 * @module
 */

import { SafetensorsError } from "./safetensors_error.ts";
import {
  DTYPE_BYTES,
  headerLength,
  LENGTH_BYTES,
  parseHeader,
  type SafetensorsDType,
  type TensorInfo,
} from "./safetensors_header.ts";
import { indexTensors, type TensorIndex } from "./safetensors_index.ts";
import { toF32, toI32, widenInPlace } from "./safetensors_values.ts";
import type { TensorReader } from "./tensor_reader.ts";

/** A tensor as it lies in the file. */
export interface TensorBytes {
  /** Element type. */
  readonly dtype: SafetensorsDType;
  /** Sizes, outermost first; empty for a scalar. */
  readonly shape: readonly number[];
  /** Little-endian elements, row-major. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Where the bytes of a file come from. */
export interface Source {
  bytes(name: string): Promise<Uint8Array<ArrayBuffer>>;
  /** Fills `target` with the bytes of the file from `begin` on. */
  readInto(begin: number, target: Uint8Array<ArrayBuffer>): Promise<void>;
  close(): void;
}

/**
 * A validated safetensors file, from `openSafetensors` or {@link parseSafetensors}. Close it, or hold
 * it by `using`.
 */
export class SafetensorsFile implements TensorReader, Disposable {
  /** Names of the tensors, sorted. */
  readonly names: readonly string[];
  readonly #index: TensorIndex;
  readonly #source: Source;

  /** Not for callers: use `openSafetensors` or {@link parseSafetensors}. */
  constructor(
    /** Path, or the label given with the bytes; error messages name it. */
    readonly label: string,
    /** The text pairs of the header's `__metadata__`; has no prototype, so any key is safe. */
    readonly metadata: Readonly<Record<string, string>>,
    index: TensorIndex,
    source: Source,
  ) {
    this.names = [...index.metadata.keys()].sort();
    this.#index = index;
    this.#source = source;
  }

  /** Whether the file holds a tensor of this name. */
  has(name: string): boolean {
    return this.#index.metadata.has(name);
  }

  /**
   * Element type, shape and place of a tensor.
   *
   * @throws {SafetensorsError} where the file has no such tensor.
   */
  info(name: string): TensorInfo {
    const entry = this.#index.metadata.get(name);
    if (!entry) {
      throw new SafetensorsError(
        this.label,
        `it is not among the ${this.names.length} of the file`,
        {
          tensor: name,
          remedy: "choose the file that goes with this model",
        },
      );
    }
    const { dtype, shape, data_offsets: [begin, end] } = entry;
    return { dtype, shape, begin, end };
  }

  /**
   * Reads a tensor as it lies in the file. From {@link parseSafetensors} the bytes are a view of
   * those given, at any alignment.
   *
   * @throws {UserError} where there is no such tensor or the file has shrunk since it was opened.
   */
  async read(name: string): Promise<TensorBytes> {
    const { dtype, shape } = this.info(name);
    return { dtype, shape, bytes: await this.#source.bytes(name) };
  }

  /**
   * Reads a tensor of any dtype as f32: exact for F32, F16, BF16, BOOL and integers up to 2^24, else
   * rounded to the nearest.
   *
   * @throws {UserError} as {@link SafetensorsFile.read}.
   */
  async readF32(name: string): Promise<Float32Array<ArrayBuffer>> {
    const { dtype, bytes } = await this.read(name);
    return toF32(dtype, bytes);
  }

  /**
   * Reads a run of a tensor's elements as f32, into an array of the caller's: F32, F16 and BF16 take no
   * other memory.
   *
   * @param first The first element of the run, which is as long as `target`.
   * @throws {RangeError} where the tensor ends before the run.
   * @throws {UserError} as {@link SafetensorsFile.read}.
   */
  async readF32Into(name: string, first: number, target: Float32Array<ArrayBuffer>): Promise<void> {
    const { dtype, begin, end } = this.info(name), width = DTYPE_BYTES[dtype];
    const from = begin + first * width, count = target.length * width;
    if (first < 0 || from + count > end) {
      throw new RangeError(`${name} has no ${target.length} elements from ${first} on`);
    }
    // Where elements are narrower than f32, they are read into the end of the target.
    const inPlace = dtype === "F32" || dtype === "F16" || dtype === "BF16";
    const bytes = inPlace
      ? new Uint8Array(target.buffer, target.byteOffset + target.byteLength - count, count)
      : new Uint8Array(count);
    await this.#source.readInto(from, bytes);
    if (!inPlace) target.set(toF32(dtype, bytes));
    else if (dtype !== "F32") widenInPlace(dtype, target);
  }

  /**
   * Reads a tensor of integers or booleans as i32, exactly.
   *
   * @throws {UserError} as {@link SafetensorsFile.read}, and where the tensor holds floats or an
   * integer beyond 32 bits.
   */
  async readI32(name: string): Promise<Int32Array<ArrayBuffer>> {
    const { dtype, bytes } = await this.read(name);
    const values = toI32(dtype, bytes);
    if (!values) {
      throw new SafetensorsError(this.label, `its ${dtype} elements are not 32-bit integers`, {
        tensor: name,
        remedy: "choose a file that holds integers there",
      });
    }
    return values;
  }

  /** Closes the file on disk; closing twice is harmless. */
  close(): void {
    this.#source.close();
  }

  /** As {@link SafetensorsFile.close}. */
  [Symbol.dispose](): void {
    this.close();
  }
}

/**
 * Validates a file that is already in memory.
 *
 * @param label name for error messages
 * @throws {SafetensorsError} where the bytes are not a well-formed safetensors file.
 *
 * @example
 * ```ts
 * import { parseSafetensors } from "./safetensors_file.ts";
 * import assert from "node:assert/strict";
 *
 * const header = '{"x":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}';
 * const bytes = new Uint8Array([header.length, 0, 0, 0, 0, 0, 0, 0,
 *   ...new TextEncoder().encode(header), 7, 9]);
 * const file = parseSafetensors(bytes, "x.safetensors");
 * assert.deepEqual(file.info("x").shape, [2]);
 * assert.deepEqual(await file.readI32("x"), Int32Array.of(7, 9));
 * ```
 */
export function parseSafetensors(bytes: Uint8Array<ArrayBuffer>, label: string): SafetensorsFile {
  const dataStart = LENGTH_BYTES + headerLength(bytes, bytes.length, label);
  const header = parseHeader(bytes.subarray(LENGTH_BYTES, dataStart), bytes.length, label);
  const index = indexTensors(header, dataStart);
  index.buffer = bytes;
  return new SafetensorsFile(label, header.metadata, index, {
    bytes: (name) => Promise.resolve(index.getTensor(name)),
    readInto: (begin, target) =>
      Promise.resolve(target.set(bytes.subarray(begin, begin + target.length))),
    close: () => {},
  });
}
