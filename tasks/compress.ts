/**
 * Compresses a folder of videos for training: 3 frames a second, the shorter side 224, H.264.
 *
 *     deno task compress IN_FOLDER OUT_FOLDER
 *
 * @module
 */
import { BAD_LIST, compressFolder } from "../src/data/compress.ts";
import { UsageError } from "../src/errors.ts";
import { Progress } from "../src/train/log/progress.ts";
import { writeLine } from "../src/train/log/terminal.ts";
import { flags as trainFlags } from "../src/train/config/settings.ts";
import { runTask } from "./_cli.ts";

await runTask({
  command: "deno task compress",
  purpose:
    "Compress the videos below a folder for training: few frames a second, small, upright, H.264 without sound. Videos that the output holds are left as they are, so the same command goes on with a run that was ended.",
  operands: ["IN_FOLDER", "OUT_FOLDER"],
  flags: {
    fps: { kind: "float", default: 3, above: 0, meaning: "frames a second" },
    size: { kind: "int", default: 224, min: 2, meaning: "pixels of the shorter side; even" },
    keep_folders: {
      kind: "flag",
      default: false,
      meaning: "keep the folders below IN_FOLDER; else all videos come into one folder",
    },
    workers: {
      kind: "int",
      default: navigator.hardwareConcurrency,
      min: 1,
      meaning: "videos compressed at a time",
    },
    decoder: trainFlags.decoder,
    bad_video: {
      ...trainFlags.bad_video,
      meaning: "what a video that cannot be read does: it is listed and left out, or ends the run",
    },
    bad_video_limit: { ...trainFlags.bad_video_limit, default: 1 },
    compat: trainFlags.compat,
  },
  onInterrupt: () => "Stopping",
}, async ({ operands: [input, output], values, signal }) => {
  const { fps, size, keep_folders: keepFolders, workers, decoder, compat } = values;
  if (size % 2 === 1) throw new UsageError(`--size: ${size} is odd; H.264 takes even sides only`);
  let progress: Progress | undefined;
  const done = await compressFolder(input, output, {
    ...{ fps, size, keepFolders, workers, decoder, signal, compat: compat ?? undefined },
    badVideo: values.bad_video,
    maxBad: (videos) => Math.floor(values.bad_video_limit * videos),
    onProgress: (n, total) => (progress ??= new Progress("compress", total, { from: n })).update(n),
    onBad: (message) => writeLine(`bad: ${message}`),
  }).finally(() => progress?.[Symbol.dispose]());
  const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
  writeLine([
    `Compressed ${done.made} of ${done.videos} ${done.videos === 1 ? "video" : "videos"} ` +
    `(${megabytes(done.bytesBefore)} to ${megabytes(done.bytesAfter)}, ${done.engine} ffmpeg)`,
    ...(done.there > 0 ? [`there already: ${done.there}`] : []),
    ...(done.bad.length > 0 ? [`bad: ${done.bad.length}, listed in ${output}/${BAD_LIST}`] : []),
    ...(done.renamed > 0 ? [`now .mp4, for theirs cannot hold H.264: ${done.renamed}`] : []),
    ...(done.ignored > 0 ? [`left out, by their names no videos: ${done.ignored}`] : []),
  ].join("; "));
  if (!done.finished) writeLine("Not finished; the same command goes on.");
});
