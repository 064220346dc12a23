/**
 * The tokenizer of a run.
 *
 * @module
 */
import { join } from "node:path";
import { loadTokenizer, type Tokenizer } from "../clip/tokenizer.ts";
import { parseTokenizerJson, parseVocabulary, type Vocabulary } from "../clip/vocabulary.ts";
import { UserError } from "../errors.ts";
import { readText } from "../io/text_file.ts";
import type { Settings } from "./config/settings.ts";
import { pretrainedPlace } from "./pretrained.ts";

/**
 * The vocabulary that lies in a model's folder: `tokenizer.json`, else `vocab.json` with `merges.txt`;
 * undefined where there is none.
 *
 * @throws {UserError} if one of the files cannot be read or is not what its name says, or one of a pair
 * lies there without the other.
 */
export async function vocabularyIn(folder: string): Promise<Vocabulary | undefined> {
  const [whole, vocab, merges] = ["tokenizer.json", "vocab.json", "merges.txt"]
    .map((name) => join(folder, name));
  const text = await readText(whole);
  if (text !== undefined) return parseTokenizerJson(text, whole);
  const [tokens, pairs] = [await readText(vocab), await readText(merges)];
  if (tokens === undefined && pairs === undefined) return undefined;
  if (tokens === undefined || pairs === undefined) {
    const [there, missing] = tokens === undefined ? [merges, vocab] : [vocab, merges];
    throw new UserError(
      `${there} lies there without ${missing}; put both into the folder, or none`,
    );
  }
  return parseVocabulary({ text: tokens, label: vocab }, { text: pairs, label: merges });
}

/**
 * The tokenizer of the settings' CLIP model: over the vocabulary in the folder of its weights, or in
 * `--pretrained_dir` itself, or OpenAI's.
 *
 * @param rows Rows of the model's token embedding.
 * @param tell Told which vocabulary it is.
 * @throws {UserError} if the vocabulary is damaged, or the model has no rows for all of it.
 */
export async function openTokenizer(
  settings: Settings,
  rows: number,
  tell: (line: string) => void,
): Promise<Tokenizer> {
  let vocabulary: Vocabulary | undefined;
  if (settings.pretrained_clip_name !== "scratch") {
    const { folder, names } = pretrainedPlace(settings);
    for (const place of [...names.map((name) => join(folder, name)), folder]) {
      vocabulary ??= await vocabularyIn(place);
    }
  }
  const tokenizer = await loadTokenizer({ vocabulary });
  const { label } = tokenizer.vocabulary;
  if (tokenizer.size > rows) {
    throw new UserError(
      `${label} has ${tokenizer.size} tokens and the model's token embedding ${rows} rows; ` +
        "put the files of one model together",
    );
  }
  tell(`vocabulary: ${label}, ${tokenizer.size} tokens`);
  return tokenizer;
}
