import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import type { Clustering } from "../../src/centerclip/clustering.ts";
import { newParameters, startNewParameters } from "../../src/centerclip/new_parameters.ts";
import type { ClusterMethod } from "../../src/cluster/method.ts";
import type { ClipConfig } from "../../src/clip/config.ts";
import { heldShapes } from "../../src/clip/weights.ts";
import { UsageError } from "../../src/errors.ts";
import type { SafetensorsFile } from "../../src/io/safetensors.ts";

const config: ClipConfig = {
  vision: "ViT",
  embedDim: 64,
  imageResolution: 32,
  visionLayers: 3,
  visionWidth: 64,
  visionPatchSize: 8,
  contextLength: 8,
  vocabSize: 100,
  textWidth: 64,
  textLayers: 1,
};
const lists = { targetFrames: [4, 2, 1], clusterCounts: [16, 9, 6] };
const MODULE = "clip.visual.transformer.resblocks";

function parametersOf(method: ClusterMethod, more: Partial<Clustering> = {}) {
  return newParameters(config, { maxFrames: 4, clustering: { ...lists, ...more, method } });
}

/** The first elements of every parameter; CLIP's tensors count up from 0. */
async function started(method: ClusterMethod) {
  const clip = () => Promise.resolve(Float32Array.from({ length: 17 * 64 }, (_, i) => i));
  const found = new Map<string, Float32Array>();
  for await (const [name, , data] of startNewParameters(parametersOf(method), clip, 1)) {
    found.set(name, data);
  }
  return found;
}

Deno.test("clusterings have the original's parameters, as wide as the tokens", () => {
  const found = parametersOf({
    algorithm: "kmedoids++",
    embedding: "random",
    frameEmbedding: true,
    adaptiveClass: true,
  });
  deepStrictEqual([...found].map(([name, { shape }]) => [name, shape]), [
    [`${MODULE}.1.tokencluster_inter.cluster_embed`, [9, 64]],
    [`${MODULE}.1.tokencluster_inter.cluster_frame_embed`, [2, 1, 64]],
    [`${MODULE}.1.tokencluster_inter.cls_multiplier`, [1, 4, 1, 1]],
    [`${MODULE}.2.tokencluster_inter.cluster_embed`, [6, 64]],
    [`${MODULE}.2.tokencluster_inter.cluster_frame_embed`, [2, 1, 64]],
    [`${MODULE}.2.tokencluster_inter.cls_multiplier`, [1, 2, 1, 1]],
  ]);
  strictEqual(parametersOf({ algorithm: "kmedoids++" }).size, 0);
  strictEqual(parametersOf({ algorithm: "token_shift" }).size, 0);
  strictEqual(newParameters(config, { maxFrames: 4 }).size, 0);
});

Deno.test("the embeddings of centres start as CLIP's positions of the first patches, or at random", async () => {
  const clip = await started({ algorithm: "kmedoids++", embedding: "clip", adaptiveClass: true });
  const first = clip.get(`${MODULE}.1.tokencluster_inter.cluster_embed`)!;
  deepStrictEqual([first.length, first[0], first.at(-1)], [9 * 64, 64, 10 * 64 - 1]);
  deepStrictEqual(
    [...clip.get(`${MODULE}.1.tokencluster_inter.cls_multiplier`)!],
    [0.5, 0.5, 0.5, 0.5],
  );
  const drawn = await started({ algorithm: "kmedoids++", embedding: "random" });
  const values = [...drawn.values()].flatMap((data) => [...data]);
  const deviation = Math.sqrt(values.reduce((sum, v) => sum + v * v, 0) / values.length);
  ok(Math.abs(deviation - 64 ** -0.5) < 0.01, `${deviation}`);
});

Deno.test("DeepCluster has a perceptron for the tokens of each segment, almost zero at first", async () => {
  const shapes = new Map(
    [...parametersOf({ algorithm: "deep_cluster" })].map(([name, { shape }]) => [name, shape]),
  );
  const layer = `${MODULE}.2.deepcluster.token_mlp`;
  strictEqual(shapes.size, 24);
  // Two frames of the nine tokens that block 2 left.
  deepStrictEqual(shapes.get(`${layer}.fc1.weight`), [72, 18]);
  deepStrictEqual(shapes.get(`${layer}.fc2.weight`), [12, 72]);
  deepStrictEqual(shapes.get(`${layer}.fc3.weight`), [6, 12]);
  deepStrictEqual(shapes.get(`${layer}.ln3.bias`), [6]);
  const values = await started({ algorithm: "deep_cluster" });
  ok(values.get(`${layer}.fc1.weight`)!.every((v) => v !== 0 && Math.abs(v) < 0.06));
  ok(values.get(`${layer}.fc1.bias`)!.every((v) => v === 0));
  ok(values.get(`${layer}.ln1.weight`)!.every((v) => v === 1));
});

Deno.test("more centres than CLIP has positions cannot start from them", () => {
  const more = { targetFrames: [2, 2, 2], clusterCounts: [17, 17, 17] };
  throws(
    () => parametersOf({ algorithm: "kmedoids++", embedding: "clip" }, more),
    (error: Error) => error instanceof UsageError && /positions of 16 patches/.test(error.message),
  );
  ok(parametersOf({ algorithm: "kmedoids++", embedding: "random" }, more).size > 0);
});

Deno.test("the graph that the original's spectral layers keep in their checkpoints is no parameter", () => {
  const layer = `${MODULE}.1.tokencluster_inter`;
  const names = [`${layer}.spg`, "clip.visual.position_ids", `${layer}.cluster_embed`];
  const file = { names, info: () => ({ shape: [1] }) } as unknown as SafetensorsFile;
  deepStrictEqual([...heldShapes(file, "").keys()], [`${layer}.cluster_embed`]);
});
