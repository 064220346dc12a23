// Loads two epochs of training over a frame cache (`--cache PATH`, `--gb N`) and prints what came of them; see
// frame_cache_test.ts.
import { FrameCache } from "../../src/data/frame_cache.ts";
import { Loader } from "../../src/data/loader.ts";
import { digest } from "../video/digest.ts";
import { collect, dataset, options } from "./toy.ts";

const [path] = Deno.args, notes: string[] = [];
await using frameCache = await FrameCache.open(path, {
  maxBytes: 1e9,
  onNote: (note) => notes.push(note),
});
const loader = new Loader(dataset(), {
  ...{ ...options, training: true, dropLast: false, size: 64, frameCache },
});
const digests = [];
for (const epoch of [0, 1]) {
  for (const { frames } of await collect(loader, epoch)) digests.push(await digest(frames));
}
const { decoded, cached } = loader.stats;
console.log(JSON.stringify({ digests, decoded, cached, notes }));
