// Works on the videos of an LMDB on a machine with something amiss, and prints what that ends in; see
// place_test.ts.
import { Loader } from "../../src/data/loader.ts";
import { checkVideos } from "../../src/data/prepare/check_videos.ts";
import { PlaceError } from "../../src/errors.ts";
import { collect, dataset, FILES, options } from "./toy.ts";

const [way, lmdb] = Deno.args;
try {
  if (way === "check") {
    await checkVideos({ lmdb }, {
      ...{ workers: 1, decoder: "native" },
      // The decoder is open: its scratch folder goes.
      onProgress: () => Deno.removeSync(Deno.env.get("TMPDIR")!, { recursive: true }),
    });
  } else {
    const onBad = () => {};
    await collect(
      new Loader(dataset(FILES), { ...options, videos: { lmdb }, decoder: "native", onBad }),
    );
  }
} catch (error) {
  if (!(error instanceof PlaceError)) throw error;
  console.log(error.message);
}
