/**
 * Names and slices of a validated file through the `safetensors` package.
 *
 * @module
 */

import { SafeTensor } from "npm:safetensors@0.0.1/dist/safetensors.es.js";
import { type Header, LENGTH_BYTES, type TensorInfo } from "./safetensors_header.ts";

/** The part of the package in use; it ships without types. */
export interface TensorIndex {
  /** What `getTensor` slices. */
  buffer: Uint8Array<ArrayBuffer>;
  /** Name to dtype, shape and [begin, end) in bytes from the start of the file. */
  readonly metadata: ReadonlyMap<
    string,
    Pick<TensorInfo, "dtype" | "shape"> & { readonly data_offsets: readonly [number, number] }
  >;
  /** The bytes of a tensor, as a view of `buffer`. */
  getTensor(name: string): Uint8Array<ArrayBuffer>;
}

/**
 * Indexes a validated header. The package checks nothing, fails on `__metadata__` and on views into
 * a larger buffer, and wants the whole file in memory. So it is handed the header alone, rewritten
 * without metadata and padded to its length in the file, which makes its offsets those of the file:
 * a ranged reader takes them from `metadata`, and where the file is in memory, setting `buffer` to it
 * makes `getTensor` slice it.
 *
 * @param dataStart where the header ends, in bytes from the start of the file
 */
export function indexTensors(header: Header, dataStart: number): TensorIndex {
  const entries = Array.from(
    header.tensors,
    ([name, { dtype, shape, begin, end }]) =>
      `${JSON.stringify(name)}:${
        JSON.stringify({ dtype, shape, data_offsets: [begin - dataStart, end - dataStart] })
      }`,
  );
  // Not longer than what was parsed: JSON.stringify writes the shortest form of strings and integers.
  const json = new TextEncoder().encode(`{${entries.join()}}`);
  const bytes = new Uint8Array(dataStart).fill(0x20);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(dataStart - LENGTH_BYTES), true);
  bytes.set(json, LENGTH_BYTES);
  const Index: new (bytes: Uint8Array<ArrayBuffer>) => TensorIndex = SafeTensor;
  return new Index(bytes);
}
