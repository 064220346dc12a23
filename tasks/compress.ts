/**
 * Compresses a folder of videos for training: 3 frames a second, the shorter side 224, H.264.
 *
 *     deno task compress IN_FOLDER OUT_FOLDER
 *
 * @module
 */
import { BAD_LIST, compressFolder } from "../src/data/prepare/compress.ts";
import { UsageError } from "../src/errors.ts";
import { flags as trainFlags } from "../src/train/config/settings.ts";
import { runTask } from "./_cli.ts";
import {
  badVideoFlags,
  badVideoRule,
  bytesText,
  count,
  readingFlags,
  sumUp,
  withProgress,
} from "./_videos.ts";

await runTask({
  command: "deno task compress",
  purpose:
    "Compress the videos below a folder for training: few frames a second, small, upright, H.264 without sound. Videos that OUT_FOLDER holds already stay as they are, so the same command goes on with a run that was ended.",
  operands: ["IN_FOLDER", "OUT_FOLDER"],
  flags: {
    fps: { kind: "float", default: 3, above: 0, meaning: "frames a second" },
    size: { kind: "int", default: 224, min: 2, meaning: "pixels of the shorter side; even" },
    keep_folders: {
      kind: "flag",
      default: false,
      meaning: "keep the folders below IN_FOLDER; else all videos come into one folder",
    },
    ...readingFlags,
    ...badVideoFlags,
    compat: {
      ...trainFlags.compat,
      meaning:
        "reference: choose frames, and squash upright videos, as the original's command does",
    },
  },
  onInterrupt: () => "Stopping",
}, async ({ operands: [input, output], values, signal }) => {
  const { fps, size, keep_folders: keepFolders, workers, decoder, compat } = values;
  if (size % 2 === 1) throw new UsageError(`--size: ${size} is odd; H.264 takes even sides only`);
  const done = await withProgress("compress", (onProgress) =>
    compressFolder(input, output, {
      ...{ fps, size, keepFolders, workers, decoder, compat: compat ?? undefined },
      ...{ ...badVideoRule(values), onProgress, signal },
    }));
  sumUp([
    `Compressed ${done.made} of ${count(done.videos, "video")} by ${done.engine} ffmpeg`,
    done.made > 0 && `${bytesText(done.bytesBefore)} became ${bytesText(done.bytesAfter)}`,
    done.there > 0 && `there already: ${done.there}`,
    done.bad.length > 0 && `bad: ${done.bad.length}, listed in ${output}/${BAD_LIST}`,
    done.renamed > 0 && `.mp4 now, since theirs cannot hold H.264: ${done.renamed}`,
    done.ignored > 0 && `left out, by their names no videos: ${done.ignored}`,
  ], done.finished);
});
