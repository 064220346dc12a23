/**
 * Packs a folder of videos into one LMDB file:
 *
 *     deno task pack FOLDER OUTPUT.lmdb
 *     deno task pack FOLDER OUTPUT.lmdb --lmdb-format 1     for Python's lmdb and the original
 *
 * @module
 */
import { packVideos } from "../src/data/pack.ts";
import { runTask } from "./_cli.ts";
import { bytesText, count, sumUp, withProgress } from "./_videos.ts";

await runTask({
  command: "deno task pack",
  purpose: "Pack the videos below a folder into one LMDB file, each under its file name.",
  operands: ["FOLDER", "OUTPUT"],
  flags: {
    lmdb_format: {
      kind: "choice",
      choices: ["1", "2"],
      default: "2",
      meaning:
        "LMDB's data format; both are read here. 2 needs nothing to be installed; 1 is what " +
        "Python's lmdb and the original CenterCLIP read, and needs liblmdb (apt-get install liblmdb0)",
    },
  },
  onInterrupt: () => "Stopping after this video",
}, async ({ operands: [folder, output], values: { lmdb_format }, signal }) => {
  const format = lmdb_format === "1" ? 1 : 2;
  const { videos, bytes, resumed, ignored, finished } = await withProgress(
    "pack",
    (onProgress) => packVideos(folder, output, { signal, format, onProgress }),
  );
  const file = finished ? output : `${output}.partial`;
  sumUp([
    `Packed ${count(videos, "video")} (${bytesText(bytes)}) into ${file}`,
    resumed > 0 && `${resumed} of them by an earlier run`,
    ignored > 0 && `left out, by their names no videos: ${ignored}`,
  ], finished);
});
