/**
 * The header of a safetensors file: its length, its JSON, and every rule that the format sets. The
 * file is an 8-byte little-endian header length N, N bytes of JSON, and the tensors' bytes without a
 * gap. Rules after the format's description and its Rust reference
 * (https://github.com/huggingface/safetensors).
 *
 * @module
 */

import { quote, SafetensorsError } from "./safetensors_error.ts";
import { HeaderScanner } from "./safetensors_scanner.ts";

/** Element type of a tensor in a file: those of the format that this project reads and writes. */
export type SafetensorsDType =
  | "F64"
  | "F32"
  | "F16"
  | "BF16"
  | "I64"
  | "I32"
  | "I16"
  | "I8"
  | "U32"
  | "U8"
  | "BOOL";

/** The bytes of one element. */
export const DTYPE_BYTES: Readonly<Record<SafetensorsDType, number>> = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U32: 4,
  U8: 1,
  BOOL: 1,
};

/** What the header says about one tensor. */
export interface TensorInfo {
  /** Element type. */
  readonly dtype: SafetensorsDType;
  /** Sizes, outermost first; empty for a scalar. */
  readonly shape: readonly number[];
  /** Where the bytes start, in bytes from the start of the file. */
  readonly begin: number;
  /** Where they end (exclusive), in bytes from the start of the file. */
  readonly end: number;
}

/** A validated header. */
export interface Header {
  /** In the order of their bytes. */
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  /** The free text pairs of `__metadata__`; has no prototype, so any key is safe. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** Bytes of the length field in front of the header. */
export const LENGTH_BYTES = 8;
/** Longest header, in bytes; the reference's bound against memory exhaustion. */
export const MAX_HEADER_BYTES = 100_000_000;
/** The header key that holds text instead of a tensor. */
export const METADATA_KEY = "__metadata__";

/**
 * Reads the length of the header from the first bytes of a file of `fileSize` bytes.
 *
 * @throws {SafetensorsError} where the length is missing, over the cap, or beyond the file.
 */
export function headerLength(start: Uint8Array, fileSize: number, file: string): number {
  if (fileSize < LENGTH_BYTES) {
    throw new SafetensorsError(file, `it has ${fileSize} bytes, too few for a safetensors file`);
  }
  const length = new DataView(start.buffer, start.byteOffset, LENGTH_BYTES).getBigUint64(0, true);
  if (length > MAX_HEADER_BYTES) {
    throw new SafetensorsError(
      file,
      `the header length ${length} is over the limit of ${MAX_HEADER_BYTES} bytes`,
      { remedy: "this is not a safetensors file, or it is damaged" },
    );
  }
  if (Number(length) > fileSize - LENGTH_BYTES) {
    throw new SafetensorsError(
      file,
      `the header should have ${length} bytes but the file ends after ${fileSize - LENGTH_BYTES}`,
    );
  }
  return Number(length);
}

/**
 * Parses and validates a header: known dtypes, dtype x shape = bytes without overflow, byte ranges
 * that follow each other without gap or overlap and end with the file, unique names, text metadata.
 *
 * @param json the header's bytes, without the length field
 * @param fileSize bytes of the whole file
 * @param file name for error messages
 * @throws {SafetensorsError} at the first rule broken.
 *
 * @example
 * ```ts
 * import { parseHeader } from "./safetensors_header.ts";
 * import assert from "node:assert/strict";
 *
 * const json = '{"x":{"dtype":"I16","shape":[3],"data_offsets":[0,6]}}';
 * const header = parseHeader(new TextEncoder().encode(json), 8 + json.length + 6, "x.safetensors");
 * assert.deepEqual(header.tensors.get("x"), { dtype: "I16", shape: [3], begin: 62, end: 68 });
 * ```
 */
export function parseHeader(json: Uint8Array, fileSize: number, file: string): Header {
  const scanner = new HeaderScanner(
    decode(json, file),
    (what, tensor) => new SafetensorsError(file, what, { tensor }),
  );
  const dataStart = LENGTH_BYTES + json.length;
  const metadata: Record<string, string> = Object.create(null);
  const entries: [string, TensorInfo][] = [];
  scanner.members((key) => {
    if (key === METADATA_KEY) {
      scanner.members((name) => metadata[name] = scanner.string());
    } else {
      scanner.tensor = key;
      entries.push([key, readEntry(scanner, dataStart)]);
      scanner.tensor = undefined;
    }
  });
  scanner.end();
  entries.sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  checkCover(entries, dataStart, fileSize, file);
  return { tensors: new Map(entries), metadata };
}

/**
 * Number of bytes that a tensor takes, or undefined where a size is not a whole number or a product
 * on the way passes 2^53 - 1: an overflow counts even where a later size is zero, as in the reference.
 */
export function byteLength(dtype: SafetensorsDType, shape: readonly number[]): number | undefined {
  let bytes = 1;
  for (const size of [...shape, DTYPE_BYTES[dtype]]) {
    bytes *= size;
    if (!Number.isSafeInteger(size) || size < 0 || !Number.isSafeInteger(bytes)) return undefined;
  }
  return bytes;
}

function decode(json: Uint8Array, file: string): string {
  let text;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(json);
  } catch {
    throw new SafetensorsError(file, "the header is not UTF-8 text");
  }
  if (!text.startsWith("{")) {
    throw new SafetensorsError(file, "the header does not start with '{'", {
      remedy: "this is not a safetensors file, or it is damaged",
    });
  }
  return text;
}

function readEntry(scanner: HeaderScanner, dataStart: number): TensorInfo {
  let dtype: string | undefined, shape: number[] | undefined, offsets: number[] | undefined;
  scanner.members((field) => {
    if (field === "dtype") dtype = scanner.string();
    else if (field === "shape") shape = scanner.integers();
    else if (field === "data_offsets") offsets = scanner.integers();
    else throw scanner.error(`${quote(field)} is not a field of the format`);
  });
  if (dtype === undefined) throw scanner.error("the dtype is missing");
  if (shape === undefined) throw scanner.error("the shape is missing");
  if (offsets === undefined) throw scanner.error("the data_offsets are missing");
  if (!isDType(dtype)) {
    throw scanner.error(`the dtype ${quote(dtype)} is not one of ${Object.keys(DTYPE_BYTES)}`);
  }
  if (offsets.length !== 2 || offsets[0] > offsets[1]) {
    throw scanner.error(`the data_offsets ${listed(offsets)} are not [begin, end]`);
  }
  const bytes = byteLength(dtype, shape);
  if (bytes === undefined) {
    throw scanner.error(`the shape ${listed(shape)} has too many elements`);
  }
  const [begin, end] = offsets;
  if (end - begin !== bytes) {
    throw scanner.error(
      `${dtype} of shape ${listed(shape)} takes ${bytes} bytes but its range has ${end - begin}`,
    );
  }
  return { dtype, shape, begin: dataStart + begin, end: dataStart + end };
}

function isDType(dtype: string): dtype is SafetensorsDType {
  return Object.hasOwn(DTYPE_BYTES, dtype);
}

/** Numbers from the file, cut short: a hostile shape may have millions. */
function listed(values: readonly number[]): string {
  return `[${values.slice(0, 8).join(", ")}${values.length > 8 ? ", ..." : ""}]`;
}

/** Requires that sorted `entries` tile the file from the end of the header to its last byte. */
function checkCover(
  entries: readonly (readonly [string, TensorInfo])[],
  dataStart: number,
  fileSize: number,
  file: string,
): void {
  let covered = dataStart;
  for (const [tensor, { begin, end }] of entries) {
    const failure = (what: string) => new SafetensorsError(file, what, { tensor });
    if (begin < covered) throw failure("its bytes overlap those of another tensor");
    if (begin > covered) throw failure(`${begin - covered} bytes before it belong to no tensor`);
    if (end > fileSize) {
      throw failure(`its bytes end at ${end} but the file has only ${fileSize}`);
    }
    covered = end;
  }
  if (covered < fileSize) {
    throw new SafetensorsError(file, `its last ${fileSize - covered} bytes belong to no tensor`);
  }
}
