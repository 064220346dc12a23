import assert from "node:assert/strict";
import { decoders, growth } from "./memory.ts";

/** A native clip costs two processes. */
const CLIPS = { wasm: 150, native: 40 };

for (const decoder of decoders) {
  Deno.test(`${CLIPS[decoder]} clips by ${decoder} leave the memory of a process flat`, async () => {
    const grown = await growth(decoder, CLIPS[decoder]);
    assert.ok(grown < CLIPS[decoder] * 1.5e6, `${(grown / 1e6).toFixed(0)} MB`);
  });
}
