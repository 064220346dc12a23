/**
 * Damages bytes as disks, networks and adversaries do.
 */
import { Random } from "../../src/tensor/random.ts";

/** Bytes that matter in pickles and zip files. */
const TELLING = [
  0x00,
  0x01,
  0x28,
  0x2e,
  0x50,
  0x51,
  0x52,
  0x62,
  0x63,
  0x71,
  0x7f,
  0x80,
  0x8b,
  0xff,
];

/** A damaged copy: bits flipped, bytes replaced, runs cut, doubled, moved or zeroed, fields made huge. */
export function mutate(original: Uint8Array, random: Random): Uint8Array<ArrayBuffer> {
  let bytes = original.slice();
  for (let round = 1 + random.integer(3); round > 0 && bytes.length > 0; round--) {
    const at = random.integer(bytes.length);
    const length = Math.min(bytes.length - at, 1 + random.integer(64));
    const join = (...parts: Uint8Array[]) => Uint8Array.from(parts.flatMap((part) => [...part]));
    switch (random.integer(8)) {
      case 0:
        bytes[at] ^= 1 << random.integer(8);
        break;
      case 1:
        bytes[at] = TELLING[random.integer(TELLING.length)];
        break;
      case 2:
        bytes = bytes.slice(0, at);
        break;
      case 3:
        bytes = join(bytes.subarray(0, at), bytes.subarray(at + length));
        break;
      case 4:
        bytes = join(bytes.subarray(0, at + length), bytes.subarray(at));
        break;
      case 5:
        bytes.copyWithin(random.integer(bytes.length), at, at + length);
        break;
      case 6:
        bytes.fill(0, at, at + length);
        break;
      default:
        bytes.fill(0xff, at, at + Math.min(8, length));
    }
  }
  return bytes;
}
