/**
 * What a device can do at most, measured.
 *
 * @module
 */
import source from "../../kernels/profile/roofline.wgsl" with { type: "text" };
import type { Device } from "../gpu/device.ts";
import type { KernelTime } from "../gpu/profile.ts";
import { Scope } from "../tensor/scope.ts";
import { empty, type Tensor, zeros } from "../tensor/tensor.ts";

const kernel = { name: "roofline", source };
const LANES = 64;
/** Operations of a lane in one round. */
const ROUND = 2 * 16 * 4;
/** Milliseconds that one measurement should take: long against a clock's steps. */
const ENOUGH = 4;
const REPEATS = 8;

/** The two ceilings of a device's roofline (Williams, Waterman and Patterson 2009). */
export interface Roofline {
  /** Floating-point operations a second, f32, in multiply-adds outside memory. */
  readonly flops: number;
  /** Bytes a second, read or written, in a copy. */
  readonly bytes: number;
}

/**
 * Measures the ceilings of a device that was opened with `profile`, in well under a second. What the device
 * has profiled so far is forgotten. Undefined where the device gives no times.
 */
export async function measureRoofline(device: Device): Promise<Roofline | undefined> {
  using _scope = new Scope(device);
  if (await device.profile() === undefined) return undefined;
  // Every core of a software device, every multiprocessor of a GPU several times over.
  const { software } = device.info;
  const groups = software ? 64 : 8192;
  // Beyond the caches, and within every device's bindings.
  const size = software ? 1 << 23 : 1 << 25;
  const x = zeros(device, "f32", [size]), y = empty(device, "f32", [size], "roofline");
  const n = size / 4;
  const run = (entry: string, rounds: number, groups: number, bind: Record<string, Tensor>) =>
    device.launch({
      kernel,
      entry,
      bind,
      params: { n, rounds, a: 0.999, b: 0.001 },
      groups: [groups],
      flops: entry === "copy" ? 0 : groups * LANES * ROUND * rounds,
    });
  const flops = await best(device, "flops", (rounds) => run("multiply_add", rounds, groups, { y }));
  const bytes = await best(device, "bytes", (times) => {
    for (let i = 0; i < times; i++) run("copy", 0, groups, { x, y });
  });
  return flops && bytes ? { flops, bytes } : undefined;
}

/** The highest rate a second of several runs, each of as much work as takes long enough. */
async function best(
  device: Device,
  what: "flops" | "bytes",
  run: (work: number) => void,
): Promise<number> {
  const timed = async (work: number): Promise<KernelTime> => {
    run(work);
    return (await device.profile())!.kernels[0];
  };
  let work = 1;
  await timed(work); // software devices compile meanwhile
  while ((await timed(work)).ms < ENOUGH && work < 1 << 14) work *= 4;
  let rate = 0;
  for (let i = 0; i < REPEATS; i++) {
    const time = await timed(work);
    if (time.ms > 0) rate = Math.max(rate, 1000 * time[what] / time.ms);
  }
  return rate;
}
