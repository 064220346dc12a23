/**
 * Makes ViT-B/32 on random weights ready for training and takes two steps over two pairs of one frame each;
 * a line on standard output tells the end of each.
 *
 *     deno run -A start_child.ts PROVIDER
 *
 * @module
 */
import { openDevice } from "../../src/gpu/open.ts";
import type { ProviderName } from "../../src/gpu/provider.ts";
import { Scope } from "../../src/tensor/scope.ts";
import { prepareTraining } from "./models.ts";
import { clipConfig, STEP_ROW } from "./tower_rows.ts";

using device = await openDevice({ provider: Deno.args[0] as ProviderName });
using _scope = new Scope(device);
using training = prepareTraining(device, clipConfig("b32"), { ...STEP_ROW, frames: 1 });
for (let i = 0; i < 2; i++) {
  training.step();
  await device.idle();
  console.log("done");
}
