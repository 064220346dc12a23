/**
 * Packs a folder of videos into one LMDB file:
 *
 *     deno task pack FOLDER OUTPUT.lmdb
 *
 * @module
 */
import { packVideos } from "../src/data/pack.ts";
import { Progress } from "../src/train/log/progress.ts";
import { writeLine } from "../src/train/log/terminal.ts";
import { runTask } from "./_cli.ts";

await runTask({
  command: "deno task pack",
  purpose: "Pack the videos below a folder into one LMDB file, each under its file name.",
  operands: ["FOLDER", "OUTPUT"],
  flags: {},
  onInterrupt: () => "Stopping after this video",
}, async ({ operands: [folder, output], signal }) => {
  let progress: Progress | undefined;
  const summary = await packVideos(folder, output, {
    signal,
    onProgress: (done, total) => (progress ??= new Progress("pack", total)).update(done),
  }).finally(() => progress?.[Symbol.dispose]());
  if (summary === undefined) return writeLine("Not finished; the same command goes on.");
  const { videos, bytes, resumed, ignored } = summary;
  writeLine([
    `Packed ${videos} ${videos === 1 ? "video" : "videos"} (${
      (bytes / 1e6).toFixed(1)
    } MB) into ${output}`,
    ...(resumed > 0 ? [`${resumed} of them by an earlier run`] : []),
    ...(ignored > 0 ? [`left out, by their names no videos: ${ignored}`] : []),
  ].join("; "));
});
