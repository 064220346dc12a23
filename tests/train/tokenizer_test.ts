import { deepStrictEqual, match, rejects, strictEqual } from "node:assert/strict";
import { clipVocabulary } from "../../src/clip/vocabulary.ts";
import { UserError } from "../../src/errors.ts";
import { openTokenizer, vocabularyIn } from "../../src/train/tokenizer.ts";
import { defaultsOf, flags } from "../../src/train/config/settings.ts";
import { tinyVocabulary, tokenizerJson } from "../clip/tiny_vocabulary.ts";
import { TemporaryFolder } from "./tiny.ts";

const TINY = tinyVocabulary([["a", "b"]]);

/** Writes files of these texts into a folder. */
function write(folder: TemporaryFolder, files: Record<string, string>): void {
  for (const [name, text] of Object.entries(files)) Deno.writeTextFileSync(folder.in(name), text);
}

/** Opens the tokenizer of a folder, and gives it with the line that it logs. */
async function open(
  pretrained_dir: string,
  name: "ViT-B/32" | "scratch" = "ViT-B/32",
  rows = 49408,
) {
  const lines: string[] = [];
  const settings = { ...defaultsOf(flags), pretrained_dir, pretrained_clip_name: name };
  const tokenizer = await openTokenizer(settings, rows, (line) => lines.push(line));
  strictEqual(lines.length, 1);
  return { tokenizer, line: lines[0] };
}

Deno.test("CLIP's vocabulary from a model's folder gives the ids of the built-in one", async () => {
  const clip = await clipVocabulary(), text = "a café, 2 dogs 👍🏽 & constructor <|endoftext|>";
  const { tokenizer, line } = await open("no/such/folder");
  strictEqual(line, "vocabulary: OpenAI's vocabulary, 49408 tokens");
  const files = {
    "tokenizer.json": tokenizerJson(clip),
    "vocab.json": JSON.stringify(Object.fromEntries(clip.tokens)),
    "merges.txt": ["#version: 0.2", ...clip.merges.map((pair) => pair.join(" ")), ""].join("\n"),
  };
  for (const names of [["tokenizer.json"], ["vocab.json", "merges.txt"]] as const) {
    using folder = new TemporaryFolder();
    write(folder, Object.fromEntries(names.map((name) => [name, files[name]])));
    const found = await open(folder.path);
    strictEqual(found.line, `vocabulary: ${folder.in(names[0])}, 49408 tokens`);
    deepStrictEqual(found.tokenizer.encode(text), tokenizer.encode(text));
    deepStrictEqual(found.tokenizer.vocabulary.merges, clip.merges);
  }
});

Deno.test("the model's own folder is asked first, a model from scratch asks none", async () => {
  using folder = new TemporaryFolder();
  write(folder, { "tokenizer.json": "no JSON" });
  Deno.mkdirSync(folder.in("ViT-B-32"));
  write(folder, { "ViT-B-32/tokenizer.json": tokenizerJson(TINY) });
  strictEqual((await open(folder.path)).tokenizer.size, 515);
  match((await open(folder.path, "scratch")).line, /OpenAI's/);
  await rejects(vocabularyIn(folder.path), /tokenizer\.json: it is not JSON/);
});

Deno.test("half a pair, a damaged file, and a vocabulary too large for the model are refused", async () => {
  const vocab = JSON.stringify(Object.fromEntries(TINY.tokens));
  const cases: [files: Record<string, string>, message: RegExp][] = [
    [{ "vocab.json": vocab }, /vocab\.json lies there without .*merges\.txt; put both/],
    [{ "merges.txt": "a b" }, /merges\.txt lies there without .*vocab\.json; put both/],
    [{ "vocab.json": vocab, "merges.txt": "a c" }, /vocab\.json: it lacks the token "ac"/],
    [{ "vocab.json": "{}", "merges.txt": "a b" }, /vocab\.json: it lacks <\|startoftext\|>/],
    [{ "tokenizer.json": tokenizerJson(TINY) }, /515 tokens and .* 100 rows; put the files/],
  ];
  for (const [files, message] of cases) {
    using folder = new TemporaryFolder();
    write(folder, files);
    await rejects(open(folder.path, "ViT-B/32", 100), (error: Error) => {
      match(error.message, message);
      return error instanceof UserError && !error.message.includes("\n");
    });
  }
  using folder = new TemporaryFolder();
  Deno.writeFileSync(folder.in("tokenizer.json"), Uint8Array.of(0x22, 0xff, 0x22));
  await rejects(open(folder.path), /tokenizer\.json is not a text in UTF-8/);
  Deno.removeSync(folder.in("tokenizer.json"));
  Deno.mkdirSync(folder.in("tokenizer.json"));
  await rejects(open(folder.path), /cannot read .*tokenizer\.json: it is not a regular file/);
});
