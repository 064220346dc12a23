/**
 * NumPy's array files: whole numbers only, for token ids.
 *
 * Source: numpy, `numpy.lib.format`: a magic, a version, the header's length, a header that is a Python
 * dict of `descr`, `fortran_order` and `shape`, then the numbers.
 *
 * @module
 */

import { UserError } from "../errors.ts";

/** An array of whole numbers. */
export interface NpyArray {
  readonly shape: readonly number[];
  /** The numbers, the last dimension fastest. */
  readonly values: Float64Array;
}

/** How a number is read, by NumPy's name of its type. */
const READERS: Readonly<Record<string, (view: DataView, at: number) => number>> = {
  "|i1": (view, at) => view.getInt8(at),
  "|u1": (view, at) => view.getUint8(at),
  "<i2": (view, at) => view.getInt16(at, true),
  "<u2": (view, at) => view.getUint16(at, true),
  "<i4": (view, at) => view.getInt32(at, true),
  "<u4": (view, at) => view.getUint32(at, true),
  "<i8": (view, at) => Number(view.getBigInt64(at, true)),
  "<u8": (view, at) => Number(view.getBigUint64(at, true)),
};

const HEADER =
  /^\{\s*'descr':\s*'([^']*)',\s*'fortran_order':\s*(True|False),\s*'shape':\s*\(([\d,\s]*)\),?\s*\}\s*$/;

/**
 * Reads the bytes of a `.npy` file.
 *
 * @param name The file, for messages.
 * @throws {UserError} if it is no such file, holds anything but whole numbers in row order, or has more or
 *   fewer bytes than its header says.
 *
 * @example
 * ```ts
 * import { parseNpy } from "./npy.ts";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const header = "{'descr': '|u1', 'fortran_order': False, 'shape': (1, 2), }\n";
 * const file = `\x93NUMPY\x01\x00${String.fromCharCode(header.length)}\x00${header}\x05\x07`;
 * const { shape, values } = parseNpy(Uint8Array.from(file, (c) => c.charCodeAt(0)), "ids.npy");
 * deepStrictEqual([shape, [...values]], [[1, 2], [5, 7]]);
 * ```
 */
export function parseNpy(bytes: Uint8Array, name: string): NpyArray {
  const latin1 = (from: number, to: number) =>
    String.fromCharCode(...bytes.subarray(from, Math.min(to, from + 0xffff)));
  if (latin1(0, 6) !== "\x93NUMPY" || bytes.length < 12) {
    throw new UserError(`${name} is not a NumPy file; write it with numpy.save`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = bytes[6] === 1 ? 10 : 12;
  const end = start + (start === 10 ? view.getUint16(8, true) : view.getUint32(8, true));
  const [, type, fortran, sizes] = HEADER.exec(latin1(start, end)) ?? [];
  if (type === undefined) {
    throw new UserError(`${name} has a header that is not understood; write it with numpy.save`);
  }
  const read = Object.hasOwn(READERS, type) ? READERS[type] : undefined;
  if (read === undefined || fortran === "True") {
    throw new UserError(
      `${name} holds ${
        fortran === "True" ? "columns before rows" : `numbers of type "${type}"`
      }; ` +
        "save whole numbers in row order: numpy.ascontiguousarray(ids).astype('int64')",
    );
  }
  const shape = sizes.split(",").map((size) => size.trim()).filter((size) => size !== "")
    .map(Number);
  const count = shape.reduce((a, b) => a * b, 1), width = Number(type[2]);
  if (bytes.length !== end + count * width) {
    throw new UserError(
      `${name} has ${bytes.length} bytes where its header asks for ${end + count * width}; ` +
        "write it again",
    );
  }
  return {
    shape,
    values: Float64Array.from({ length: count }, (_, i) => read(view, end + i * width)),
  };
}
