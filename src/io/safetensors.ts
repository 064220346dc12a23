/**
 * Safetensors files, read strictly: nothing of a file is believed before all of its header is
 * checked, and of a file on disk only the asked-for tensors are read.
 *
 * @module
 */

import { RangedFile } from "./ranged_file.ts";
import { SafetensorsFile } from "./safetensors_file.ts";
import { headerLength, LENGTH_BYTES, parseHeader } from "./safetensors_header.ts";
import { indexTensors } from "./safetensors_index.ts";

export type { SafetensorsDType, TensorInfo } from "./safetensors_header.ts";
export { SafetensorsError } from "./safetensors_error.ts";
export { parseSafetensors, SafetensorsFile, type TensorBytes } from "./safetensors_file.ts";
export { type TensorEntry, writeSafetensors } from "./safetensors_writer.ts";
export type { TensorReader } from "./tensor_reader.ts";

/**
 * Opens and validates a file on disk. Only the header is read now, and each tensor when asked for.
 *
 * @throws {UserError} where the file cannot be opened, {@link SafetensorsError} where it is not a
 * well-formed safetensors file.
 *
 * @example
 * ```ts
 * import { openSafetensors, writeSafetensors } from "./safetensors.ts";
 * import assert from "node:assert/strict";
 *
 * const path = await Deno.makeTempFile();
 * const bytes = new Uint8Array(Float32Array.of(1, 2, 3).buffer);
 * await writeSafetensors(path, [{ name: "x", dtype: "F32", shape: [3], bytes }]);
 * {
 *   using file = await openSafetensors(path);
 *   assert.deepEqual(await file.readF32("x"), Float32Array.of(1, 2, 3));
 * }
 * await Deno.remove(path);
 * ```
 */
export async function openSafetensors(path: string): Promise<SafetensorsFile> {
  const disk = await RangedFile.open(path);
  try {
    const start = await disk.read(0, Math.min(LENGTH_BYTES, disk.size));
    const dataStart = LENGTH_BYTES + headerLength(start, disk.size, path);
    const header = parseHeader(await disk.read(LENGTH_BYTES, dataStart), disk.size, path);
    const index = indexTensors(header, dataStart);
    return new SafetensorsFile(path, header.metadata, index, {
      bytes: (name) => disk.read(...index.metadata.get(name)!.data_offsets),
      readInto: (begin, target) => disk.readInto(begin, target),
      close: () => disk.close(),
    });
  } catch (error) {
    disk.close();
    throw error;
  }
}
