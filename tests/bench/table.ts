/**
 * Figures as tables: one for each kind that there is.
 *
 * @module
 */
import {
  type Figure,
  gainOf,
  type OriginalFigure,
  type OverheadFigure,
  type TimedFigure,
  type TowerAlgorithm,
  type TowerFigure,
} from "./figures.ts";
import { PEERS } from "./peers.ts";

/** Lines of cells, the head first; the first column holds names. */
export type Cells = readonly (readonly string[])[];

const time = (ms: number) => ms.toFixed(ms < 10 ? 2 : 1);
const percent = (share: number) => `${(100 * share).toFixed(1)}%`;
const mebibytes = (bytes: number) => (bytes / 2 ** 20).toFixed(0);
const against = (theirs: number, ours: number) =>
  `${time(theirs)} (${(theirs / ours).toFixed(2)}x)`;

/** The original's time as this machine would take it, with its ratio to this project. */
function originalCell({ ms, slowdown }: OriginalFigure, ours: number): string {
  return against(ms * (slowdown ?? 1), ours) + (slowdown === undefined ? " unscaled" : "");
}

/** Peers have a column each, with their ratio to this project; columns without a cell are left out. */
function timedCells(figures: readonly TimedFigure[]): Cells {
  const peers = PEERS.map(({ name }) => name);
  const lines = [
    ["row", "ms", "GFLOP/s", "GPU MiB", ...peers, "original (scaled)"],
    ...figures.map(({ name, ms, gflops, bytes, original, peers: theirs }) => [
      name,
      time(ms),
      gflops?.toFixed(1) ?? "",
      bytes === undefined ? "" : mebibytes(bytes),
      ...peers.map((peer) => peer in theirs ? against(theirs[peer], ms) : ""),
      original ? originalCell(original, ms) : "",
    ]),
  ];
  const filled = lines[0].map((_, i) => lines.slice(1).some((line) => line[i] !== ""));
  return lines.map((line) => line.filter((_, i) => filled[i]));
}

function towerCells(figures: readonly TowerFigure[]): Cells {
  return [
    [
      ...["row", "by", "videos", "ms", "without", "time saved", "FLOPs saved", "time / FLOPs"],
      ...["layer", "GPU MiB", "without", "saved", "above weights"],
    ],
    ...figures.flatMap((figure) =>
      (Object.keys(figure.clustered) as TowerAlgorithm[]).map((by) => {
        const { name, videos, atOnce, baseline, clustered: { [by]: clustered } } = figure;
        const { time: saved, flops, merit, memory, activations, layer } = gainOf(figure, by);
        return [
          name,
          by,
          atOnce === videos ? `${videos}` : `${videos} by ${atOnce}`,
          ...[time(clustered.ms), time(baseline.ms)],
          ...[percent(saved), percent(flops), merit.toFixed(2), percent(layer)],
          ...[mebibytes(clustered.bytes), mebibytes(baseline.bytes)],
          ...[percent(memory), percent(activations)],
        ];
      })
    ),
  ];
}

function overheadCells(figures: readonly OverheadFigure[]): Cells {
  return [
    ["row", "figure", "unit", "of which"],
    ...figures.map(({ name, value, unit, note = "" }) => [
      name,
      value === undefined ? "" : Number.isInteger(value) ? `${value}` : value.toFixed(1),
      unit,
      note,
    ]),
  ];
}

/** Figures as tables, those that are timed first. */
export function tablesOf(figures: readonly Figure[]): Cells[] {
  const timed = figures.filter((figure) => figure.kind === "timed");
  const towers = figures.filter((figure) => figure.kind === "tower");
  const overheads = figures.filter((figure) => figure.kind === "overhead");
  return [
    ...timed.length ? [timedCells(timed)] : [],
    ...towers.length ? [towerCells(towers)] : [],
    ...overheads.length ? [overheadCells(overheads)] : [],
  ];
}

/** Cells padded to the width of their column: names to the right, numbers to the left. */
export function aligned(lines: Cells): string[][] {
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  return lines.map((line) =>
    line.map((cell, i) => i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))
  );
}
