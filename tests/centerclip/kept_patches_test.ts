import { deepStrictEqual, ok, rejects } from "node:assert/strict";
import { keptPatches } from "../../src/centerclip/kept_patches.ts";
import { resolveSettings } from "../../src/train/config/resolve.ts";
import type { Settings } from "../../src/train/config/settings.ts";
import { buildModel } from "../../src/train/model.ts";
import { Random } from "../../src/tensor/random.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { device } from "../device.ts";

const FRAMES = 4, SIDE = 32;

/** What a model of random weights keeps of noise; 16 patches a frame. */
async function kept(more: Partial<Settings>): Promise<number[][]> {
  const { settings } = resolveSettings({
    ...{ datatype: "msrvtt", pretrained_clip_name: "scratch", image_resolution: SIDE },
    ...{ vision_patch_size: 8, vision_width: 64, vision_layers: 3, text_width: 64 },
    ...{ text_layers: 1, embed_dim: 64, context_length: 8, max_words: 8, max_frames: FRAMES },
    ...more,
  });
  const model = await buildModel(device, settings), random = new Random(5, [1]);
  const noise = Uint8Array.from({ length: FRAMES * SIDE * SIDE * 3 }, () => random.integer(256));
  using frames = tensor(device, noise, [FRAMES, SIDE, SIDE, 3]);
  try {
    const live = device.memory.live;
    const found = await keptPatches(model, frames);
    deepStrictEqual(device.memory.live, live, "nothing stays on the GPU");
    return found.map((ids) => [...ids]);
  } finally {
    model.parameters[Symbol.dispose]();
  }
}

Deno.test("keptPatches() follows two layers back to the frames", async () => {
  for (const cluster_algo of ["kmediods++", "spectral"] as const) {
    const more = { cluster_inter: true, cluster_algo };
    const once = await kept({
      ...{ ...more, cluster_num_blocks: [16, 9, 9], target_frames_blocks: [4, 2, 2] },
    });
    const twice = await kept({
      ...{ ...more, cluster_num_blocks: [16, 9, 6], target_frames_blocks: [4, 2, 1] },
    });
    const counts = once.map(({ length }) => length);
    deepStrictEqual([counts[0] + counts[1], counts[2] + counts[3]], [9, 9]);
    deepStrictEqual(twice.flat().length, 6);
    for (const [f, ids] of twice.entries()) {
      for (const id of ids) ok(once[f].includes(id), `${id} of frame ${f}`);
    }
  }
});

Deno.test("keptPatches() refuses a model that keeps no patches by themselves", async () => {
  await rejects(kept({ cluster_inter: false }), { message: /does not cluster tokens/ });
  await rejects(
    kept({
      ...{ cluster_inter: true, cluster_algo: "pooling" },
      ...{ cluster_num_blocks: [16, 16, 16], target_frames_blocks: [4, 2, 2] },
    }),
    { message: /pooling keeps no tokens/ },
  );
});
