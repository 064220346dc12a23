/**
 * What was found of videos, as a table for people.
 *
 * @module
 */
import { type BadVideo, isBad, type SoundVideo } from "../src/data/prepare/check_videos.ts";
import { duration } from "../src/train/log/progress.ts";

const HEAD = ["video", "frames", "a second", "size", "duration"];

/** One line for each video: its figures, or what is wrong with it. */
export function videoTable(videos: readonly (SoundVideo | BadVideo)[]): string {
  const rows = videos.map((video) =>
    isBad(video) ? [video.file, `bad: ${video.problem}`] : [
      video.file,
      String(video.frames),
      String(Number(video.fps.toFixed(2))),
      `${video.width} x ${video.height}`,
      duration(video.seconds),
    ]
  );
  const widths = HEAD.map((head, column) =>
    Math.max(head.length, ...rows.filter((row) => row.length > 2).map((row) => row[column].length))
  );
  const names = Math.max(widths[0], ...rows.map(([name]) => name.length));
  return [HEAD, ...rows].map(([name, ...cells]) =>
    [
      name.padEnd(names),
      ...cells.length === 1 ? cells : cells.map((cell, i) => cell.padStart(widths[i + 1])),
    ].join("  ").trimEnd()
  ).join("\n");
}
