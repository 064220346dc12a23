// Loads batches and gives up on them in the way its argument says; see loader_test.ts.
import { Loader } from "../../src/data/loader.ts";

const [way] = Deno.args;
const loader = new Loader({
  ...{ name: "probe", split: "test", length: 4 },
  at: (i) => ({ id: `${i}`, file: "h264.mp4", text: "", start: i / 10 }),
}, {
  ...{ batchSize: 2, maxWords: 1, maxFrames: 2, size: 8, training: false, seed: 0, workers: 2 },
  decoder: "wasm",
  videos: { folder: new URL("../../fixtures/videos", import.meta.url).pathname },
  pack: () => ({ ids: new Int32Array(1), mask: new Int32Array(1) }),
});
try {
  for await (const _ of loader.epoch(0)) {
    if (way === "leave") break;
    if (way === "throw") throw new Error(way);
  }
} catch (error) {
  if (!(error instanceof Error) || error.message !== way) throw error;
}
console.log(way);
