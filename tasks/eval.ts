/** `deno task eval`: evaluates a checkpoint; see `--help`. */
import { flagGroups, flags } from "../src/train/config/settings.ts";
import { evaluateRun } from "../src/train/evaluate_run.ts";
import { runTask } from "./_cli.ts";

const output = {
  json: { kind: "flag", default: false, meaning: "print the result as one JSON object on a line" },
} as const;

await runTask({
  command: "deno task eval",
  purpose: "Evaluates the newest run's best checkpoint, or --resume CHECKPOINT, on its test split.",
  flags: { ...flags, ...output },
  groups: { "Output": output, ...flagGroups },
}, async ({ given: { json, ...given } }) => {
  const result = await evaluateRun(given);
  console.log(
    json
      ? JSON.stringify(result)
      : `text-to-video R@1 ${result.t2v.R1.toFixed(1)}, video-to-text R@1 ${
        result.v2t.R1.toFixed(1)
      }`,
  );
});
