// Fills a frame cache, says so, and then changes entry after entry of it for some milliseconds, a
// transaction each; see frame_cache_test.ts.
import { openCacheFile } from "../../src/data/frame_cache_file.ts";
import { Random } from "../../src/tensor/random.ts";

const ENTRIES = 20_000;
const [path, ms] = Deno.args, random = new Random(1, [0]);
const { database } = await openCacheFile(path);
const keyOf = (entry: number) => {
  const key = new Uint8Array(36);
  new DataView(key.buffer).setUint32(0, entry);
  return key;
};
database.transactionSync(() => {
  for (let entry = 0; entry < ENTRIES; entry++) database.putSync(keyOf(entry), new Uint8Array(400));
});
console.log("ready");
for (const begin = performance.now(); performance.now() - begin < Number(ms);) {
  database.transactionSync(() => {
    for (let i = 0; i < 20; i++) {
      database.putSync(keyOf(random.integer(ENTRIES)), new Uint8Array(400));
    }
  });
}
await database.close();
