/**
 * Writes state dicts as `torch.save` does: a zip of stored entries around a pickle.
 */
import { crc32 } from "node:zlib";

/** An f32 tensor to be written. */
export interface Written {
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

const utf8 = new TextEncoder();
const u32 = (n: number) => new Uint8Array(Uint32Array.of(n).buffer);
const u16 = (n: number) => new Uint8Array(Uint16Array.of(n).buffer);
const join = (parts: readonly Uint8Array[]) => {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
};

const text = (value: string) =>
  join([utf8.encode("X"), u32(utf8.encode(value).length), utf8.encode(value)]);
const int = (value: number) => join([utf8.encode("J"), u32(value)]);
const tuple = (items: readonly Uint8Array[]) =>
  join([utf8.encode("("), ...items, utf8.encode("t")]);
const global = (module: string, name: string) => utf8.encode(`c${module}\n${name}\n`);

function pickledTensor({ shape, bytes }: Written, key: number): Uint8Array {
  const strides = shape.map((_, i) => shape.slice(i + 1).reduce((product, n) => product * n, 1));
  const storage = tuple([
    text("storage"),
    global("torch", "FloatStorage"),
    text(String(key)),
    text("cpu"),
    int(bytes.length / 4),
  ]);
  const args = tuple([
    storage,
    utf8.encode("Q"),
    int(0),
    tuple(shape.map(int)),
    tuple(strides.map(int)),
    Uint8Array.of(0x89),
    utf8.encode("N"),
  ]);
  return join([global("torch._utils", "_rebuild_tensor_v2"), args, utf8.encode("R")]);
}

function zip(
  entries: readonly (readonly [name: string, bytes: Uint8Array])[],
): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [], directory: Uint8Array[] = [];
  let at = 0;
  for (const [name, bytes] of entries) {
    const common = join([
      u16(0),
      u16(0),
      u32(0),
      u32(crc32(bytes)),
      u32(bytes.length),
      u32(bytes.length),
      u16(name.length),
      u16(0),
    ]);
    const local = join([u32(0x04034b50), u16(20), common, utf8.encode(name), bytes]);
    directory.push(
      join([
        u32(0x02014b50),
        u16(20),
        u16(20),
        common,
        u16(0),
        u16(0),
        u16(0),
        u32(0),
        u32(at),
        utf8.encode(name),
      ]),
    );
    parts.push(local);
    at += local.length;
  }
  const central = join(directory), count = u16(entries.length);
  const end = join([
    u32(0x06054b50),
    u16(0),
    u16(0),
    count,
    count,
    u32(central.length),
    u32(at),
    u16(0),
  ]);
  return join([...parts, central, end]);
}

/** A checkpoint as the original saves it: `{"state_dict": {...}, "epoch": ..., "global_step": ...}`. */
export function torchCheckpoint(
  state: ReadonlyMap<string, Written>,
  { epoch, step, best }: { epoch: number; step: number; best: number },
): Uint8Array<ArrayBuffer> {
  const items = [...state];
  const pickle = join([
    Uint8Array.of(0x80, 2),
    utf8.encode("}("),
    ...[text("epoch"), int(epoch), text("global_step"), int(step)],
    ...[text("arch"), text("CLIp4Clip"), text("state_dict")],
    utf8.encode("}("),
    ...items.flatMap(([name, tensor], i) => [text(name), pickledTensor(tensor, i)]),
    utf8.encode("u"),
    ...[text("best_acc1"), int(best)],
    utf8.encode("u."),
  ]);
  return zip([
    ["ckpt/data.pkl", pickle],
    ["ckpt/byteorder", utf8.encode("little")],
    ...items.map(([, { bytes }], i) => [`ckpt/data/${i}`, bytes] as const),
    ["ckpt/version", utf8.encode("3\n")],
  ]);
}
