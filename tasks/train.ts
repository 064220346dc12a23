/** `deno task train`: trains a model; see `--help`. */
import { flagGroups, flags } from "../src/train/config/settings.ts";
import { train } from "../src/train/loop.ts";
import { runTask } from "./_cli.ts";

await runTask({
  command: "deno task train",
  purpose: "Trains CenterCLIP; without data of your own, on the built-in clips.",
  flags,
  groups: flagGroups,
  onInterrupt: "stopping after this step, with a checkpoint",
}, async ({ given, signal }) => {
  await train(given, signal);
});
