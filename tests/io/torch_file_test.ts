import { deepStrictEqual, ok, rejects } from "node:assert/strict";
import { ArchiveError } from "../../src/io/archive_error.ts";
import { openTorch } from "../../src/io/torch_file.ts";
import { TorchRecord } from "../../src/io/torch_names.ts";
import { moduleTensors, stateDictOf } from "../../src/train/convert/state_dict.ts";
import { fuzzTorch } from "./torch_fuzz.ts";
import { EXPECTED, fixture, toldOf } from "./torch_fixtures.ts";

for (const name of ["zip.pt", "legacy.pt", "script.pt"]) {
  Deno.test(`every tensor of ${name} is what PyTorch holds`, async () => {
    using file = await openTorch(fixture(name));
    const { root } = file;
    const tensors = root instanceof TorchRecord ? moduleTensors(root) : stateDictOf(root)!;
    const found = Object.fromEntries(
      await Promise.all(
        Array.from(tensors, async ([name, tensor]) => [name, await toldOf(tensor)] as const),
      ),
    );
    deepStrictEqual(found, EXPECTED[name]);
  });
}

/** Opens bytes as a file. */
async function opened(bytes: Uint8Array) {
  const path = await Deno.makeTempFile();
  try {
    await Deno.writeFile(path, bytes);
    using _file = await openTorch(path);
  } finally {
    await Deno.remove(path);
  }
}

Deno.test("what is no file of PyTorch, or a damaged one, is told in one line", async () => {
  const zip = await Deno.readFile(fixture("zip.pt")),
    legacy = await Deno.readFile(fixture("legacy.pt"));
  const text = new TextEncoder();
  const replaced = (from: string, to: string) => {
    const bytes = zip.slice(), latin = Array.from(zip, (b) => String.fromCharCode(b)).join("");
    for (let at = latin.indexOf(from); at >= 0; at = latin.indexOf(from, at + 1)) {
      bytes.set(text.encode(to), at);
    }
    return bytes;
  };
  const cases: [Uint8Array, RegExp][] = [
    [new Uint8Array(), /no file of torch\.save/],
    [text.encode("not a model"), /no file of torch\.save/],
    [zip.slice(0, 2000), /zip directory is missing/],
    [legacy.slice(0, 900), /pickle is malformed|ends too early/],
    [legacy.slice(0, -4), /not as long as it says, or cut/],
    [replaced("zip/data.pkl", "zip/dota.pkl"), /0 entries \*\/data\.pkl/],
    [replaced("little", "biggie"), /big-endian/],
    [replaced("FloatStorage", "FlautStorage"), /names "torch\.FlautStorage"/],
  ];
  for (const [bytes, message] of cases) {
    await rejects(opened(bytes), (error: Error) => {
      return error instanceof ArchiveError && message.test(error.message);
    }, String(message));
  }
});

Deno.test("2,000 damaged files give tensors or a typed error each", async () => {
  const refused = await fuzzTorch(2_000, 1);
  ok(refused > 1_000, `${refused} were refused`);
});
