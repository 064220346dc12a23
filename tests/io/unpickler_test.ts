import { deepStrictEqual, rejects, strictEqual, throws } from "node:assert/strict";
import { ArchiveError } from "../../src/io/archive_error.ts";
import { openTorch } from "../../src/io/torch_file.ts";
import { unpickle } from "../../src/io/unpickler.ts";
import { fixture } from "./torch_fixtures.ts";

/** Unpickles text, whose characters are bytes. */
const read = (text: string) =>
  unpickle(Uint8Array.from(text, (c) => c.charCodeAt(0)), { label: "x.pkl" }).value;

for (const protocol of [0, 1, 2, 3, 4, 5]) {
  Deno.test(`plain containers of Python's protocol ${protocol} come back`, async () => {
    const bytes = await Deno.readFile(fixture(`plain${protocol}.pkl`));
    const { value, end } = unpickle(bytes, { label: "plain.pkl" });
    deepStrictEqual(
      value,
      new Map<string, unknown>([
        ["video1", [["a", "dog"], ["runs"]]],
        ["n", -(2 ** 40)],
        ["x", [1.5, null, true]],
        ["s", new Set([1, 2])],
        ["b", Uint8Array.of(0, 255)],
      ]),
    );
    strictEqual(end, bytes.length);
  });
}

Deno.test("Python 2's strings are Latin-1 text, its numbers of every size are exact", () => {
  deepStrictEqual(read("(S'it\\'s \\x41\\n'\nU\x03caft."), ["it's A\n", "caf"]);
  deepStrictEqual(read("U\x04caf\u00e9."), "caf\u00e9");
  deepStrictEqual(read("L123456789012345678901234567890L\n."), 123456789012345678901234567890n);
  deepStrictEqual(read("\x8a\x02\x00\x80."), -32768);
  deepStrictEqual(read("J\xff\xff\xff\xff."), -1);
  deepStrictEqual(read("(I01\nI00\nI-7\nF-2.5\nt."), [true, false, -7, -2.5]);
});

Deno.test("a list that holds itself comes back as one", () => {
  const list = read("]q\x00h\x00a.") as unknown[];
  strictEqual(list[0], list);
});

Deno.test("what is not on the list is refused by its name, and nothing is run", async () => {
  for (
    const [pickle, name] of [
      ["cos\nsystem\n(S'touch harm'\ntR.", "os.system"],
      ["cposix\nsystem\n)R.", "posix.system"],
      ["(S'x'\nibuiltins\neval\n.", "builtins.eval"],
      ["\x80\x04\x8c\x08builtins\x8c\x04exec\x93.", "builtins.exec"],
      ["c__builtin__\ngetattr\n.", "__builtin__.getattr"],
    ]
  ) {
    throws(() => read(pickle), (error: Error) => {
      return error instanceof ArchiveError && error.message.includes(`it names "${name}"`);
    });
  }
  await rejects(openTorch(fixture("malicious.pt")), /it names "(posix|nt)\.system"/);
});

Deno.test("what is malformed is told with its place", () => {
  const cases: [string, RegExp][] = [
    ["", /byte 0: it ends too early/],
    ["]", /byte 1: it ends too early/],
    [".", /byte 1: it takes from an empty stack/],
    ["\xff.", /opcode 0xff is not known/],
    ["t.", /it has no mark/],
    ["h\x05.", /recalls entry 5/],
    ["X\xff\xff\xff\x7fabc.", /a length of 2147483647 is beyond/],
    ["\x8b\x00\x10\x00\x00" + "a".repeat(5000) + ".", /a length of 4096 is beyond/],
    ["I1_0\n.", /an integer is none/],
    ["Fnumber\n.", /a number is none/],
    ["N)R.", /it calls what is no function/],
    ["]}b.", /sets the state of what has none/],
    ["Na.", /takes nothing|appends to what is no list/],
    ["]NNs.", /fills what is no dictionary/],
    ["NQ.", /refers to something outside itself/],
    ["\x80\x09N.", /protocol 9 is newer/],
    ["S'abc\n.", /a string has no quotes/],
    ["\x82\x01.", /opcode 0x82 is not known/],
    ["c_codecs\nencode\n(NNtR.", /the codec null is not read/],
  ];
  for (const [pickle, message] of cases) {
    throws(() => read(pickle), (error: Error) => {
      return error instanceof ArchiveError && message.test(error.message);
    }, JSON.stringify(pickle));
  }
});
