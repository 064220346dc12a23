/**
 * Decodes every video of a folder or an LMDB, and names the bad ones:
 *
 *     deno task check-videos FOLDER|LMDB
 *
 * @module
 */
import { checkVideos, isBad } from "../src/data/prepare/check_videos.ts";
import { describeMissing } from "../src/data/missing.ts";
import type { VideoPlace } from "../src/data/video_source.ts";
import { writeAtomic } from "../src/io/atomic.ts";
import { fileKind } from "../src/io/file_kind.ts";
import { defaultsOf, flags as trainFlags } from "../src/train/config/settings.ts";
import { writeLine } from "../src/train/log/terminal.ts";
import { missingVideos } from "../src/train/splits.ts";
import { runTask } from "./_cli.ts";
import { count, readingFlags, withProgress } from "./_videos.ts";
import { videoTable } from "./_video_table.ts";

const { datatype, data_path, train_csv, val_csv } = trainFlags;

/** Whether an operand is a folder of videos or an LMDB. */
async function placeOf(path: string): Promise<VideoPlace> {
  const isDatabase = await fileKind(path) === "file" ||
    await fileKind(`${path}/data.mdb`) === "file";
  return isDatabase ? { lmdb: path } : { folder: path };
}

await runTask({
  command: "deno task check-videos",
  purpose:
    "Decode every video of a folder or an LMDB to its end; print frames, rate, size and duration of each, or what is wrong with it. Exits with 1 where one is bad.",
  operands: ["FOLDER|LMDB"],
  flags: {
    json: { kind: "flag", default: false, meaning: "print JSON rather than a table" },
    output: { kind: "text", default: null, meaning: "write the JSON to this file, too" },
    ...readingFlags,
    datatype: {
      ...datatype,
      default: null,
      meaning: "also say which videos this data set names and the place lacks",
    },
    ...{ data_path, train_csv, val_csv },
  },
  onInterrupt: () => "Stopping",
}, async ({ operands: [path], values, signal }) => {
  const place = await placeOf(path), { decoder, workers, json, output } = values;
  const missing: Record<string, readonly string[]> = {};
  if (values.datatype !== null) {
    const { datatype, data_path, train_csv, val_csv } = values;
    const found = await missingVideos({
      ...defaultsOf(trainFlags),
      ...{ datatype, data_path, train_csv, val_csv },
      ..."lmdb" in place ? { lmdb_dataset: place.lmdb } : { features_path: place.folder },
    });
    for (const [split, lacks] of found) {
      missing[split] = lacks.map(({ id }) => id);
      if (lacks.length > 0) writeLine(`${split} names what is missing: ${describeMissing(lacks)}`);
    }
  }
  const report = await withProgress("check", (onProgress) =>
    checkVideos(place, {
      ...{ decoder, workers, signal, onProgress },
      onBad: ({ problem }) => writeLine(`bad: ${problem}`),
    }));
  const { videos, ignored, finished } = report, bad = videos.filter(isBad).length;
  const record = {
    ...{ place: path, bad, finished, videos },
    ...values.datatype === null ? {} : { missing },
  };
  if (output !== null) await writeAtomic(output, JSON.stringify(record, null, 2) + "\n");
  console.log(json ? JSON.stringify(record) : videoTable(videos));
  writeLine([
    `Checked ${count(videos.length, "video")}: ${bad} bad`,
    ...(ignored > 0 ? [`left out, by their names no videos: ${ignored}`] : []),
    ...(finished ? [] : ["stopped before the end"]),
    ...(output === null ? [] : [`report: ${output}`]),
  ].join("; "));
  return finished && bad > 0 ? 1 : 0;
});
