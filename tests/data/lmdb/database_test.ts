import assert from "node:assert/strict";
import { checkEntry } from "../../../src/data/lmdb/database.ts";
import { Format1 } from "../../../src/data/lmdb/format1.ts";
import { openFormat2 } from "../../../src/data/lmdb/format2.ts";
import { withFolder } from "../../io/folder.ts";

const LONGEST = { 1: 511, 2: 1978 } as const;

Deno.test("the longest name is the one that the library takes", () =>
  withFolder(async (folder) => {
    for (const format of [1, 2] as const) {
      const path = `${folder}/${format}.lmdb`, name = "é".repeat(LONGEST[format] >> 1);
      const longest = name.padEnd(name.length + LONGEST[format] % 2, "x");
      await using database = format === 1
        ? new Format1(path, { readOnly: false })
        : await openFormat2(path, { readOnly: false });
      checkEntry(format, longest, 1, "a.mp4");
      await database.write(new Map([[longest, new Uint8Array([7])]]));
      assert.deepEqual([...database.names()], [longest]);
      assert.throws(() => checkEntry(format, `${longest}x`, 1, "in/a.mp4"), {
        name: "UserError",
        message: `the name of in/a.mp4 has ${LONGEST[format] + 1} bytes, and an LMDB of format ` +
          `${format} takes 1 to ${LONGEST[format]}; rename it`,
      });
    }
  }));

Deno.test("a name that is too long for liblmdb leaves the database as it was", () =>
  withFolder(async (folder) => {
    await using database = new Format1(`${folder}/a.lmdb`, { readOnly: false });
    const videos = ["a.mp4", "n".repeat(512)].map((name) => [name, new Uint8Array(3)] as const);
    await assert.rejects(database.write(new Map(videos)), {
      name: "UserError",
      message: /^cannot write .*a.lmdb/,
    });
    assert.equal(database.size, 0);
  }));

Deno.test("a video of 4 GiB is refused, one byte less is not", () => {
  checkEntry(1, "a.mp4", 2 ** 32 - 1, "a.mp4");
  assert.throws(() => checkEntry(1, "a.mp4", 2 ** 32, "a.mp4"), /a.mp4 has 4294967296 bytes, and/);
});
