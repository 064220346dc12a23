/** `deno task train`: trains a model; see `--help`. */
import { flagGroups, flags, type Settings } from "../src/train/config/settings.ts";
import { train } from "../src/train/loop.ts";
import { recipeTable } from "../src/train/recipes/list.ts";
import { runTask } from "./_cli.ts";
import { printEvaluation } from "./_evaluate.ts";

const evaluates = (given: Partial<Settings>) => given.do_eval || given.inference_speed_test;

await runTask({
  command: "deno task train",
  purpose: "Trains CenterCLIP; without data of your own, on the built-in clips.",
  flags,
  groups: flagGroups,
  onInterrupt: (given) =>
    evaluates(given) ? undefined : "stopping after this step, with a checkpoint",
}, async ({ given, signal }) => {
  if (given.recipe === "list") console.log(recipeTable().join("\n"));
  else if (evaluates(given)) await printEvaluation(given);
  else await train(given, signal);
});
