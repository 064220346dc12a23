import { deepStrictEqual } from "node:assert/strict";
import { referenceTrainable } from "../../src/compat/training.ts";
import { isTrainable, parameterRules } from "../../src/optim/groups.ts";

Deno.test("freezing spares the last norms, the projections and the upper blocks", () => {
  const names = [
    "clip.token_embedding.weight",
    "clip.positional_embedding",
    "clip.visual.class_embedding",
    "clip.visual.conv1.weight",
    "clip.visual.ln_pre.weight",
    "clip.visual.transformer.resblocks.1.ln_1.weight",
    "clip.visual.transformer.resblocks.2.ln_1.weight",
    "clip.transformer.resblocks.10.mlp.c_fc.bias",
    "clip.visual.ln_post.bias",
    "clip.visual.proj",
    "clip.ln_final.weight",
    "clip.text_projection",
    "clip.logit_scale",
    "frame_position_embeddings.weight",
  ];
  deepStrictEqual(names.filter((name) => !isTrainable(name, 2)), names.slice(0, 6));
  deepStrictEqual(names.filter((name) => !isTrainable(name, -1)), []);
});

Deno.test("freezing keeps a ResNet whole, and 3d patches learn in place of CLIP's", () => {
  const conv2 = "clip.visual.conv2.weight";
  const names = ["clip.visual.layer4.2.bn3.weight", "clip.visual.attnpool.c_proj.bias", conv2];
  deepStrictEqual(names.filter((name) => isTrainable(name, 0)), []);
  deepStrictEqual(names.filter((name) => isTrainable(name, -1)), names);
  deepStrictEqual(names.filter((name) => isTrainable(name, 0, "3d")), [conv2]);
  deepStrictEqual(referenceTrainable("clip.visual.conv1.weight", 0, "3d"), true);
});

Deno.test("running statistics never learn", () => {
  const buffers = ["running_mean", "running_var", "num_batches_tracked"]
    .map((name) => `clip.visual.layer1.0.downsample.1.${name}`);
  deepStrictEqual(buffers.filter((name) => isTrainable(name, -1)), []);
  deepStrictEqual(buffers.filter((name) => referenceTrainable(name, -1, "2d")), []);
});

Deno.test("CLIP's parameters learn at coef_lr, and only names with bias are spared from decay", () => {
  const names = [
    "clip.visual.ln_post.weight",
    "clip.ln_final.bias",
    "deepcluster.token_mlp.fc1.weight",
  ];
  const rules = parameterRules(names, { coefLr: 1e-3, weightDecay: 0.2 });
  deepStrictEqual(rules, [
    { name: names[0], rateFactor: 1e-3, weightDecay: 0.2 },
    { name: names[1], rateFactor: 1e-3, weightDecay: 0 },
    { name: names[2], rateFactor: 1, weightDecay: 0.2 },
  ]);
});
