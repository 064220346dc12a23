import assert from "node:assert/strict";
import { cleanText } from "../../src/clip/clean_text.ts";
import { fixText } from "../../src/clip/fix_text.ts";
import { unescapeHtml } from "../../src/clip/html.ts";
import { compose } from "../../src/clip/normalize.ts";
import { loadTokenizer } from "../../src/clip/tokenizer.ts";

/** UTF-8 read in a wrong encoding; bytes that it lacks become the control of the same number. */
function misread(text: string, encoding: string): string {
  const decoder = new TextDecoder(encoding);
  return Array.from(new TextEncoder().encode(text), (byte) => {
    const character = decoder.decode(Uint8Array.of(byte));
    return character === "\ufffd" ? String.fromCharCode(byte) : character;
  }).join("");
}

const MARKED = ["e", "가", "", "z\u0301"];

Deno.test("long runs of marks are composed as the engine composes short ones", () => {
  let state = 3;
  const next = () => state = Math.imul(state, 1664525) + 1013904223 >>> 0;
  const marks = Array.from({ length: 0x500 }, (_, i) => String.fromCodePoint(0x300 + i))
    .filter((mark) => /\p{M}/u.test(mark));
  for (let i = 0; i < 60; i++) {
    const few = i % 2 ? marks : Array.from({ length: 5 }, () => marks[next() % marks.length]);
    const run = Array.from({ length: 90 + i }, () => few[next() % few.length]).join("");
    const text = MARKED[i % 4] + run + MARKED[next() % 4];
    assert.equal(compose(text), text.normalize("NFC"));
  }
});

const SENTENCES = [
  "Le garçon déjà âgé mange une crêpe, où l'été s'achève… « Noël » – œuvre",
  "Größere Äpfel über der Straße",
  "¿Qué niño pequeño está aquí? ¡Mañana será otro día!",
  "João não comerá maçã amanhã; é à tarde",
  "Zażółć gęślą jaźń",
  "Şişli'de çığ düştü",
  "Мужчина готовит еду на кухне. Две собаки — бегут… «Да»",
  "Ένας άνδρας μαγειρεύει στην κουζίνα",
  "ילד רוקד ברחוב",
  "एक आदमी खाना बना रहा है",
  "男の人が料理をしている。「はい」",
  "남자가 요리를 하고 있다",
  "a dog 😀 runs ✓ → ★ £5 or €6 ½ cup 20°C",
];

Deno.test("UTF-8 misread as windows-1252 or Latin-1 is read again, also when misread twice", () => {
  for (const sentence of SENTENCES) {
    const once = misread(sentence, "windows-1252");
    assert.notEqual(once, sentence);
    assert.equal(fixText(once), sentence);
    assert.equal(fixText(misread(once, "windows-1252")), sentence);
    const latin1 = String.fromCharCode(...new TextEncoder().encode(sentence));
    assert.equal(fixText(latin1), sentence);
  }
});

Deno.test("words misread through other single-byte encodings are read again", () => {
  const encodings = ["windows-1250", "windows-1251", "windows-1254", "iso-8859-2", "macintosh"];
  for (const encoding of encodings) {
    const russian = misread("привет, мир", encoding);
    // Of the Mac's encoding, which nobody meets with Cyrillic, ftfy knows Latin and punctuation only.
    const read = encoding === "macintosh" ? russian : "привет, мир";
    assert.equal(fixText(russian), read, encoding);
    assert.equal(fixText(misread("it’s — done", encoding)), "it's — done", encoding);
  }
});

Deno.test("hostile strings are repaired and cut into tokens as ftfy 6.0.3 and CLIP do it", async () => {
  const tokenizer = await loadTokenizer();
  const url = new URL("../../fixtures/text/ftfy.json", import.meta.url);
  const cases = JSON.parse(await Deno.readTextFile(url)) as [string, string, number[]][];
  assert.ok(cases.length > 100);
  for (const [text, fixed, ids] of cases) {
    assert.equal(fixText(text), fixed);
    assert.deepEqual(tokenizer.encode(text), ids, JSON.stringify(text));
  }
});

Deno.test("long and hostile lines are repaired in no time", () => {
  const lines: [string, string][] = [
    ["donâ€™t ".repeat(15_000), "don't ".repeat(15_000)],
    ["Ã©".repeat(50_000), "é".repeat(50_000)],
    // Each pass takes one layer off, or sorts the marks by insertion.
    ["&" + "amp;".repeat(25_000), "&"],
    ["&" + "amp;".repeat(25_000) + "eacute;", "é"],
    ["e" + "\u0301\u0323".repeat(50_000), "ẹ" + "\u0323".repeat(49_999) + "\u0301".repeat(50_000)],
    ["&".repeat(100_000), "&".repeat(100_000)],
    ["\x1b[" + "1;".repeat(50_000), "[" + "1;".repeat(50_000)],
  ];
  const start = performance.now();
  for (const [line, fixed] of lines) assert.ok(fixText(line) === fixed, line.slice(0, 20));
  // By the square they would take 20 seconds, so less than half a second on a quiet machine.
  const took = performance.now() - start;
  assert.ok(took < 10_000, `${took} ms`);
});

Deno.test("mojibake within sound text is repaired, and the sound text kept", () => {
  assert.equal(fixText("donâ€™t Ã© 中 é"), "don't é 中 é");
  assert.equal(fixText("“MANHÃ”"), '"MANHÔ');
  assert.equal(fixText("voilÃ le café"), "voilà le café");
  assert.equal(fixText("â€�closedâ€�"), "�closed�");
});

Deno.test("sound text in many languages stays as it is", () => {
  const more = ["IL Y MARQUÉ…", "MANHÃ às vezes", "Â", "ÄÖÜ ßß", "il est fâché…», dit-il", "½ ÷ 2"];
  for (const sentence of [...SENTENCES, ...more]) {
    assert.equal(fixText(sentence), sentence);
    for (const word of sentence.split(" ")) assert.equal(fixText(word), word);
  }
});

Deno.test("each repair does what ftfy's does", () => {
  const cases: [string, string][] = [
    ["ﬁ ﬂ ﬀ ﬅ Ǆ ĳ ŉ", "fi fl ff ſt DŽ ij 'n"],
    ["ｆｕｌｌ　ＷＩＤＴＨ ｱ ﾊﾞ ￥", "full WIDTH ア バ ¥"],
    ["“q” ‘s’ ‚a‘ „low“ ʼ", "\"q\" 's' 'a' \"low\" '"],
    ["«g» ‹g› ′ ″ `x´", "«g» ‹g› ′ ″ `x´"],
    ["a\r\nb\rc\u2028d", "a\nb\nc\nd"],
    ["\x1b[1;31mred\x1b[0m \x1b[2Jx", "red x"],
    ["nu\x00ll\x07 \x7f\ufeff\u206a\ufffc.", "null ."],
    ["it\x92s \x80 5\x85", "it's € 5…"],
    ["e\u0301 A\u030a", "é Å"],
    ["a\ud83db \ude00", "a�b �"],
    ["½ ² Ⅳ 𝔘", "½ ² Ⅳ 𝔘"],
    ["&acirc;&#128;&#153; &EACUTE; &eacute;", "' É é"],
    ["&eacute;\n<b>&eacute;</b>\n&eacute;", "é\n<b>&eacute;</b>\n&eacute;"],
    ["", ""],
  ];
  for (const [text, fixed] of cases) assert.equal(fixText(text), fixed);
});

Deno.test("repairing what was repaired changes nothing", () => {
  let state = 7;
  const next = () => state = Math.imul(state, 1664525) + 1013904223 >>> 0;
  for (let i = 0; i < 500; i++) {
    const units = Array.from({ length: next() >>> 28 }, () => next() >>> 24);
    const fixed = fixText(String.fromCharCode(...units));
    assert.equal(fixText(fixed), fixed);
  }
});

Deno.test("character references decode as in Python", () => {
  const cases: [string, string][] = [
    ["&#1;&#xb;&#xFFFF;&#127;", ""],
    ["&#0; &#xD800; &#x110000; &#99999999999;", "� � � �"],
    ["&#x80; &#x85; &#129;", "€ … \x81"],
    ["&ampfoo &notit; &notin; &foo; &; &#; &#x;", "&foo ¬it; ∉ &foo; &; &#; &#x;"],
    ["&#65 &#65x &#x41g &LT &copyright", "A Ax Ag < ©right"],
    ["&CounterClockwiseContourIntegral;", "∳"],
    // Beginnings of names that are none, where compressed tables of names have gone wrong.
    ["&backepsilonx &bepsix &eta= &YUcy1", "&backepsilonx &bepsix &eta= &YUcy1"],
    ["&tscyI; &scyE; &alpha5; &ocyA; &jmath7;", "&tscyI; &scyE; &alpha5; &ocyA; &jmath7;"],
    ["&notinx; &notx; &not=1 &not; &no", "¬inx; ¬x; ¬=1 ¬ &no"],
    ["&constructor; &__proto__; &toString", "&constructor; &__proto__; &toString"],
    ["&#x1F600 &#128512; &#0000065; &#x00041;", "😀 😀 A A"],
    ["&#xFDD0;|&#x1FFFE;|&#x10FFFF;|&#x110000;|&#55296;", "|||�|�"],
  ];
  for (const [text, decoded] of cases) assert.equal(unescapeHtml(text), decoded);
});

Deno.test("what came after Unicode 14 is neither composed nor reordered nor in lower case", () => {
  for (const text of ["\u{105d2}\u0307", "a\u{1e4ee}\u0334\u0316", "\u{16d67}\u{16d67}"]) {
    assert.equal(fixText(text), text);
  }
  assert.equal(fixText("e\u{897}\u0301 e\u0301"), "e\u{897}\u0301 é");
  // Nor does it tell whether a sigma ends a word.
  assert.equal(
    cleanText("ΑΣ\u{10d70} Α\u{1e030}Σ ΑΣ\u{1e030}Α"),
    "ας\u{10d70} α\u{1e030}σ ας\u{1e030}α",
  );
});

Deno.test("blanks of every kind collapse, a byte order mark from an entity does not", () => {
  assert.equal(cleanText("\u3000A\u00a0\u2003B\u0009C\u2028 "), "a b c");
  assert.equal(cleanText("<&#xFEFF;A&nbsp;"), "<\ufeffa");
});
