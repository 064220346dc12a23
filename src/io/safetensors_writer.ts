/**
 * Safetensors files, written tensor by tensor.
 *
 * @module
 */

import { writeAtomic } from "./atomic.ts";
import { quote, SafetensorsError } from "./safetensors_error.ts";
import {
  byteLength,
  DTYPE_BYTES,
  LENGTH_BYTES,
  MAX_HEADER_BYTES,
  METADATA_KEY,
  type SafetensorsDType,
} from "./safetensors_header.ts";

/** A tensor to be written. */
export interface TensorEntry {
  readonly name: string;
  readonly dtype: SafetensorsDType;
  /** Sizes, outermost first; empty for a scalar. */
  readonly shape: readonly number[];
  /**
   * Little-endian elements, row-major. A function is called once, when the tensor's turn comes, so
   * that only one tensor need be in memory.
   */
  readonly bytes: Uint8Array | (() => Uint8Array | Promise<Uint8Array>);
}

/**
 * Writes a safetensors file, atomically. The same tensors and metadata give the same bytes in
 * whatever order they come: like the reference, larger element types stand first, then names in
 * order, so that every tensor is aligned to its element; the data starts at a multiple of 8.
 *
 * All of `tensors` is taken before the first byte is written, since the header stands in front.
 *
 * @throws {SafetensorsError} where an entry breaks the format (a name given twice, a shape that does
 * not fit its bytes, ...); {@link UserError} where the file cannot be written.
 *
 * @example
 * ```ts
 * import { writeSafetensors } from "./safetensors_writer.ts";
 *
 * const path = await Deno.makeTempFile();
 * const bytes = () => new Uint8Array(Float32Array.of(1, 2).buffer);
 * await writeSafetensors(path, [{ name: "x", dtype: "F32", shape: [1, 2], bytes }], { made: "now" });
 * await Deno.remove(path);
 * ```
 */
export async function writeSafetensors(
  path: string,
  tensors: Iterable<TensorEntry> | AsyncIterable<TensorEntry>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  const entries: TensorEntry[] = await Array.fromAsync(tensors);
  entries.sort((a, b) =>
    DTYPE_BYTES[b.dtype] - DTYPE_BYTES[a.dtype] || (a.name < b.name ? -1 : Number(a.name > b.name))
  );
  await writeAtomic(path, fileChunks(path, entries, encodeHeader(path, entries, metadata)));
}

async function* fileChunks(path: string, entries: readonly TensorEntry[], header: Uint8Array) {
  yield header;
  for (const { name, dtype, shape, bytes } of entries) {
    const chunk = typeof bytes === "function" ? await bytes() : bytes;
    const expected = byteLength(dtype, shape);
    if (chunk.length !== expected) {
      throw entryError(
        path,
        name,
        `${dtype} [${shape}] takes ${expected} bytes, not ${chunk.length}`,
      );
    }
    yield chunk;
  }
}

/** The length field and the header's JSON, padded with spaces to a multiple of 8 bytes. */
function encodeHeader(
  path: string,
  entries: readonly TensorEntry[],
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  // Members are joined by hand: in an object, a name such as "10" would jump the queue.
  const members: string[] = [];
  const texts = Object.entries(metadata).sort(([a], [b]) => a < b ? -1 : 1);
  if (texts.length > 0) {
    const pairs = texts.map(([key, text]) => `${literal(path, key)}:${literal(path, text)}`);
    members.push(`"${METADATA_KEY}":{${pairs.join()}}`);
  }
  const names = new Set<string>([METADATA_KEY]);
  let begin = 0;
  for (const { name, dtype, shape } of entries) {
    if (names.has(name)) throw entryError(path, name, "the name is given twice or is reserved");
    names.add(name);
    const bytes = byteLength(dtype, shape);
    if (bytes === undefined) throw entryError(path, name, `[${shape}] is not a shape`);
    const entry = { dtype, shape, data_offsets: [begin, begin += bytes] };
    members.push(`${literal(path, name)}:${JSON.stringify(entry)}`);
  }
  const json = new TextEncoder().encode(`{${members.join()}}`);
  const length = Math.ceil(json.length / 8) * 8;
  if (length > MAX_HEADER_BYTES) {
    throw new SafetensorsError(path, `the header would take ${length} bytes`, {
      remedy: `shorten names or metadata to ${MAX_HEADER_BYTES} bytes in all`,
    });
  }
  const header = new Uint8Array(LENGTH_BYTES + length).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(length), true);
  header.set(json, LENGTH_BYTES);
  return header;
}

function literal(path: string, text: string): string {
  if (text.isWellFormed()) return JSON.stringify(text);
  throw new SafetensorsError(path, `${quote(text)} is not Unicode text`, {
    remedy: "correct the name or the metadata",
  });
}

function entryError(path: string, tensor: string, what: string): SafetensorsError {
  return new SafetensorsError(path, what, { tensor, remedy: "correct the tensor to be written" });
}
