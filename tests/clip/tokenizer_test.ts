import assert from "node:assert/strict";
import { UsageError, UserError } from "../../src/errors.ts";
import { loadTokenizer, Tokenizer } from "../../src/clip/tokenizer.ts";
import { VocabularyError } from "../../src/clip/vocabulary.ts";
import { tinyVocabulary } from "./tiny_vocabulary.ts";

const tokenizer = await loadTokenizer();

Deno.test("the vocabulary is CLIP's", () => {
  assert.equal(tokenizer.size, 49408);
  assert.equal(tokenizer.sot, 49406);
  assert.equal(tokenizer.eot, 49407);
  assert.equal(tokenizer.decode([320, 1929]), "a dog ");
});

Deno.test("captions get the ids that OpenAI's tokenizer gives", () => {
  const cases: [string, number[]][] = [
    ["people talking about a fight", [1047, 2578, 781, 320, 2757]],
    ["", []],
    [" \t\n ", []],
    ["A", [320]],
    [
      "it's he'll they've I'm we'd don't DON'T I'D",
      [585, 568, 797, 1342, 889, 1200, 328, 880, 649, 1896, 847, 713, 847, 713, 328, 1896],
    ],
    ["2020", [273, 271, 273, 271]],
    ["café naïve résumé", [15304, 1097, 35689, 563, 29106, 7054, 4166]],
    ["中文字幕", [19759, 255, 29032, 229, 35751, 245, 38780, 499]],
    ["👍🏽", [43722]],
    ["&amp;lt;double&amp;gt;", [283, 3200, 285]],
    ["<|STARTOFTEXT|>", [49406]],
    ["a<|endoftext|>b", [320, 49407, 321]],
    ["\u200bzero\u200bwidth\ufeff", [9844, 5848, 9844, 23571]],
    ["İstanbul I ı", [328, 16384, 11231, 328, 41901]],
    // Letters of Unicode 17 are letters; capitals that came after Unicode 14 stay capitals.
    ["x\ua7cey \ua7cf", [87, 166, 253, 236, 344, 166, 253, 493]],
    ["\u{323b0}\u{323b1} \u{11de0}\u{11de1}", [
      ...[172, 110, 236, 108, 172, 110, 236, 365],
      ...[172, 239, 115, 510, 172, 239, 115, 350],
    ]],
    ["\ua7cb\ua7da \u1c89", [166, 253, 233, 166, 253, 504, 157, 110, 487]],
    // Sigma at the end of a word; no word goes on after a capital that is unknown.
    ["ΑΣ Σ ΑΣ\u0301Α ΑΣ.", [
      ...[138, 109, 139, 480, 139, 481, 138, 109, 139, 481, 136, 479, 138, 365],
      ...[138, 109, 139, 480, 269],
    ]],
    ["ΑΣ\u{10d50}", [138, 109, 139, 224, 172, 238, 113, 494]],
    ["🇩🇪👨‍👩‍👧 ❤️", [15222, 11428, 25023, 26304, 964, 356, 1752]],
    ["مرحبا שלום", [12986, 10948, 25722, 16378, 22625, 147, 102, 147, 250, 147, 243, 147, 507]],
    ["I'ſ <|ſtartoftext|>", [328, 6, 129, 379, 27, 91, 129, 123, 2002, 6659, 18169, 91, 285]],
    ["a\u0345\u0301b \u0345", [22229, 321]],
    ["\ud800a\udc00 \ud83d\ude00", [39802, 320, 39802, 7334]],
  ];
  for (const [text, ids] of cases) assert.deepEqual(tokenizer.encode(text), ids, text);
});

Deno.test("names of object members are words like any other", () => {
  for (const word of ["constructor", "__proto__", "tostring", "hasownproperty"]) {
    const ids = tokenizer.encode(word);
    assert.ok(ids.length > 0 && ids.every((id) => id < tokenizer.sot), word);
    assert.equal(tokenizer.decode(ids).replaceAll(" ", ""), word);
  }
});

Deno.test("decoding what was encoded gives the words back", () => {
  const text = "zwölf große 犬 run 🏃 through øresund 3 times !?";
  assert.equal(tokenizer.decode(tokenizer.encode(text)), text + " ");
  assert.throws(() => tokenizer.decode([49408]), UserError);
});

Deno.test("any sequence of UTF-16 units encodes to ids of the vocabulary", () => {
  let state = 1;
  const next = () => state = Math.imul(state, 1664525) + 1013904223 >>> 0;
  for (let i = 0; i < 500; i++) {
    const units = Array.from({ length: next() >>> 27 }, () => next() >>> (16 + (next() >>> 29)));
    const ids = tokenizer.encode(String.fromCharCode(...units));
    assert.ok(ids.every((id) => Number.isInteger(id) && id >= 0 && id < tokenizer.size));
  }
});

Deno.test("100,000 characters take well under a second, whatever they are", () => {
  let state = 1;
  const next = () => state = Math.imul(state, 1664525) + 1013904223 >>> 0;
  const letters = (alphabet: string) =>
    Array.from({ length: 100_000 }, () => alphabet[next() % alphabet.length]).join("");
  const texts = {
    word: letters("abcdefghijklmnopqrstuvwxyz"),
    repeated: "x".repeat(100_000),
    characters: letters("中文字幕犬猫"),
    digits: letters("0123456789"),
    signs: letters("!?.,-#"),
    surrogates: "\ud800".repeat(100_000),
  };
  for (const [name, text] of Object.entries(texts)) {
    const start = performance.now();
    const ids = tokenizer.encode(text), took = performance.now() - start;
    assert.ok(took < 5_000, `${name}: ${took} ms`); // much less on a machine that does nothing else
    const back = tokenizer.decode(ids).replaceAll(" ", "");
    assert.ok(back === text.toWellFormed(), name);
  }
});

Deno.test("packing starts, truncates, ends, pads and masks", () => {
  const { ids, mask } = tokenizer.pack("a dog runs.", 8);
  assert.deepEqual([...ids], [49406, 320, 1929, 5586, 269, 49407, 0, 0]);
  assert.deepEqual([...mask], [1, 1, 1, 1, 1, 1, 0, 0]);
  const short = tokenizer.pack("a dog runs.", 4);
  assert.deepEqual([...short.ids], [49406, 320, 1929, 49407]);
  assert.deepEqual([...short.mask], [1, 1, 1, 1]);
  assert.deepEqual([...tokenizer.pack("", 2).ids], [49406, 49407]);
  for (const length of [1, 0, -1, 2.5, NaN]) {
    assert.throws(() => tokenizer.pack("a", length), UsageError);
  }
});

Deno.test("merges apply by rank, each to all its occurrences from the left", () => {
  const merges = [["a", "a"], ["aa", "b</w>"], ["b", "c</w>"], ["a", "b"]] as const;
  const tiny = new Tokenizer(tinyVocabulary(merges));
  const spell = (word: string) => tiny.encode(word).map((id) => tiny.decode([id]));
  assert.deepEqual(spell("aaab"), ["aa", "a", "b "]);
  assert.deepEqual(spell("aab"), ["aab "]);
  assert.deepEqual(spell("aaaaa"), ["aa", "aa", "a "]);
  // "b c" is stronger than "a b", although it lies further right.
  assert.deepEqual(spell("abc"), ["a", "bc "]);
  assert.deepEqual(spell("abab"), ["ab", "a", "b "]);
});

Deno.test("merges that arise while others of their rank wait let those go first", () => {
  // Learnt merges never come in this order: what "x y" makes is wanted by a stronger pair.
  const merges = [["xy", "x"], ["x", "y"]] as const;
  const tiny = new Tokenizer(tinyVocabulary(merges));
  assert.deepEqual(tiny.encode("xyxyx").map((id) => tiny.decode([id])), ["xy", "xy", "x "]);
});

Deno.test("a vocabulary that lacks a needed token is refused by that token's name", () => {
  const merges = [["a", "b"]] as const;
  for (const lost of ["<|endoftext|>", "x</w>", "ab", "Ā"]) {
    const { tokens, ...rest } = tinyVocabulary(merges);
    const fewer = new Map([...tokens].filter(([token]) => token !== lost));
    assert.throws(() => new Tokenizer({ ...rest, tokens: fewer }), (error: Error) => {
      return error instanceof VocabularyError && error.message.startsWith("tiny: ") &&
        error.message.includes(lost);
    });
  }
});

Deno.test("the end of text must be the largest id: by that the text encoder finds it", () => {
  const { tokens, ...rest } = tinyVocabulary([]);
  const more = new Map(tokens).set("more", tokens.size);
  assert.throws(
    () => new Tokenizer({ ...rest, tokens: more }),
    /tiny: .* 513, and 514 is there, too; use/,
  );
});
