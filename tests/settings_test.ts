import { SETTINGS, takesEffect, testUnder } from "./settings.ts";

const MODULES = [
  "ops/matmul_test.ts",
  "ops/conv2d_test.ts",
  "ops/batch_norm_test.ts",
  "ops/attention_test.ts",
  "ops/layer_norm_test.ts",
  "cluster/k_medoids_test.ts",
];
const EVERYWHERE = [
  "matmul() nt with epilogue matches the oracle for 17 x 36 x 44",
  "conv2d() and its gradients match the oracle for 3, 7, 5, 16, 20, 3, 2, 1",
  "batchNorm() in training and its gradients match the oracle at [129,8]",
  "layerNorm() of [129,64] matches the oracle",
  "kMedoids() finds what the oracle finds",
];
// A few sizes only: a pipeline that this machine has not seen takes seconds, and the plain attention
// kernel tens of them. `--full` runs everything under every setting.
const SUBSETS: Record<keyof typeof SETTINGS, readonly string[]> = {
  "Deno's provider": [...EVERYWHERE, "matmul() tn and its gradient match the oracle at 33 cubed"],
  "subgroups of 4": [...EVERYWHERE, "the oracle for 33 causal tokens"],
  "subgroups of 16": [...EVERYWHERE, "the oracle for 33 causal tokens"],
};

for (const setting of Object.keys(SETTINGS) as (keyof typeof SETTINGS)[]) {
  Deno.test(`products, convolutions, norms, attention and k-medoids match their oracles with ${setting}`, async () => {
    await takesEffect(setting);
    await testUnder(setting, MODULES, SUBSETS[setting]);
  });
}
