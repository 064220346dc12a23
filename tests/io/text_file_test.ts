import { rejects, strictEqual } from "node:assert/strict";
import { UserError } from "../../src/errors.ts";
import { readText } from "../../src/io/text_file.ts";
import { withFolder } from "./folder.ts";

Deno.test("a text is read whole; where there is none, nothing", () =>
  withFolder(async (folder) => {
    const path = `${folder}/a.txt`;
    strictEqual(await readText(path), undefined);
    for (const text of ["", "déjà\r\n😀"]) {
      Deno.writeTextFileSync(path, text);
      strictEqual(await readText(path), text);
    }
    strictEqual(await readText(`${path}/b.txt`), undefined);
  }));

Deno.test("what is no text is refused by its path", () =>
  withFolder(async (folder) => {
    const path = `${folder}/a.txt`;
    Deno.writeFileSync(path, Uint8Array.of(0x61, 0xff));
    await rejects(readText(path), (error: Error) =>
      error instanceof UserError &&
      error.message === `${path} is not a text in UTF-8; write or fetch it again`);
    Deno.truncateSync(path, 2 ** 28 + 1);
    await rejects(readText(path), /has 268435457 bytes, too many for a text/);
    await rejects(readText(folder), /cannot read .*: it is not a regular file/);
  }));
