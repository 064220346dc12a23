import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { videoFlops } from "../../src/centerclip/flops.ts";
import { clusterPlan } from "../../src/centerclip/plan.ts";
import { patchesOf, type VitConfig } from "../../src/clip/config.ts";
import type { Device } from "../../src/gpu/device.ts";
import { device } from "../device.ts";
import { GROUPS, ROWS } from "./groups.ts";
import { HeldQueue } from "./held_queue.ts";
import { clusteredOptions } from "./models.ts";
import { countStep, recording } from "./overheads.ts";
import { clipConfig, type TowerRow } from "./tower_rows.ts";
import { atOnce, compareTowers } from "./towers.ts";

const SMALL: VitConfig = {
  ...clipConfig("b32"),
  embedDim: 32,
  imageResolution: 32,
  visionLayers: 4,
  visionWidth: 64,
  visionPatchSize: 8,
  vocabSize: 100,
  textWidth: 64,
  textLayers: 2,
};
const CASE = { config: SMALL, videos: 2, frames: 12, segments: 3, k: 16 };

for (const training of [false, true]) {
  const what = training ? "training" : "inference";
  Deno.test(`towers are compared in ${what}, and nothing of them is left`, async () => {
    const { buffers } = device.memory;
    const figure = await compareTowers(device, "small", { ...CASE, training }, 2);
    strictEqual(device.memory.buffers, buffers);

    const { baseline, clustered, resident } = figure;
    deepStrictEqual([figure.name, figure.videos, figure.atOnce], ["small", 2, 2]);
    const plain = 2 * videoFlops(SMALL, { maxFrames: 12, training });
    strictEqual(baseline.flops, plain);
    for (const { ms, layerMs, flops, bytes } of Object.values(clustered)) {
      ok(flops > plain / 2 && flops < plain * 0.75, `${flops} of ${plain}`);
      ok(ms > 0 && layerMs > 0);
      ok(bytes > resident && bytes <= baseline.bytes * (training ? 1 : 2), `${bytes}`);
    }
    // What training keeps of the second half of the blocks is a quarter of what it was.
    if (training) ok(clustered["k-medoids"].bytes < baseline.bytes * 0.8);
  });
}

Deno.test("a batch runs in equal parts where its activations exceed what one binding holds", () => {
  const one = { ...CASE, videos: 8, training: true };
  const video = 12 * 17 * 4 * 64 * 4;
  deepStrictEqual(
    [8, 7.9, 4, 3.9, 1, 0.5].map((room) => atOnce(room * video, one)),
    [8, 4, 4, 2, 1, 1],
  );
});

Deno.test("rows of towers cluster before the seventh of twelve blocks, as the paper does", () => {
  const towers = [...ROWS.values()].filter((row) => row.kind === "tower");
  strictEqual(towers.length, 8);
  const plans = (towers as TowerRow[]).map((row) => {
    const config = clipConfig(row.model), patches = patchesOf(config);
    const { maxFrames, clustering } = clusteredOptions(config, row, { algorithm: "kmedoids++" });
    const [step, ...others] = clusterPlan({ maxFrames, patches, ...clustering! }, 12);
    strictEqual(others.length, 0);
    return [step.block, step.targetFrames, step.frameDuration * step.patches, step.clusters];
  });
  const [b32, three, sixty, b16] = [[6, 4, 147, 49], [6, 3, 196, 49], [6, 12, 245, 49], [
    6,
    4,
    588,
    160,
  ]];
  deepStrictEqual(plans, [b32, three, b16, b32, three, b16, sixty, sixty]);
  // Heavy ones run apart.
  deepStrictEqual(
    [...GROUPS.long_inference.values(), ...GROUPS.long_training.values()],
    towers.slice(-2),
  );
  strictEqual(ROWS.size, Object.values(GROUPS).reduce((sum, { size }) => sum + size, 0));
});

Deno.test("a queue that waits hands nothing over before it is released, then all, in order", () => {
  const log: string[] = [];
  const queue = Object.create({
    submit: (commands: unknown[]) => void log.push(`submit ${commands}`),
    writeBuffer: (_: unknown, at: number, data: Float32Array) => void log.push(`${at}: ${data}`),
  });
  const gpu = Object.create({ createCommandEncoder: () => ({ finish: () => "commands" }) });
  const held = new HeldQueue({ gpu: Object.assign(gpu, { queue }) } as unknown as Device);
  const data = Float32Array.of(1, 2, 3);
  queue.writeBuffer(undefined, 4, data, 1, 2);
  data.fill(0);
  queue.submit([gpu.createCommandEncoder().finish()]);
  deepStrictEqual(log, []);
  held.release();
  deepStrictEqual(log, ["4: 2,3", "submit commands"]);
  queue.submit(["more"]);
  deepStrictEqual(log.at(-1), "submit more");
});

Deno.test("recording is timed by the op, without what the queue takes", async () => {
  const { buffers } = device.memory;
  const { value, unit, note } = await recording(device, 3, SMALL);
  strictEqual(unit, "µs an op");
  ok(value! > 1 && value! < 5000, `${value} µs`);
  const [, ops, launches] = note!.match(/^(\d+) ops in (\d+) dispatches/)!.map(Number);
  // Eight ops forward and as many backward in each of four blocks, at least.
  ok(ops >= 64 && launches >= ops / 2, `${note}`);
  strictEqual(device.memory.buffers, buffers);
});

Deno.test("a step's submits and readbacks are counted", async () => {
  const { submits, readbacks } = await countStep(device, SMALL);
  ok(submits >= 1 && submits <= 12, `${submits} submits`);
  strictEqual(readbacks, 0);
});
