/**
 * The costliest kernels as the log shows them.
 *
 * @module
 */
import type { KernelTime } from "../../gpu/profile.ts";
import type { Roofline } from "../../ops/roofline.ts";

/** What bounds a kernel, and how near it came to the bound. */
export interface Bound {
  /** The ceiling that it meets first. */
  readonly by: "flops" | "bytes";
  /** What it did of that, a second. */
  readonly rate: number;
  /** The rate over the ceiling. An upper bound `by` bytes: a kernel may touch fewer than it is bound to. */
  readonly share: number;
}

/** Places a kernel on the roofline; undefined where it took no time that the clock shows. */
export function boundOf({ ms, ...done }: KernelTime, roofline: Roofline): Bound | undefined {
  if (!(ms > 0)) return undefined;
  const by = done.flops / roofline.flops >= done.bytes / roofline.bytes ? "flops" : "bytes";
  const rate = 1000 * done[by] / ms;
  return { by, rate, share: rate / roofline[by] };
}

/** Lines for the ten costliest of `kernels`, which are sorted. */
export function costLines(kernels: readonly KernelTime[], roofline?: Roofline): string[] {
  const total = kernels.reduce((sum, { ms }) => sum + ms, 0);
  return kernels.slice(0, 10).map((kernel) => {
    const { name, calls, ms } = kernel, share = (100 * ms / total).toFixed(1);
    const bound = roofline && boundOf(kernel, roofline);
    return `${share} % in ${name}: ${ms.toFixed(0)} ms, ${calls} calls${bound ? tell(bound) : ""}`;
  });
}

function tell({ by, rate, share }: Bound): string {
  const percent = (100 * share).toFixed(0);
  if (by === "flops") return `, ${giga(rate)} GFLOP/s, ${percent} % of the roofline`;
  // Caches are faster than memory, and a gather touches little of its table.
  const most = share > 1 ? "100" : percent;
  return `, at most ${giga(rate)} GB/s, at most ${most} % of the roofline`;
}

/** The roofline in a line. */
export function rooflineLine({ flops, bytes }: Roofline): string {
  return `roofline, measured: ${giga(flops)} GFLOP/s of multiply-adds, ${
    giga(bytes)
  } GB/s of copying`;
}

/** Billions, with two digits at least. */
function giga(rate: number): string {
  const value = rate / 1e9;
  return value < 10 ? value.toFixed(1) : value.toFixed(0);
}
