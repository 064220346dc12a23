/**
 * Decodes many clips in one process, and prints the memory that it holds after each tenth of them, in bytes
 * and as JSON. Arguments: the decoder, the number of clips. It is to be run with `--v8-flags=--expose-gc`.
 */
import { openDecoder } from "../../src/video/decode.ts";

const folder = new URL("../../fixtures/shapes/videos/", import.meta.url).pathname;
const files = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
const [prefer, count] = [Deno.args[0] as "native" | "wasm", Number(Deno.args[1])];

const held: number[] = [];
using decoder = await openDecoder({ prefer, workers: 2 });
for (let tenth = 0; tenth < 10; tenth++) {
  await Promise.all(Array.from({ length: count / 10 }, async (_, i) => {
    const path = folder + files[(tenth * count / 10 + i) % files.length];
    // As bytes every second time, which is how they come from an LMDB.
    const source = i % 2 === 0 ? { path } : () => ({ name: path, bytes: Deno.readFileSync(path) });
    await decoder.decode(source, { choose: { rule: "uniform", frames: 48 }, size: 224 });
  }));
  (globalThis as unknown as { gc(): void }).gc();
  held.push(Deno.memoryUsage().rss);
}
console.log(JSON.stringify(held));
