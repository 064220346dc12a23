/** A `.npy` file as numpy.save writes it. */
export function npy(
  type: string,
  shape: readonly number[],
  values: { buffer: ArrayBufferLike },
  { version = 1, fortran = false } = {},
): Uint8Array<ArrayBuffer> {
  const sizes = shape.join(", ") + (shape.length === 1 ? "," : "");
  const dict = `{'descr': '${type}', 'fortran_order': ${fortran ? "True" : "False"}, ` +
    `'shape': (${sizes}), }`;
  const start = version === 1 ? 10 : 12;
  const header = dict.padEnd(Math.ceil((start + dict.length + 1) / 64) * 64 - start - 1) + "\n";
  const data = new Uint8Array(values.buffer),
    out = new Uint8Array(start + header.length + data.length);
  out.set([0x93, ...new TextEncoder().encode("NUMPY"), version, 0]);
  const view = new DataView(out.buffer);
  if (version === 1) view.setUint16(8, header.length, true);
  else view.setUint32(8, header.length, true);
  out.set(new TextEncoder().encode(header), start);
  out.set(data, start + header.length);
  return out;
}
