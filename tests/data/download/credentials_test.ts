import assert from "node:assert/strict";
import { Credentials } from "../../../src/data/download/credentials.ts";

const url = (text: string) => new URL(text);

Deno.test("credentials go to their host alone, and never from an encrypted link to a plain one", () => {
  const credentials = new Credentials("mé", "pä:ss", "h:81");
  const header = `Basic ${btoa("m\u00c3\u00a9:p\u00c3\u00a4:ss")}`;
  const from = url("http://h:81/a");
  assert.equal(credentials.headerFor(url("http://h:81/b"), from), header);
  for (const other of ["http://h/b", "http://h:82/b", "http://x.h:81/b", "https://hh:81/b"]) {
    assert.equal(credentials.headerFor(url(other), from), undefined, other);
  }
  const plain = new Credentials("a", "b", "h");
  assert.notEqual(plain.headerFor(url("https://h/"), url("http://h/")), undefined);
  assert.equal(plain.headerFor(url("http://h/"), url("https://h/")), undefined);
});

Deno.test("credentials show themselves nowhere", () => {
  const credentials = new Credentials("me", "s3cret", "h");
  for (const shown of [Deno.inspect(credentials), JSON.stringify(credentials), `${credentials}`]) {
    assert.doesNotMatch(shown, new RegExp(`s3cret|${btoa("me:s3cret")}`));
  }
  for (const [user, password] of [["a:b", "s3cret"], ["a", "s3cret\n"]]) {
    assert.throws(() => new Credentials(user, password, "h"), (error: Error) => {
      assert.match(error.message, /^the user name holds a colon, or/);
      return error.name === "UserError";
    });
  }
});
