/**
 * The files of PyTorch in fixtures/torch, and what PyTorch says of their tensors.
 */
import type { TorchTensor } from "../../src/io/torch_tensor.ts";

/** The path of a fixture. */
export const fixture = (name: string) =>
  new URL(`../../fixtures/torch/${name}`, import.meta.url).pathname;

/** By file and tensor: dtype, shape and values. */
export const EXPECTED = JSON.parse(await Deno.readTextFile(fixture("expected.json"))) as Record<
  string,
  Record<string, [dtype: string, shape: number[], values: number[]]>
>;

const NAMES: Readonly<Record<string, string>> = {
  F64: "float64",
  F32: "float32",
  F16: "float16",
  BF16: "bfloat16",
  I64: "int64",
  I32: "int32",
  I16: "int16",
  I8: "int8",
  U8: "uint8",
  BOOL: "bool",
};

/** The values of a half-precision number: every value of the fixtures is a small multiple of 1/4. */
function half(bits: number, exponentBits: number, mantissaBits: number): number {
  const exponent = (bits >> mantissaBits) & ((1 << exponentBits) - 1);
  const mantissa = bits & ((1 << mantissaBits) - 1), bias = (1 << (exponentBits - 1)) - 1;
  const size = exponent === 0
    ? mantissa * 2 ** (1 - bias - mantissaBits)
    : (1 + mantissa * 2 ** -mantissaBits) * 2 ** (exponent - bias);
  return bits >> 15 ? -size : size;
}

/** A tensor as PyTorch tells of it. */
export function told(
  { dtype, shape, bytes }: { dtype: string; shape: readonly number[]; bytes: Uint8Array },
): [string, number[], number[]] {
  const view = new DataView(bytes.slice().buffer);
  const readers: Record<string, [width: number, at: (i: number) => number]> = {
    F64: [8, (i) => view.getFloat64(i, true)],
    F32: [4, (i) => view.getFloat32(i, true)],
    F16: [2, (i) => half(view.getUint16(i, true), 5, 10)],
    BF16: [2, (i) => half(view.getUint16(i, true), 8, 7)],
    I64: [8, (i) => Number(view.getBigInt64(i, true))],
    I32: [4, (i) => view.getInt32(i, true)],
    I16: [2, (i) => view.getInt16(i, true)],
    I8: [1, (i) => view.getInt8(i)],
    U8: [1, (i) => view.getUint8(i)],
    BOOL: [1, (i) => view.getUint8(i)],
  };
  const [width, at] = readers[dtype];
  const values = Array.from({ length: bytes.length / width }, (_, i) => at(i * width));
  return [NAMES[dtype], [...shape], values];
}

/** As {@link told}, of a tensor that is not read yet. */
export async function toldOf(tensor: TorchTensor) {
  return told({ dtype: tensor.dtype, shape: tensor.shape, bytes: await tensor.bytes() });
}
