import assert from "node:assert/strict";
import { UserError } from "../../src/errors.ts";
import { RangedFile } from "../../src/io/ranged_file.ts";
import { withFolder } from "./folder.ts";

Deno.test("ranges of any place and size come back, also when asked for all at once", () =>
  withFolder(async (folder) => {
    const bytes = Uint8Array.from({ length: 3000 }, (_, i) => i * 7 + (i >> 8));
    await Deno.writeFile(`${folder}/file`, bytes);
    using file = await RangedFile.open(`${folder}/file`);
    assert.equal(file.size, 3000);
    const ranges = [[2999, 3000], [0, 3000], [0, 0], [3000, 3000], [1000, 1001], [17, 2222]];
    const read = await Promise.all(ranges.map(([begin, end]) => file.read(begin, end)));
    assert.deepEqual(read, ranges.map(([begin, end]) => bytes.slice(begin, end)));
  }));

Deno.test("a failed read is one line and does not disturb the reads around it", () =>
  withFolder(async (folder) => {
    await Deno.writeFile(`${folder}/file`, Uint8Array.of(1, 2, 3));
    using file = await RangedFile.open(`${folder}/file`);
    const before = file.read(0, 1);
    const past = assert.rejects(file.read(2, 5), (error: unknown) => {
      assert.ok(error instanceof UserError);
      assert.match(error.message, /^cannot read .*file: it ends at byte 3, before byte 5; [^\n]+$/);
      return true;
    });
    const after = file.read(1, 2);
    await past;
    assert.deepEqual([await before, await after], [Uint8Array.of(1), Uint8Array.of(2)]);
  }));

Deno.test("a range that no memory holds is one line", () =>
  withFolder(async (folder) => {
    await Deno.writeFile(`${folder}/file`, Uint8Array.of(1, 2, 3));
    using file = await RangedFile.open(`${folder}/file`);
    await assert.rejects(
      file.read(0, Number.MAX_SAFE_INTEGER),
      /^UserError: cannot read .*file: 9007199254740991 bytes at once do not fit into memory; /,
    );
  }));

Deno.test("paths that are no readable file are one line each", () =>
  withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/file`, "");
    const cases: [string, RegExp][] = [
      [`${folder}/none`, /^UserError: cannot read .*none: there is no such file; check the path$/],
      [`${folder}/file/x`, /^UserError: cannot read .*file\/x: there is no such file; /],
      [folder, /^UserError: cannot read .*: it is not a regular file; /],
      ["/dev/zero", /^UserError: cannot read \/dev\/zero: it is not a regular file; /],
    ];
    for (const [path, line] of cases) await assert.rejects(RangedFile.open(path), line);
  }));

Deno.test({
  name: "a file that may not be read is one line that says so",
  permissions: { read: false },
  fn: () =>
    assert.rejects(RangedFile.open("x"), /^UserError: cannot read x: no permission; change/),
});
