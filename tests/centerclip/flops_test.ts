import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { Tape } from "../../src/autograd/tape.ts";
import type { Clustering } from "../../src/centerclip/clustering.ts";
import { textFlops, videoFlops } from "../../src/centerclip/flops.ts";
import { CenterClip, type CenterClipOptions } from "../../src/centerclip/model.ts";
import { newParameters } from "../../src/centerclip/new_parameters.ts";
import { shapesOf, type VitConfig } from "../../src/clip/config.ts";
import type { ClusterMethod } from "../../src/cluster/method.ts";
import { Parameters } from "../../src/nn/parameters.ts";
import { mul } from "../../src/ops/binary.ts";
import { type Application, type Recorder, setRecorder } from "../../src/ops/define.ts";
import { mean } from "../../src/ops/reduce.ts";
import { Scope } from "../../src/tensor/scope.ts";
import { type Shape, sizeOf } from "../../src/tensor/shape.ts";
import { type Tensor, tensor } from "../../src/tensor/tensor.ts";
import { device } from "../device.ts";
import { normals } from "../oracle/check.ts";

/** Sizes of which no two are alike, so that none can stand for another. */
const CONFIG: VitConfig = {
  vision: "ViT",
  embedDim: 24,
  imageResolution: 24,
  visionLayers: 4,
  visionWidth: 128,
  visionPatchSize: 8,
  contextLength: 11,
  vocabSize: 40,
  textWidth: 64,
  textLayers: 3,
};
const FRAMES = 12, VIDEOS = 2;

/** Operations of what an op launched: one product, or an attention's two. */
function flopsOf({ name, inputs: [a], output, attributes }: Application): number {
  if (name === "matmul") {
    strictEqual((attributes as { transposeA: boolean }).transposeA, false);
    return 2 * output.size * a!.shape.at(-1)!;
  }
  if (name !== "attention") return 0;
  const [batch, tokens, width] = output.shape;
  return 2 * 2 * batch * tokens ** 2 * width;
}

/** Counts what runs. */
class Count implements Recorder {
  flops = 0;
  readonly attentions: Shape[] = [];
  wants = () => true;
  record(application: Application): void {
    this.flops += flopsOf(application);
    if (application.name === "attention") this.attentions.push(application.output.shape);
  }
}

/** Counts what runs, and again for each operand to which the backward pass takes a gradient. */
class CountingTape extends Tape {
  flops = 0;
  override record(application: Application): void {
    const { name, inputs } = application, flops = flopsOf(application);
    const products = name === "attention"
      ? 2
      : inputs.slice(0, 2).filter((x) => this.tracks(x)).length;
    this.flops += flops * (1 + products);
    super.record(application);
  }
}

/** A model on random weights, which the open scope owns. */
function model(options: CenterClipOptions): CenterClip {
  const shapes = new Map<string, Shape>();
  for (const [name, shape] of shapesOf(CONFIG)) shapes.set(`clip.${name}`, shape);
  for (const [name, { shape }] of newParameters(CONFIG, options)) shapes.set(name, shape);
  const tensors = [...shapes].map(([name, shape], i): [string, Tensor] => [
    name,
    tensor(device, normals(sizeOf(shape), i + 1).map((x) => 0.1 * x), shape),
  ]);
  return new CenterClip(new Parameters(device, new Map(tensors)), CONFIG, options);
}

const clustering = (
  method: ClusterMethod,
  targetFrames = [12, 6, 2, 2],
  clusterCounts = [9, 5, 4, 4],
): Clustering => ({ method, targetFrames, clusterCounts });

const CASES: Readonly<Record<string, Omit<CenterClipOptions, "maxFrames">>> = {
  "without clustering": {},
  "with k-medoids in two blocks": { clustering: clustering({ algorithm: "kmedoids++" }) },
  "with spectral clustering": { clustering: clustering({ algorithm: "spectral", sigma: 10 }) },
  "with means of clusters": {
    clustering: clustering({ algorithm: "kmeans", aggregation: "mean" }),
  },
  "with an adaptive class token and an embedding of centres": {
    clustering: clustering(
      { algorithm: "kmedoids++", adaptiveClass: true, embedding: "random" },
      [12, 12, 3, 3],
      [9, 9, 7, 7],
    ),
  },
  "with pooled frames": { clustering: clustering({ algorithm: "pooling" }) },
  "with shifted tokens": { clustering: clustering({ algorithm: "token_shift" }) },
  "with patches over three frames": { linearPatch: "3d" },
};

for (const [what, options] of Object.entries(CASES)) {
  Deno.test(`the operations of a video tower ${what} are those that it launches`, () => {
    using _scope = new Scope(device);
    const tower = model({ maxFrames: FRAMES, ...options });
    const side = CONFIG.imageResolution, shape = [VIDEOS * FRAMES, 3, side, side];
    const frames = tensor(device, normals(sizeOf(shape), 1), shape);
    const counted = (training: boolean) =>
      VIDEOS * videoFlops(CONFIG, { maxFrames: FRAMES, ...options, plan: tower.plan, training });

    const count = new Count(), previous = setRecorder(count);
    try {
      tower.encodeVideo(frames);
    } finally {
      setRecorder(previous);
    }
    strictEqual(count.attentions.length, CONFIG.visionLayers);
    strictEqual(count.flops, counted(false));

    using tape = new CountingTape();
    const visual = tower.parameters.at("clip.visual").entries().map(([, weight]) => weight);
    tape.watch(...visual);
    const loss = tape.run(() => {
      const y = tower.encodeVideo(frames);
      return mean(mul(y, y));
    });
    const gradients = tape.backward(loss, visual);
    strictEqual(tape.flops, counted(true));
    // The count rests on all of them being asked for; one of the two kinds of patches is unused.
    const missing = gradients.filter((gradient) => !gradient).length;
    strictEqual(missing, options.linearPatch === "3d" ? 1 : 0);
  });
}

Deno.test("the operations of a text tower are those that it launches", () => {
  using _scope = new Scope(device);
  const tower = model({ maxFrames: 1 });
  const length = 7, texts = 3;
  const ids = Int32Array.from({ length: texts * length }, (_, i) => i % 39);
  using tape = new CountingTape();
  tape.watch(...tower.parameters.entries().map(([, weight]) => weight));
  tape.run(() => tower.encodeText({ ids, length }));
  strictEqual(tape.flops, texts * textFlops(CONFIG, length, { training: true }));
  strictEqual(3 * textFlops(CONFIG, length), textFlops(CONFIG, length, { training: true }));
});

Deno.test("what clustering saves of the published models is counted from the seventh block on", () => {
  const b32: VitConfig = { ...CONFIG, imageResolution: 224, visionPatchSize: 32, visionWidth: 768 };
  const config = { ...b32, visionLayers: 12, embedDim: 512 };
  const saved = (maxFrames: number, targetFrames: number) => {
    const step = {
      block: 6,
      frames: maxFrames,
      targetFrames,
      frameDuration: maxFrames / targetFrames,
    };
    const plan = [{ ...step, patches: 49, clusters: 49 }];
    return 1 - videoFlops(config, { maxFrames, plan }) / videoFlops(config, { maxFrames });
  };
  // A model's embedding and first half stay; of the second half a third is left, or a quarter.
  deepStrictEqual([saved(12, 4), saved(12, 3)].map((x) => x.toFixed(3)), ["0.325", "0.365"]);
  ok(saved(60, 12) > saved(12, 3));
});
