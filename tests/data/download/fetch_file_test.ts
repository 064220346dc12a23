import assert from "node:assert/strict";
import { UserError } from "../../../src/errors.ts";
import { fetchFile, type FetchOptions } from "../../../src/data/download/fetch_file.ts";
import { PartFile } from "../../../src/data/download/part_file.ts";
import { listing, withFolder } from "../../io/folder.ts";
import { type Behaviour, cut, file, first, HostileServer, says } from "./hostile_server.ts";

const body = Uint8Array.from({ length: 1000 }, (_, i) => i * 7), other = body.toReversed();
const length = (n: number) => `Content-Length: ${n}`;

const options = (more: Partial<FetchOptions> = {}): FetchOptions => ({
  ...{ retries: 2, pauseMs: 1, stallMs: 2000, signal: new AbortController().signal },
  finish: (part, target) => Deno.rename(part, target),
  ...more,
});

interface Scene {
  readonly server: HostileServer;
  readonly folder: string;
  fetch(more?: Partial<FetchOptions>): ReturnType<typeof fetchFile>;
}

/** Sets up a server of one file and a folder, in which an earlier run fetched `part` of that file. */
async function scene(
  behaviour: Behaviour,
  { part, ...note }: { part?: Uint8Array; validator?: string; total?: number; url?: string },
  play: (scene: Scene) => Promise<void>,
): Promise<void> {
  await using server = new HostileServer({ "/A/a.avi": behaviour });
  const url = new URL(server.url("/A/a.avi")), target = "A/a.avi";
  await withFolder(async (folder) => {
    if (part !== undefined) {
      await Deno.mkdir(`${folder}/A`);
      await Deno.writeFile(`${folder}/${target}.part`, part);
      await Deno.writeTextFile(
        `${folder}/${target}.part.json`,
        JSON.stringify({ url: url.href, ...note }),
      );
    }
    const fetch = (more?: Partial<FetchOptions>) =>
      fetchFile({ url, target }, folder, options(more));
    await play({ server, folder, fetch });
  });
}

/** That the file is whole and alone. */
async function whole(folder: string, bytes = body): Promise<void> {
  assert.deepEqual(await listing(`${folder}/A`), ["a.avi"]);
  assert.deepEqual(await Deno.readFile(`${folder}/A/a.avi`), bytes);
}

const asked = ({ server }: Scene, name: string) =>
  server.asked.map(({ headers }) => headers.get(name));

Deno.test("what an earlier run fetched is gone on with under the version's tag or date", async () => {
  const date = "Sat, 28 Nov 2026 05:00:00 GMT";
  for (const validator of ['"v1"', date]) {
    const part = body.slice(0, 400);
    await scene(file(body, validator), { part, validator, total: 1000 }, async (it) => {
      assert.deepEqual(await it.fetch(), { bytes: 600, resumed: true });
      assert.deepEqual(asked(it, "Range"), ["bytes=400-"]);
      assert.deepEqual(asked(it, "If-Range"), [validator]);
      await whole(it.folder);
      assert.equal(await it.fetch(), undefined, "it is there");
    });
  }
});

Deno.test("a part of another version, of another address or of none that is known begins anew", async () => {
  const part = other.slice(0, 400), unknown = { part, total: 1000 };
  const notes = [{ ...unknown, validator: '"v0"' }, { ...unknown, url: "http://h/b" }, unknown];
  for (const note of notes) {
    await scene(file(body), note, async (it) => {
      assert.deepEqual(await it.fetch(), { bytes: 1000, resumed: false });
      await whole(it.folder);
    });
  }
});

Deno.test("a part that is whole is not asked for, and 416 says of one without a size that it is", async () => {
  await scene(file(body), { part: body, validator: '"v1"', total: 1000 }, async (it) => {
    assert.deepEqual(await it.fetch(), { bytes: 0, resumed: true });
    assert.equal(it.server.asked.length, 0);
    await whole(it.folder);
  });
  await scene(file(body), { part: body, validator: '"v1"' }, async (it) => {
    await it.fetch();
    assert.deepEqual(asked(it, "Range"), ["bytes=1000-"]);
    await whole(it.folder);
  });
});

Deno.test("416 for what is longer than the file, or without a size, begins anew", async () => {
  for (const said of ["Content-Range: bytes */300", "X-None: 1"]) {
    const behaviour = first(says(["416 Too Far", said, length(0)]))(file(body));
    await scene(behaviour, { part: other.slice(0, 400), validator: '"v1"' }, async (it) => {
      await it.fetch();
      assert.deepEqual(asked(it, "Range"), ["bytes=400-", null]);
      await whole(it.folder);
    });
  }
});

Deno.test("a weak tag is no ground to go on", () => {
  const weak = says(["200 OK", 'ETag: W/"v1"', length(1000)], body.subarray(0, 400));
  return scene(first(weak)(file(body)), {}, async (it) => {
    await it.fetch();
    assert.deepEqual(asked(it, "Range"), [null, null]);
    await whole(it.folder);
  });
});

Deno.test("a date to come back at is heeded", () =>
  withDate(async (date, at) => {
    await scene(first(says(["503 Later", `Retry-After: ${date}`]))(file(body)), {}, async (it) => {
      await it.fetch();
      assert.ok(Date.now() >= at);
      await whole(it.folder);
    });
  }));

/** A date of whole seconds, one to two seconds from now. */
async function withDate(play: (date: string, at: number) => Promise<void>): Promise<void> {
  const at = Math.ceil(Date.now() / 1000 + 0.2) * 1000;
  await play(new Date(at).toUTCString(), at);
}

Deno.test("what an end leaves is kept, but for nothing", async () => {
  const stop = new AbortController(), { signal } = stop;
  const hangs: Behaviour = async (asked, wire) => {
    await cut(body)(asked, wire);
    await wire.hang();
  };
  await scene(hangs, {}, async ({ folder, fetch }) => {
    let ended = false;
    const result = fetch({ signal }).finally(() => ended = true);
    const size = () => Deno.stat(`${folder}/A/a.avi.part`).then((stat) => stat.size, () => 0);
    while (!ended && await size() < 500) await new Promise((resolve) => setTimeout(resolve, 5));
    stop.abort(new Error("enough"));
    await assert.rejects(result, /^Error: enough$/);
    assert.deepEqual(await listing(`${folder}/A`), ["a.avi.part", "a.avi.part.json"]);
  });
  await scene(says(["404 None"]), {}, async ({ folder, fetch }) => {
    await assert.rejects(fetch(), /^TransferError: it is not there/);
    assert.deepEqual(await listing(`${folder}/A`), []);
  });
});

Deno.test("an end during a pause ends it", () =>
  scene(says(["503 Later", "Retry-After: 60"]), {}, async ({ fetch }) => {
    const signal = AbortSignal.timeout(100);
    await assert.rejects(fetch({ signal }), { name: "TimeoutError" });
  }));

Deno.test("a file that twice is no video is given up, one that once is none is not", () =>
  scene(file(body), {}, async ({ server, folder, fetch }) => {
    const bad = (part: string) => Promise.reject(new UserError(`${part} is no video`));
    await assert.rejects(fetch({ finish: bad }), /^TransferError: what came is no video$/);
    assert.equal(server.asked.length, 2);
    assert.deepEqual(await listing(`${folder}/A`), []);
    let times = 0;
    const finish = (part: string, target: string) =>
      times++ === 0 ? bad(part) : Deno.rename(part, target);
    await fetch({ finish });
    await whole(folder);
  }));

Deno.test("a file whose finishing the user ends, or the file system, stays as it came", () =>
  scene(file(body), {}, async ({ folder, fetch }) => {
    const stop = new AbortController(), { signal } = stop;
    const ended = (part: string) => {
      setTimeout(() => stop.abort(new Error("enough")), 10);
      return Promise.reject(new UserError(`${part} cannot be decoded (ffmpeg was ended)`));
    };
    await assert.rejects(fetch({ signal, finish: ended }), /^Error: enough$/);
    const full = () => Promise.reject(new UserError("cannot write (disk full)"));
    await assert.rejects(fetch({ finish: full }), /^UserError: cannot write/);
    assert.deepEqual(await Deno.readFile(`${folder}/A/a.avi.part`), body);
    assert.deepEqual(await fetch(), { bytes: 0, resumed: true });
    await whole(folder);
  }));

Deno.test("a file that another process fetches is left to it", () =>
  scene(file(body), {}, async ({ server, folder, fetch }) => {
    using _ = await PartFile.open(`${folder}/A/a.avi`, server.url("/A/a.avi"));
    await assert.rejects(fetch(), /another process is fetching it/);
    assert.equal(server.asked.length, 0);
  }));

Deno.test("what a run that was killed left of a note is cleared", () =>
  scene(cut(body), { part: body.slice(0, 10) }, async ({ folder, fetch }) => {
    await Deno.writeTextFile(`${folder}/A/.a.avi.part.json.12-0123abcd.tmp`, "half");
    await assert.rejects(fetch({ retries: 0 }));
    assert.deepEqual(await listing(`${folder}/A`), ["a.avi.part", "a.avi.part.json"]);
  }));

Deno.test("a part that takes its name while it is opened stays whole", () =>
  withFolder(async (folder) => {
    const target = `${folder}/a.avi`, { tryLock } = Deno.FsFile.prototype;
    await Deno.writeFile(`${target}.part`, body);
    Deno.FsFile.prototype.tryLock = async function (exclusive) {
      await Deno.rename(`${target}.part`, target);
      return await tryLock.call(this, exclusive);
    };
    try {
      await assert.rejects(PartFile.open(target, "http://h/a.avi"), /another process is fetching/);
    } finally {
      Deno.FsFile.prototype.tryLock = tryLock;
    }
    assert.deepEqual(await Deno.readFile(target), body);
  }));

Deno.test("a folder that cannot be made is the user's matter", () =>
  scene(file(body), {}, async ({ folder, fetch }) => {
    await Deno.writeTextFile(`${folder}/A`, "");
    await assert.rejects(fetch(), { name: "UserError", message: /^cannot write .*A\/a.avi \(/ });
  }));

Deno.test("a file may become another in finishing", () =>
  scene(file(body), {}, async ({ folder, fetch }) => {
    const finish = async (part: string, target: string) =>
      await Deno.writeFile(target, (await Deno.readFile(part)).reverse());
    await fetch({ finish });
    await whole(folder, other);
  }));
