/**
 * Times rows: this project and its peers take turns, so that a busy moment of the machine hits all.
 *
 * @module
 */
import type { Device } from "../../src/gpu/device.ts";
import type { EigenErrors } from "../oracle/eigen.ts";
import { open } from "./ours.ts";
import { AbsentError, type Peer, RunningPeer } from "./peers.ts";
import { flopsOf, ROWS } from "./rows.ts";

/** The figures of one row; times are medians in milliseconds. */
export interface Figure {
  readonly name: string;
  readonly ms: number;
  /** Floating-point operations of the products, in 1e9 a second. */
  readonly gflops?: number;
  /** Most bytes of GPU memory in use at once, inputs included. */
  readonly bytes?: number;
  /** Errors of what this project found, where they are in question. */
  readonly accuracy?: EigenErrors;
  readonly peers: Readonly<Record<string, number>>;
}

/** How to measure. */
export interface MeasureOptions {
  readonly repeats: number;
  readonly peers: readonly Peer[];
  /** Told of a peer that cannot run, and why. */
  readonly onAbsent: (peer: string, row: string, reason: string) => void;
}

const WARM_UP = 2;

/** The median. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b), middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Times one row. */
export async function measure(
  device: Device,
  name: string,
  { repeats, peers, onAbsent }: MeasureOptions,
): Promise<Figure> {
  const row = ROWS.get(name)!;
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
  for (let i = 0; i < WARM_UP; i++) await ours.run();

  const own: number[] = [];
  for (let round = 0; round < repeats; round++) {
    own.push(await ours.run());
    for (const [peer, { process, times }] of entrants) {
      await attempt(peer, async () => void times.push(await process.run()));
    }
  }
  const ms = median(own), flops = flopsOf(row), bytes = ours.peakBytes;
  return {
    name,
    ms,
    gflops: flops && flops / ms / 1e6,
    bytes,
    accuracy: await ours.accuracy(),
    peers: Object.fromEntries([...entrants].map(([peer, { times }]) => [peer, median(times)])),
  };
}
