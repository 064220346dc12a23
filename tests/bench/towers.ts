/**
 * The video tower with and without token clustering, in turns in one process.
 *
 * @module
 */
import { Tape } from "../../src/autograd/tape.ts";
import { videoFlops } from "../../src/centerclip/flops.ts";
import { CenterClip } from "../../src/centerclip/model.ts";
import { patchesOf, type VitConfig } from "../../src/clip/config.ts";
import { encodeFrames } from "../../src/clip/vision.ts";
import { clusterLayer } from "../../src/cluster/layer.ts";
import type { CentreMethod } from "../../src/cluster/method.ts";
import type { Device } from "../../src/gpu/device.ts";
import { addInto } from "../../src/ops/add_into.ts";
import { mul } from "../../src/ops/binary.ts";
import { mean } from "../../src/ops/reduce.ts";
import { Scope } from "../../src/tensor/scope.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { median, type TowerAlgorithm, type TowerFigure, type TowerTime } from "./figures.ts";
import { clusteredOptions, noiseFrames, randomParameters } from "./models.ts";
import { warmUp } from "./warm_up.ts";
import type { TowerRow } from "./tower_rows.ts";

/** What is compared. */
export type TowerCase = Omit<TowerRow, "kind" | "model"> & { readonly config: VitConfig };

/** The clusterings by name: spectral as the original's scripts run it. */
export function methodsOf({ visionWidth }: VitConfig): Record<TowerAlgorithm, CentreMethod> {
  return {
    "k-medoids": { algorithm: "kmedoids++" },
    // The published sigma of 2 is for trained tokens; random ones are about so far apart.
    spectral: { algorithm: "spectral", graph: "KNN", sigma: Math.sqrt(visionWidth) },
  };
}

/** Videos that run at once: the most that divide the batch and whose largest activation one binding holds. */
export function atOnce(largest: number, { config, videos, frames }: TowerCase): number {
  const video = frames * (1 + patchesOf(config)) * 4 * config.visionWidth * 4;
  for (let count = videos; count > 1; count--) {
    if (videos % count === 0 && count * video <= largest) return count;
  }
  return 1;
}

/** Records one run over all parts of a batch. */
function record(model: CenterClip, part: Tensor, parts: number, training: boolean): void {
  const { device, parameters } = model;
  using _run = new Scope(device);
  const leaves = parameters.entries().map(([, weight]) => weight);
  let sums: readonly (Tensor | undefined)[] = [];
  for (let i = 0; i < parts; i++) {
    using scope = new Scope(device);
    if (!training) {
      model.encodeVideo(part);
      continue;
    }
    using tape = new Tape();
    tape.watch(...leaves);
    const loss = tape.run(() => {
      const y = model.encodeVideo(part);
      return mean(mul(y, y));
    });
    const gradients = tape.backward(loss, leaves);
    if (i === 0) sums = gradients.map((gradient) => gradient && scope.keep(gradient));
    else sums.forEach((sum, j) => sum && addInto(sum, gradients[j]!));
  }
}

/** The tokens of a part as they reach the clustering layer; they belong to the open scope. */
function tokensBefore(model: CenterClip, block: number, part: Tensor): Tensor {
  const config = { ...model.config as VitConfig, visionLayers: block + 1 };
  using scope = new Scope(model.device);
  const kept: Tensor[] = [];
  encodeFrames(model.parameters.at("clip.visual"), config, part, {
    beforeBlock(tokens, at) {
      if (at === block) kept.push(tokens.alias());
      return tokens;
    },
    kept,
  });
  return scope.keep(kept[0]);
}

async function timed(device: Device, work: () => void): Promise<number> {
  const start = performance.now();
  work();
  await device.idle();
  return performance.now() - start;
}

/** Compares the towers of one case. */
export async function compareTowers(
  device: Device,
  name: string,
  one: TowerCase,
  repeats: number,
): Promise<TowerFigure> {
  const { config, videos, frames, training } = one;
  const most = atOnce(device.gpu.limits.maxStorageBufferBindingSize, one), parts = videos / most;
  using _scope = new Scope(device);
  device.pool.trim();
  const parameters = randomParameters(device, config, "visual");
  const part = noiseFrames(device, config, most * frames);
  const methods = Object.entries(methodsOf(config)) as [TowerAlgorithm, CentreMethod][];
  const models = [
    { maxFrames: frames },
    ...methods.map(([, method]) => clusteredOptions(config, one, method)),
  ].map((options) => new CenterClip(parameters, config, options));
  const resident = device.memory.live;

  const entrants = models.map((model) => ({ model, times: [] as number[], bytes: 0 }));
  const run = (model: CenterClip) => timed(device, () => record(model, part, parts, training));
  for (const { model } of entrants) await warmUp(() => run(model));
  for (let round = 0; round < repeats; round++) {
    for (const entrant of entrants) {
      device.pool.resetPeak();
      entrant.times.push(await run(entrant.model));
      entrant.bytes = Math.max(entrant.bytes, device.memory.peak);
    }
  }
  const [baseline, ...clustered] = entrants.map(({ model: { plan }, times, bytes }): TowerTime => ({
    ms: median(times),
    bytes,
    flops: videos * videoFlops(config, { maxFrames: frames, plan, training }),
  }));

  const layers: number[] = [];
  for (const [i, [, method]] of methods.entries()) {
    const [step] = models[i + 1].plan, tokens = tokensBefore(models[0], step.block, part);
    const layer = () =>
      timed(device, () => {
        using _layer = new Scope(device);
        for (let i = 0; i < parts; i++) clusterLayer(tokens, method, { ...step, k: step.clusters });
      });
    await warmUp(layer);
    const times: number[] = [];
    for (let round = 0; round < repeats; round++) times.push(await layer());
    layers.push(median(times));
  }
  return {
    kind: "tower",
    name,
    videos,
    atOnce: most,
    resident,
    baseline,
    clustered: Object.fromEntries(
      methods.map(([algorithm], i) => [algorithm, { ...clustered[i], layerMs: layers[i] }]),
    ) as TowerFigure["clustered"],
  };
}
