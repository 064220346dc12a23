/**
 * Draws over the frames of a video which patches token clustering keeps:
 *
 *     deno task visualize VIDEO OUT --resume CHECKPOINT
 *     deno task visualize VIDEO OUT --ids ids.npy
 *
 * @module
 */
import { keptByFrame, readIds } from "../src/data/kept_ids.ts";
import { parentFolder, trimmed } from "../src/data/paths.ts";
import { demandRoom } from "../src/data/prepare/patch_videos.ts";
import { makeFolder } from "../src/data/prepare/video_folder.ts";
import { UsageError } from "../src/errors.ts";
import { removeLeftovers } from "../src/io/atomic.ts";
import { writeFolder } from "../src/io/atomic_folder.ts";
import { flags as trainFlags } from "../src/train/config/settings.ts";
import { writeLine } from "../src/train/log/terminal.ts";
import { type ModelView, viewByModel } from "../src/train/visualize.ts";
import { openDecoder } from "../src/video/decode.ts";
import { coverPatches, eachFrame, png } from "../src/video/png.ts";
import { runTask } from "./_cli.ts";
import { frameFlags } from "./_frame_flags.ts";
import { count, readingFlags } from "./_videos.ts";

const flags = {
  ids: {
    kind: "text",
    default: null,
    meaning: "ids of the tokens kept of each segment, [segments, K]: a .npy or JSON file",
  },
  resume: { ...trainFlags.resume, meaning: "checkpoint whose clustering chooses the tokens" },
  ...frameFlags,
  decoder: readingFlags.decoder,
  provider: trainFlags.provider,
} as const;

/** The images: every frame, and every frame with the patches covered that are not kept. */
function* images({ clip, patch, kept }: ModelView): Generator<[name: string, png: Uint8Array]> {
  for (const [i, frame] of eachFrame(clip).entries()) {
    yield [`crop-${i + 1}.png`, png(frame)];
    yield [`crop-masked-${i + 1}.png`, png(coverPatches(frame, patch, kept[i]))];
  }
}

await runTask({
  command: "deno task visualize",
  purpose:
    "Write the frames that evaluation takes of a video as crop-<i>.png, and as crop-masked-<i>.png with the patches covered in grey that token clustering leaves out: by a checkpoint (--resume), or by ids in a file (--ids).",
  operands: ["VIDEO", "OUT"],
  flags,
}, async ({ operands: [path, output], given, values }) => {
  const { ids, resume, max_frames: frames, size, patch, decoder: prefer, compat } = values;
  if ((ids === null) === (resume === null)) {
    throw new UsageError("give either --resume CHECKPOINT or --ids FILE");
  }
  const unread = (["max_frames", "size", "patch"] as const).find((name) => name in given);
  if (resume !== null && unread !== undefined) {
    throw new UsageError(`--${unread} goes with --ids; a checkpoint has its own`);
  }
  const target = trimmed(output);
  await demandRoom(target);
  let view: ModelView;
  if (ids === null) {
    const { ids: _ids, size: _size, patch: _patch, ...settings } = given;
    view = await viewByModel(settings, path);
  } else {
    const patches = Math.floor(size / patch) ** 2;
    const kept = keptByFrame(await readIds(ids), { frames, patches, name: ids });
    using decoder = await openDecoder({ prefer });
    const choose = { rule: "uniform", frames } as const;
    const clip = await decoder.decode({ path }, { choose, size, resize: compat !== "reference" });
    view = { clip, patch, kept };
  }
  await makeFolder(parentFolder(target));
  await removeLeftovers(target);
  await writeFolder(target, images(view));
  const left = view.kept.reduce((sum, { size }) => sum + size, 0);
  const all = view.kept.length * Math.floor(view.clip.height / view.patch) ** 2;
  writeLine(
    `Drew ${count(view.kept.length, "frame")} to ${output}: ${left} of ${all} patches are kept`,
  );
});
