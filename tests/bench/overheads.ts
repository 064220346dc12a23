/**
 * What a training step of ViT-B/32 costs besides its kernels.
 *
 * @module
 */
import { Tape } from "../../src/autograd/tape.ts";
import { CenterClip } from "../../src/centerclip/model.ts";
import type { VitConfig } from "../../src/clip/config.ts";
import type { Device } from "../../src/gpu/device.ts";
import { openDevice } from "../../src/gpu/open.ts";
import type { Application } from "../../src/ops/define.ts";
import { mul } from "../../src/ops/binary.ts";
import { mean } from "../../src/ops/reduce.ts";
import { Scope } from "../../src/tensor/scope.ts";
import { median, type OverheadFigure } from "./figures.ts";
import { HeldQueue } from "./held_queue.ts";
import { noiseFrames, prepareTraining, randomParameters } from "./models.ts";
import { startTime } from "./start.ts";
import { clipConfig, type OverheadRow, STEP_ROW } from "./tower_rows.ts";

/** A figure without its name. */
type Measured = Pick<OverheadFigure, "value" | "unit" | "note">;

const CONFIG = clipConfig("b32");

/** Measures one overhead. */
export async function measureOverhead(
  device: Device,
  { of }: OverheadRow,
  repeats: number,
): Promise<Measured> {
  switch (of) {
    case "recording":
      return await recording(device, repeats);
    case "submits":
      return { value: (await countStep(device)).submits, unit: "a step" };
    case "readbacks":
      return { value: (await countStep(device)).readbacks, unit: "a step" };
    case "coverage":
      return await coverage(device);
    case "start":
      return await start(device, repeats);
  }
}

/** Counts ops as they are recorded, forward and backward. */
class CountingTape extends Tape {
  ops = 0;
  override record(application: Application): void {
    this.ops++;
    const { gradient } = application;
    super.record({ ...application, gradient: (...args) => (this.ops++, gradient(...args)) });
  }
}

/** Replaces a method of one device while `work` runs, and gives how often it was called. */
async function countCalls(
  device: Device,
  method: "launch" | "read",
  work: () => void | Promise<void>,
): Promise<number> {
  let calls = 0;
  const counted = device[method].bind(device) as (...args: unknown[]) => unknown;
  Object.assign(device, { [method]: (...args: unknown[]) => (calls++, counted(...args)) });
  try {
    await work();
  } finally {
    Reflect.deleteProperty(device, method);
  }
  return calls;
}

/** A forward and a backward pass of the video tower on one frame; the open scope owns what it needs. */
function prepareRecording(device: Device, config: VitConfig): { ops: number; record(): void } {
  const parameters = randomParameters(device, config, "visual");
  const frames = noiseFrames(device, config, 1);
  const model = new CenterClip(parameters, config, { maxFrames: 1 });
  const leaves = parameters.entries().map(([, weight]) => weight);
  return {
    ops: 0,
    record() {
      using _run = new Scope(device);
      using tape = new CountingTape();
      tape.watch(...leaves);
      const loss = tape.run(() => {
        const y = model.encodeVideo(frames);
        return mean(mul(y, y));
      });
      tape.backward(loss, leaves);
      this.ops = tape.ops;
    },
  };
}

/** Host time of an op between its call and its return, as in a run that has gone on for a while. */
export async function recording(
  device: Device,
  repeats: number,
  config = CONFIG,
): Promise<Measured> {
  using _scope = new Scope(device);
  // The host's code gets warm on a narrow model, which spares the GPU.
  const narrow = prepareRecording(device, { ...config, visionWidth: 64, imageResolution: 64 });
  for (let i = 0; i < 30; i++) {
    narrow.record();
    await device.idle();
  }
  // Pipelines are compiled, and buffers go round with their bind groups.
  const pass = prepareRecording(device, config);
  let launches = 0;
  for (let i = 0; i < 3; i++) {
    launches = await countCalls(device, "launch", () => pass.record());
    await device.idle();
  }
  const times: number[] = [];
  for (let i = 0; i < repeats; i++) {
    device.submit();
    const queue = new HeldQueue(device);
    const start = performance.now();
    try {
      pass.record();
      times.push(performance.now() - start - queue.ms);
    } finally {
      queue.release();
    }
    await device.idle();
  }
  const ms = median(times), { ops } = pass;
  const note = `${ops} ops in ${launches} dispatches, ${(1e3 * ms / launches).toFixed(1)} µs each`;
  return { value: 1e3 * ms / ops, unit: "µs an op", note };
}

/** Submits and readbacks of one step, as the training loop takes it. */
export async function countStep(
  device: Device,
  config = CONFIG,
): Promise<{ submits: number; readbacks: number }> {
  using _scope = new Scope(device);
  using training = prepareTraining(device, config, STEP_ROW);
  const step = () => {
    training.step();
    return device.idle();
  };
  await step();
  const before = device.submits;
  const readbacks = await countCalls(device, "read", step);
  return { submits: device.submits - before, readbacks };
}

/** The share of a step's wall time that the timestamps of its passes cover, on a device that takes them. */
async function coverage({ info: { provider } }: Device): Promise<Measured> {
  using device = await openDevice({ provider, profile: true });
  using _scope = new Scope(device);
  using training = prepareTraining(device, CONFIG, STEP_ROW);
  training.step();
  await device.kernelTimes();
  const start = performance.now();
  training.step();
  await device.idle();
  const wall = performance.now() - start;
  const times = await device.kernelTimes(), unit = "% of a step";
  if (times.length === 0) return { unit, note: "the device takes no timestamps" };
  const kernels = times.reduce((sum, { ms }) => sum + ms, 0);
  const note = `${kernels.toFixed(0)} of ${wall.toFixed(0)} ms`;
  return { value: 100 * kernels / wall, unit, note };
}

/** Seconds from the start of a process to the end of its first step, less what a step takes. */
async function start({ info: { provider } }: Device, repeats: number): Promise<Measured> {
  await startTime(provider); // fills the driver's cache
  const starts = [];
  for (let i = 0; i < repeats; i++) starts.push(await startTime(provider));
  const all = median(starts.map(({ first }) => first));
  const value = median(starts.map(({ first, step }) => first - step));
  return { value, unit: "s", note: `${all.toFixed(1)} s with the step itself` };
}
