import assert from "node:assert/strict";
import { decoders, growth } from "../fault/memory.ts";

for (const decoder of decoders) {
  Deno.test(`a thousand clips by ${decoder} leave the memory of a process flat`, async () => {
    const grown = await growth(decoder, 1000);
    assert.ok(grown < 200e6, `${(grown / 1e6).toFixed(0)} MB`);
  });
}
