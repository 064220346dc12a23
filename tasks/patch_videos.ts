/**
 * Draws the frames and the patches that a vision transformer sees of a video, or of a folder of videos:
 *
 *     deno task patch-videos VIDEO|FOLDER OUT
 *
 * @module
 */
import { patchVideos } from "../src/data/prepare/patch_videos.ts";
import { UsageError } from "../src/errors.ts";
import { runTask } from "./_cli.ts";
import { frameFlags } from "./_frame_flags.ts";
import {
  badVideoFlags,
  badVideoRule,
  count,
  readingFlags,
  sumUp,
  withProgress,
} from "./_videos.ts";

await runTask({
  command: "deno task patch-videos",
  purpose:
    "Write the frames that evaluation takes of a video as crop-<i>.png, and their patches, column by column, as crop-<i>/crop-<i>-<n>.png. Of a folder, each video gets a folder below OUT; one that is there already stays as it is.",
  operands: ["VIDEO|FOLDER", "OUT"],
  flags: { ...frameFlags, ...readingFlags, ...badVideoFlags },
  onInterrupt: () => "Stopping",
}, async ({ operands: [input, output], values, signal }) => {
  const { max_frames: frames, size, patch, compat, workers, decoder } = values;
  if (patch > size) throw new UsageError(`--patch: ${patch} is more than --size ${size}`);
  const done = await withProgress("patch", (onProgress) =>
    patchVideos(input, output, {
      ...{ frames, size, patch, resize: compat !== "reference", workers, decoder },
      ...{ ...badVideoRule(values), onProgress, signal },
    }));
  sumUp([
    `Drew ${count(frames, "frame")} of each of ${count(done.made, "video")} to ${output}`,
    done.there > 0 && `there already: ${done.there}`,
    done.bad.length > 0 && `bad: ${done.bad.length}`,
    done.ignored > 0 && `left out, by their names no videos: ${done.ignored}`,
  ], done.finished);
});
