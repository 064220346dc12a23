import assert from "node:assert/strict";
import { UsageError } from "../../../src/errors.ts";
import { parseCommandLine } from "../../../src/train/config/parse.ts";
import { flags } from "../../../src/train/config/settings.ts";

const given = (...words: string[]) => parseCommandLine(words, flags).given;

function refused(words: string[], ...parts: string[]): void {
  assert.throws(() => parseCommandLine(words, flags), (error: unknown) => {
    assert.ok(error instanceof UsageError);
    assert.equal(error.exitCode, 2);
    assert.doesNotMatch(error.message, /\n/);
    for (const part of parts) assert.ok(error.message.includes(part), `${error.message} / ${part}`);
    return true;
  });
}

Deno.test("underscores, dashes, blanks and equal signs all spell the same flag", () => {
  for (
    const words of [
      ["--batch_size", "32"],
      ["--batch-size", "32"],
      ["--batch_size=32"],
      ["--batch-size=32"],
      ["--batch_size", "7", "--batch-size", "32"],
    ]
  ) assert.deepEqual(given(...words), { batch_size: 32 });
});

Deno.test("only flags that were given are reported", () => {
  assert.deepEqual(given(), {});
});

Deno.test("every kind of value is read", () => {
  assert.deepEqual(
    given(
      ...[
        "--freeze_layer_num",
        "-1",
        "--lr=5e-3",
        "--debug",
        "--cluster_inter",
        "1",
        "--do_train=0",
      ],
      ...["--pretrained_clip_name", "ViT-B/16", "--output_dir", "a=b c", "--use-bn-sync"],
    ),
    {
      freeze_layer_num: -1,
      lr: 5e-3,
      debug: true,
      cluster_inter: true,
      do_train: false,
      pretrained_clip_name: "ViT-B/16",
      output_dir: "a=b c",
      use_bn_sync: true,
    },
  );
});

Deno.test("a list takes the words up to the next flag, or one word with commas", () => {
  const expected = { cluster_num_blocks: [49, 49, 30], lr: 1 };
  assert.deepEqual(given("--cluster_num_blocks", "49", "49", "30", "--lr", "1"), expected);
  assert.deepEqual(given("--cluster-num-blocks=49", "49", "30", "--lr", "1"), expected);
  assert.deepEqual(given("--cluster_num_blocks", "49,49,30", "--lr", "1"), expected);
  assert.deepEqual(given("--lr", "1", "--cluster_num_blocks=49,49", "30"), expected);
});

Deno.test('"None" leaves a flag without a default unset', () => {
  assert.deepEqual(given("--resume", "None", "--lmdb_dataset=None"), {
    resume: null,
    lmdb_dataset: null,
  });
  refused(["--lr", "None"], "--lr", "None");
});

Deno.test("an unknown flag names its nearest neighbour", () => {
  refused(["--batchsize", "3"], "--batchsize", "--batch_size");
  refused(["--cluster-num-block", "3"], "--cluster-num-block", "--cluster_num_blocks");
  refused(["--warmup=3"], "--warmup");
  refused(["-l"], "-l");
  refused(["--constructor", "1"], "--constructor");
});

Deno.test("an unfit value names the flag, the value, and what is allowed", () => {
  refused(["--batch_size", "0"], "--batch_size", '"0"', "a whole number of at least 1");
  refused(["--batch_size", "1.5"], '"1.5"', "whole number");
  refused(["--batch_size", "9007199254740993"], "9007199254740993");
  refused(["--lr", "0"], '"0"', "above 0");
  refused(["--lr", "0x10"], '"0x10"');
  refused(["--lr", "Infinity"], '"Infinity"');
  refused(["--beta1", "1"], "below 1");
  refused(["--warmup_proportion", "1.01"], "of at least 0 and at most 1");
  refused(["--cluster_inter", "2"], "0 or 1");
  refused(["--precision", "bf16"], '"bf16"', "amp, fp16 or fp32");
  refused(["--cluster_num_blocks", "49", "x"], '"49,x"', "whole numbers");
  refused(["--output_dir="], "an empty value");
});

Deno.test("a value too few or too many is refused", () => {
  refused(["--lr"], "--lr", "lacks its value");
  refused(["--cluster_num_blocks"], "lacks its value");
  refused(["--debug=1"], "--debug", "takes no value");
  refused(["--debug", "1"], 'unexpected argument "1"');
  refused(["--lr", "1", "2"], 'unexpected argument "2"');
  refused(["--lr", "--batch_size", "3"], "--lr lacks its value");
});

Deno.test("operands are the words of no flag, and two dashes end the flags", () => {
  const line = parseCommandLine(["in", "--lr", "1", "--", "--lr"], flags, 2);
  assert.deepEqual(line, { given: { lr: 1 }, operands: ["in", "--lr"], help: false });
});

Deno.test("a value may begin with dashes where an equal sign binds it", () => {
  assert.deepEqual(given("--output_dir=--x"), { output_dir: "--x" });
});

Deno.test("help is recognised wherever it stands", () => {
  assert.ok(parseCommandLine(["--help"], flags).help);
  assert.ok(parseCommandLine(["--lr", "1", "-h"], flags).help);
  assert.ok(!parseCommandLine(["--lr", "1"], flags).help);
});
