import assert from "node:assert/strict";
import { crc32c, maskedCrc32c } from "../../src/io/crc32c.ts";

Deno.test("crc32c gives the known answers of RFC 3720", () => {
  const ascending = Uint8Array.from({ length: 32 }, (_, i) => i);
  assert.equal(crc32c(new Uint8Array(32)), 0x8a9136aa);
  assert.equal(crc32c(new Uint8Array(32).fill(0xff)), 0x62a8ab43);
  assert.equal(crc32c(ascending), 0x46dd794e);
  assert.equal(crc32c(ascending.toReversed()), 0x113fdb5c);
  assert.equal(crc32c(new TextEncoder().encode("123456789")), 0xe3069283);
  assert.equal(crc32c(new Uint8Array(0)), 0);
});

Deno.test("the mask rotates right by 15 and adds its constant modulo 2^32", () => {
  const crc = 0xe3069283n;
  const rotated = ((crc >> 15n) | (crc << 17n)) & 0xffffffffn;
  const expected = Number((rotated + 0xa282ead8n) & 0xffffffffn);
  assert.equal(maskedCrc32c(new TextEncoder().encode("123456789")), expected);
});
