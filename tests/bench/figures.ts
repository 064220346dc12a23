/**
 * The figures of rows and groups, as `results/` keeps them. Times are medians in milliseconds.
 *
 * @module
 */
import type { EigenErrors } from "../oracle/eigen.ts";

/** A row beside its peers. */
export interface TimedFigure {
  readonly kind: "timed";
  readonly name: string;
  readonly ms: number;
  /** Floating-point operations of the products, in 1e9 a second. */
  readonly gflops?: number;
  /** Most bytes of GPU memory in use at once, inputs included. */
  readonly bytes?: number;
  /** Errors of what this project found, where they are in question. */
  readonly accuracy?: EigenErrors;
  /** What the original took on another machine. */
  readonly original?: OriginalFigure;
  readonly peers: Readonly<Record<string, number>>;
}

/** A time of the original, and how much slower `torch.matmul` is here than where it was taken. */
export interface OriginalFigure {
  readonly ms: number;
  /** Absent where PyTorch is. */
  readonly slowdown?: number;
}

/** One way to run a tower. */
export interface TowerTime {
  readonly ms: number;
  /** Most bytes of GPU memory in use at once, weights and frames included. */
  readonly bytes: number;
  /** Floating-point operations of its products and attention. */
  readonly flops: number;
}

/** The algorithms that towers are clustered by. */
export type TowerAlgorithm = "k-medoids" | "spectral";

/** A tower with clustering, beside itself without. */
export interface TowerFigure {
  readonly kind: "tower";
  readonly name: string;
  /** Videos of the batch. */
  readonly videos: number;
  /** Videos that run at once: all, or as many as the device's largest binding holds. */
  readonly atOnce: number;
  /** Bytes of weights and frames. */
  readonly resident: number;
  readonly baseline: TowerTime;
  /** With the milliseconds that the clustering layer takes alone on the tokens that reach it. */
  readonly clustered: Readonly<Record<TowerAlgorithm, TowerTime & { readonly layerMs: number }>>;
}

/** What a training step costs besides its kernels, or how its data come. */
export interface OverheadFigure {
  readonly kind: "overhead";
  readonly name: string;
  /** Absent where the device has no means to tell. */
  readonly value?: number;
  readonly unit: string;
  /** What else was seen. */
  readonly note?: string;
}

/** What a row came to. */
export type Figure = TimedFigure | TowerFigure | OverheadFigure;

/** Where and how figures came about. */
export interface Circumstances {
  readonly device: string;
  /** Processor cores and memory. */
  readonly machine: string;
  /** The load of the machine before the first row, in running processes. */
  readonly load: number;
  readonly command: string;
  readonly date: string;
  readonly repeats: number;
  /** Peers that could not run, with the reason. */
  readonly absences: readonly string[];
}

/** The figures of a group. */
export interface Results extends Circumstances {
  readonly figures: readonly Figure[];
}

/** The median. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b), middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** What clustering gained, as shares of the tower without it. */
export interface Gain {
  readonly time: number;
  readonly flops: number;
  /** Time saved over operations saved: 1 where clustering costs nothing. */
  readonly merit: number;
  readonly memory: number;
  /** The fall of the memory above weights and frames, which clustering leaves as they are. */
  readonly activations: number;
  /** The layer's share of the clustered tower's time. */
  readonly layer: number;
}

/** The gain of one algorithm. */
export function gainOf(figure: TowerFigure, algorithm: TowerAlgorithm): Gain {
  const { baseline, resident } = figure, clustered = figure.clustered[algorithm];
  const saved = (before: number, after: number) => 1 - after / before;
  const time = saved(baseline.ms, clustered.ms), flops = saved(baseline.flops, clustered.flops);
  return {
    time,
    flops,
    merit: time / flops,
    memory: saved(baseline.bytes, clustered.bytes),
    activations: saved(baseline.bytes - resident, clustered.bytes - resident),
    layer: clustered.layerMs / clustered.ms,
  };
}
