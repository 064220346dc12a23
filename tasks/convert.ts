/**
 * Converts what PyTorch wrote, without Python:
 *
 *     deno task convert ViT-B-32.pt                   OpenAI's weights to safetensors
 *     deno task convert ckpt.best.pth.tar             a checkpoint of CenterCLIP
 *     deno task convert eclip_msrvtt_62               a published run's folder, with its settings
 *
 * @module
 */
import { convert } from "../src/train/convert/archive.ts";
import { Progress } from "../src/train/log/progress.ts";
import { writeLine } from "../src/train/log/terminal.ts";
import { runTask } from "./_cli.ts";

await runTask({
  command: "deno task convert",
  purpose:
    "Convert OpenAI's .pt files, and the original's checkpoints or a published run's folder, to safetensors. Nothing in them is run.",
  operands: ["INPUT", "[OUTPUT]"],
  flags: {
    force: { kind: "flag", default: false, meaning: "replace OUTPUT where it is there already" },
  },
}, async ({ operands: [input, output], values: { force } }) => {
  let progress: Progress | undefined;
  const done = await convert(input, {
    output,
    force,
    onProgress: (n, total) => (progress ??= new Progress("convert", total)).update(n),
  }).finally(() => progress?.[Symbol.dispose]());
  for (const note of done.notes) writeLine(`note: ${note}`);
  const dtypes = [...done.dtypes].map(([dtype, n]) => `${n} ${dtype}`).join(", ");
  const size = (done.bytes / 1e6).toFixed(1);
  writeLine(
    `Wrote a ${
      done.kind === "weights" ? "file of weights" : "checkpoint"
    }: ${done.tensors} tensors ` +
      `(${dtypes}), ${size} MB, ${done.output}`,
  );
  if (done.kind === "checkpoint") writeLine(`deno task eval --resume ${done.output}`);
});
