import assert from "node:assert/strict";
import { readLinks } from "../../../src/data/download/links.ts";
import { withFolder } from "../../io/folder.ts";

/** Reads lists of these texts. */
async function read(...texts: string[]) {
  let links: Awaited<ReturnType<typeof readLinks>> | undefined;
  await withFolder(async (folder) => {
    const lists = texts.map((_, i) => `${folder}/${i}.txt`);
    await Promise.all(lists.map((list, i) => Deno.writeTextFile(list, texts[i])));
    links = await readLinks(lists);
  });
  return links!;
}

const refuses = (message: RegExp, ...texts: string[]) =>
  assert.rejects(read(...texts), (error: Error) => {
    assert.equal(error.name, "UserError");
    assert.match(error.message, message);
    assert.doesNotMatch(error.message, /s3cret/);
    return true;
  });

Deno.test("links of several lists come once each, sorted, from among other text", async () => {
  const { links, stripped } = await read(
    "Clips:\r\n\r\n1. <http://h/avi/B/b.avi> (3 MB)\r\nhttp://h/avi/A/a.avi\r\nsee below",
    'video "https://h:8443/A%20B/c%2b.avi?v=1#t"\nhttp://h/avi/B/b.avi\nhttp://h/d.avi\n',
  );
  assert.deepEqual(links.map(({ url, target }) => [url.href, target]), [
    ["http://h/avi/A/a.avi", "A/a.avi"],
    ["http://h/avi/B/b.avi", "B/b.avi"],
    ["http://h/d.avi", "d.avi"],
    ["https://h:8443/A%20B/c%2b.avi?v=1", "A B/c+.avi"],
  ]);
  assert.equal(stripped, 0);
});

Deno.test("a link's user name and password are left out", async () => {
  const { links, stripped } = await read("http://me:s3cret@h/A/a.avi\nhttp://h/A/a.avi\n");
  assert.deepEqual(links.map(({ url }) => url.href), ["http://h/A/a.avi"]);
  assert.equal(stripped, 1);
});

Deno.test("no link leads out of the folder", async () => {
  const { links } = await read([
    "http://h/../../etc/passwd",
    "http://h/A/..%2f..%2fb.avi",
    "http://h/%2e%2e/c.avi",
    "http://h/A/d%00.avi",
    "http://h/A%5C..%5C/%ff.avi",
  ].join("\n"));
  assert.deepEqual(links.map(({ target }) => target).sort(), [
    "A%5C..%5C/%ff.avi",
    "A/..%2f..%2fb.avi",
    "A/d%00.avi",
    "c.avi",
    "etc/passwd",
  ]);
});

Deno.test("a list that cannot be used is refused in one line without the address's password", async () => {
  await assert.rejects(readLinks(["no/such/list.txt"]), /list.txt does not exist/);
  await refuses(/0.txt holds no link/, "nothing here\nftp://h/a.avi\n");
  await refuses(
    /1.txt:2: the address cannot be read/,
    "http://h/a",
    "\nhttp://me:s3cret@/a.avi:x\n",
  );
  await refuses(/0.txt:1: the address names no file/, "http://me:s3cret@h/A/\n");
  await refuses(
    /^http:\/\/h\/x\/A\/a.avi and http:\/\/h\/y\/A\/a.avi are both to become A\/a.avi/,
    "http://h/x/A/a.avi\nhttp://me:s3cret@h/y/A/a.avi",
  );
});
