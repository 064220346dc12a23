/**
 * CLIP's tokenizer.
 *
 * @module
 */
import { loadTokenizer, type PackedText } from "../../../mod.ts";
import type { Checks } from "../checks.ts";
import type { GoldenCase } from "../golden.ts";
import type { Kinds, Table } from "../kind.ts";

/** What the packed tensors hold for a text, by the beginning of their name. */
const PACKED:
  readonly (readonly [prefix: string, of: (packed: PackedText) => ArrayLike<number>])[] = [
    ["ids", ({ ids }) => ids],
    ["mask", ({ mask }) => mask],
    // A caption is one segment, so this project makes no tensor of the segments' numbers.
    ["segment", ({ ids }) => new Int32Array(ids.length)],
  ];

/** Every text whole, there and back, and packed to each length: row `row` of the packed tensors. */
async function texts(golden: GoldenCase, checks: Checks): Promise<void> {
  const tokenizer = await loadTokenizer();
  const lengths = golden.params.numbers("max_words");
  const packed = await Promise.all(
    lengths.flatMap((length) =>
      PACKED.filter(([prefix]) => golden.hasOutput(`${prefix}${length}`)).map(
        async ([prefix, of]) => {
          const { data } = await golden.output(`${prefix}${length}`);
          return { prefix, of, length, data };
        },
      )
    ),
  );
  for (const entry of golden.area.manifest.objects("texts")) {
    const text = entry.text("text"), row = entry.number("row"), ids = entry.numbers("ids");
    checks.equal(`${entry.where}.ids`, tokenizer.encode(text), ids);
    checks.same(`${entry.where}.decoded`, tokenizer.decode(ids), entry.text("decoded"));
    for (const { prefix, of, length, data } of packed) {
      const expected = data.subarray(row * length, (row + 1) * length);
      checks.equal(`${prefix}${length}[${row}]`, of(tokenizer.pack(text, length)), expected);
    }
  }
}

const vocabulary: Table = {
  name: "vocab",
  run: async ({ manifest }, checks) => {
    const tokenizer = await loadTokenizer(), expected = manifest.object("vocab");
    for (const key of ["size", "sot", "eot"] as const) {
      checks.equal(key, [tokenizer[key]], [expected.number(key)]);
    }
    const { ids, mask } = tokenizer.pack("", 4);
    const padding = ids[mask.indexOf(0)];
    checks.equal("pad", [padding], [expected.number("pad")]);
    checks.same(
      "pad_token_text",
      tokenizer.decode([padding]).trim(),
      expected.text("pad_token_text"),
    );
    // Every merge makes a token; the others are the 256 bytes, each alone and at a word's end, and the
    // two special tokens.
    checks.equal("merges", [tokenizer.size - 2 * 256 - 2], [expected.number("merges")]);
  },
};

export const tokenizer: Kinds = {
  kinds: [{ function: /\b_get_text with modules\/simple_tokenizer\.py/, run: texts }],
  tables: [vocabulary],
};
