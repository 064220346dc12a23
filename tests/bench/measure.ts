/**
 * Measures rows. This project and its peers take turns, so that a busy moment of the machine hits all.
 *
 * @module
 */
import type { Device } from "../../src/gpu/device.ts";
import { type Figure, median, type OriginalFigure, type TimedFigure } from "./figures.ts";
import { ROWS } from "./groups.ts";
import { measureLoader } from "./loader.ts";
import { open } from "./ours.ts";
import { measureOverhead } from "./overheads.ts";
import { AbsentError, type Peer, RunningPeer, YARDSTICK } from "./peers.ts";
import { flopsOf, type MatmulRow, type TimedRow, TORCH_GFLOPS } from "./rows.ts";
import { clipConfig } from "./tower_rows.ts";
import { compareTowers } from "./towers.ts";
import { warmUp } from "./warm_up.ts";

/** How to measure. */
export interface MeasureOptions {
  readonly repeats: number;
  readonly peers: readonly Peer[];
  /** Videos of a batch in place of a tower's own. */
  readonly batch?: number;
  /** Told of a peer that cannot run, and why. */
  readonly onAbsent: (peer: string, row: string, reason: string) => void;
}

/** Measures one row. */
export async function measure(
  device: Device,
  name: string,
  options: MeasureOptions,
): Promise<Figure> {
  const row = ROWS.get(name)!, { repeats } = options;
  switch (row.kind) {
    case "tower": {
      const { batch: videos = row.videos } = options;
      const one = { ...row, videos, config: clipConfig(row.model) };
      return await compareTowers(device, name, one, repeats);
    }
    case "overhead":
      return { kind: "overhead", name, ...await measureOverhead(device, row, repeats) };
    case "loader":
      return { kind: "overhead", name, ...await measureLoader(row, repeats) };
    default:
      return await measureTimed(device, name, row, options);
  }
}

/** Times a row beside its peers. */
async function measureTimed(
  device: Device,
  name: string,
  row: TimedRow,
  { repeats, peers, onAbsent }: MeasureOptions,
): Promise<TimedFigure> {
  await using processes = new AsyncDisposableStack();
  const entrants = new Map<string, { process: RunningPeer; times: number[] }>();
  /** Does a peer's work; a peer that fails is out. */
  const attempt = async (peer: string, work: () => Promise<void>) => {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof AbsentError)) throw error;
      entrants.delete(peer);
      onAbsent(peer, name, error.message);
    }
  };
  for (const peer of peers.filter((peer) => peer.serves(row))) {
    await attempt(peer.name, async () => {
      const process = await RunningPeer.start(peer, name, device.info.provider);
      entrants.set(peer.name, { process: processes.use(process), times: [] });
    });
  }
  using ours = open(device, row);
  await warmUp(ours.run);

  const own: number[] = [];
  for (let round = 0; round < repeats; round++) {
    own.push(await ours.run());
    for (const [peer, { process, times }] of entrants) {
      await attempt(peer, async () => void times.push(await process.run()));
    }
  }
  const ms = median(own), flops = flopsOf(row), bytes = ours.peakBytes;
  const times = new Map([...entrants].map(([peer, { times }]) => [peer, median(times)]));
  const yardstick = times.get(YARDSTICK.name);
  times.delete(YARDSTICK.name);
  return {
    kind: "timed",
    name,
    ms,
    gflops: flops && flops / ms / 1e6,
    bytes,
    accuracy: await ours.accuracy(),
    original: originalOf(row, yardstick),
    peers: Object.fromEntries(times),
  };
}

/** The original's time, with what `torch.matmul` 1024³ took in turn with the row. */
function originalOf(row: TimedRow, yardstick?: number): OriginalFigure | undefined {
  if (!("originalMs" in row)) return undefined;
  const there = flopsOf(ROWS.get("matmul_1024") as MatmulRow)! / TORCH_GFLOPS / 1e6;
  return { ms: row.originalMs, slowdown: yardstick && yardstick / there };
}
