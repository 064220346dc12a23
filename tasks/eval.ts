/** `deno task eval`: evaluates a checkpoint; see `--help`. */
import { flagGroups, flags } from "../src/train/config/settings.ts";
import { bestCheckpoint, newestRun } from "../src/train/log/run_folder.ts";
import { runTask } from "./_cli.ts";
import { printEvaluation } from "./_evaluate.ts";

const output = {
  json: { kind: "flag", default: false, meaning: "print the result as one JSON object on a line" },
} as const;

await runTask({
  command: "deno task eval",
  purpose: "Evaluates the newest run's best checkpoint, or --resume CHECKPOINT, on its test split.",
  flags: { ...flags, ...output },
  groups: { "Output": output, ...flagGroups },
}, async ({ given: { json, ...given } }) => {
  const resume = given.resume ?? await bestCheckpoint(await newestRun());
  await printEvaluation({ ...given, resume }, json);
});
