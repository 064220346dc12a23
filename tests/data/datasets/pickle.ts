/**
 * Writes pickles as Python does, of what `raw-captions.pkl` holds: dictionaries, lists, texts.
 */

/** A value that Python would pickle as plain containers. */
export type Plain = string | readonly Plain[] | ReadonlyMap<string, Plain>;

const OPCODES = {
  ...{ proto: 0x80, frame: 0x95, stop: 0x2e, mark: 0x28, text: 0x58, shortText: 0x8c },
  ...{ list: 0x5d, append: 0x61, appends: 0x65, dict: 0x7d, item: 0x73, items: 0x75 },
  ...{ put: 0x71, longPut: 0x72, memoize: 0x94, get: 0x68, longGet: 0x6a },
} as const;

/** Items that Python puts between two marks. */
const BATCH = 1000;

/** The pickle of a value in protocol 2, 3 or 4; a text that comes again is fetched from the memo. */
export function pickle(value: Plain, protocol: 2 | 3 | 4): Uint8Array<ArrayBuffer> {
  const out: number[] = [], memo = new Map<string, number>();
  let remembered = 0;
  const size4 = (n: number) => [n & 255, n >> 8 & 255, n >> 16 & 255, n >>> 24];
  const indexed = (short: number, long: number, n: number) =>
    n < 256 ? out.push(short, n) : out.push(long, ...size4(n));
  const remember = () => {
    if (protocol === 4) out.push(OPCODES.memoize);
    else indexed(OPCODES.put, OPCODES.longPut, remembered);
    return remembered++;
  };
  const text = (value: string) => {
    const known = memo.get(value);
    if (known !== undefined) return indexed(OPCODES.get, OPCODES.longGet, known);
    const bytes = new TextEncoder().encode(value);
    if (protocol === 4 && bytes.length < 256) out.push(OPCODES.shortText, bytes.length);
    else out.push(OPCODES.text, ...size4(bytes.length));
    for (const byte of bytes) out.push(byte);
    memo.set(value, remember());
  };
  const batches = (parts: (() => void)[], one: number, many: number) => {
    for (let i = 0; i < parts.length; i += BATCH) {
      const batch = parts.slice(i, i + BATCH);
      if (batch.length > 1) out.push(OPCODES.mark);
      batch.forEach((part) => part());
      out.push(batch.length > 1 ? many : one);
    }
  };
  const write = (value: Plain): void => {
    if (typeof value === "string") {
      text(value);
    } else if (value instanceof Map) {
      out.push(OPCODES.dict);
      remember();
      const parts = [...value].map(([key, item]) => () => {
        text(key);
        write(item);
      });
      batches(parts, OPCODES.item, OPCODES.items);
    } else {
      out.push(OPCODES.list);
      remember();
      batches(
        [...value as readonly Plain[]].map((item) => () => write(item)),
        OPCODES.append,
        OPCODES.appends,
      );
    }
  };
  write(value);
  out.push(OPCODES.stop);
  const head = [OPCODES.proto, protocol];
  const frame = [OPCODES.frame, ...size4(out.length), 0, 0, 0, 0];
  // Spreading a million numbers would overflow the stack.
  const start = Uint8Array.from(protocol === 4 ? [...head, ...frame] : head);
  const bytes = new Uint8Array(start.length + out.length);
  bytes.set(start);
  bytes.set(out, start.length);
  return bytes;
}
