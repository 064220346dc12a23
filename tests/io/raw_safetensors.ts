/** Safetensors files put together by hand, so that tests can break any rule. */

/** A header of any text, and `dataBytes` bytes 1, 2, 3, ... after it. */
export function rawFile(header: string, dataBytes = 0): Uint8Array<ArrayBuffer> {
  const json = new TextEncoder().encode(header);
  const bytes = new Uint8Array(8 + json.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  for (let i = 0; i < dataBytes; i++) bytes[8 + json.length + i] = i + 1;
  return bytes;
}

/** The header entry of one tensor. */
export function entry(name: string, dtype: string, shape: string, offsets: string): string {
  return `${JSON.stringify(name)}:{"dtype":"${dtype}","shape":${shape},"data_offsets":${offsets}}`;
}

/** A file with one tensor `x`. */
export function fileOf(
  dtype: string,
  shape: number[],
  data: ArrayBufferView,
): Uint8Array<ArrayBuffer> {
  const file = rawFile(
    `{${entry("x", dtype, JSON.stringify(shape), `[0,${data.byteLength}]`)}}`,
    data.byteLength,
  );
  file.set(
    new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
    file.length - data.byteLength,
  );
  return file;
}
