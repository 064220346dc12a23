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
  const own: number[] = [], theirs = new Map<string, number[]>();
  /** Does a peer's work; a peer that fails is out. */
  const attempt = async (peer: string, work: () => Promise<void>) => {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof AbsentError)) throw error;
      theirs.delete(peer);
      onAbsent(peer, name, error.message);
    }
  };
  const run = async (peer: string, process: RunningPeer) =>
    void theirs.get(peer)!.push(await process.run());
  const serving = peers.filter((peer) => peer.serves(row));
  const start = (peer: Peer) => {
    theirs.set(peer.name, []);
    return RunningPeer.start(peer, name, device.info.provider);
  };

  await using processes = new AsyncDisposableStack();
  const entrants = new Map<string, RunningPeer>();
  if (!isHeavy(row)) {
    for (const peer of serving) {
      await attempt(
        peer.name,
        async () => void entrants.set(peer.name, processes.use(await start(peer))),
      );
    }
  }
  using ours = open(device, row);
  await warmUp(ours.run);
  for (let round = 0; round < repeats; round++) {
    own.push(await ours.run());
    for (const [peer, process] of entrants) {
      if (theirs.has(peer)) await attempt(peer, () => run(peer, process));
    }
  }
  const ms = median(own), flops = flopsOf(row), bytes = ours.peakBytes;
  const accuracy = await ours.accuracy();
  if (isHeavy(row)) {
    ours[Symbol.dispose]();
    device.pool.trim();
    for (const peer of serving) {
      await attempt(peer.name, async () => {
        await using process = await start(peer);
        for (let round = 0; round < repeats; round++) await run(peer.name, process);
      });
    }
  }

  const times = new Map([...theirs].map(([peer, times]) => [peer, median(times)]));
  const yardstick = times.get(YARDSTICK.name);
  times.delete(YARDSTICK.name);
  return {
    kind: "timed",
    name,
    ms,
    gflops: flops && flops / ms / 1e6,
    bytes,
    accuracy,
    original: originalOf(row, yardstick),
    peers: Object.fromEntries(times),
  };
}

/** Whether all at once would not fit in memory: then one is timed after the other, not in turn. */
function isHeavy({ kind }: TimedRow): boolean {
  return kind === "step";
}

/** The original's time, with what `torch.matmul` 1024³ took in turn with the row. */
function originalOf(row: TimedRow, yardstick?: number): OriginalFigure | undefined {
  if (!("originalMs" in row)) return undefined;
  const there = flopsOf(ROWS.get("matmul_1024") as MatmulRow)! / TORCH_GFLOPS / 1e6;
  return { ms: row.originalMs, slowdown: yardstick && yardstick / there };
}
