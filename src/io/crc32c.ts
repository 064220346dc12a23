/**
 * CRC-32C, the checksum of TFRecord files.
 *
 * @module
 */

/** The Castagnoli polynomial 0x1EDC6F41, bits reversed. */
const POLYNOMIAL = 0x82f63b78;

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  for (let bit = 0; bit < 8; bit++) byte = byte & 1 ? (byte >>> 1) ^ POLYNOMIAL : byte >>> 1;
  return byte;
});

/**
 * CRC-32C of `bytes` (RFC 3720, appendix B.4), as an unsigned 32-bit number.
 *
 * @example
 * ```ts
 * import { crc32c } from "./crc32c.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(crc32c(new TextEncoder().encode("123456789")), 0xe3069283);
 * ```
 */
export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (let i = 0; i < bytes.length; i++) crc = TABLE[(crc ^ bytes[i]) & 0xff] ^ (crc >>> 8);
  return ~crc >>> 0;
}

/**
 * The checksum as TFRecord stores it: rotated right by 15 bits plus a constant, so that a checksum
 * over data that holds checksums stays meaningful (TensorFlow, `tsl/lib/hash/crc32c.h`).
 *
 * @example
 * ```ts
 * import { maskedCrc32c } from "./crc32c.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(maskedCrc32c(new Uint8Array(0)), 0xa282ead8);
 * ```
 */
export function maskedCrc32c(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}
