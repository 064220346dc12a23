import assert from "node:assert/strict";
import { openDecoder } from "../../src/video/decode.ts";
import { avi, LOST, MENDED } from "../data/download/behaviours.ts";
import {
  type Behaviour,
  cut,
  file,
  first,
  HostileServer,
  says,
} from "../data/download/hostile_server.ts";
import { listing, withFolder } from "../io/folder.ts";
import { BASIC, ended, guarded, listOf, PASSWORD, QUICK, run, start, USER } from "./download.ts";
import { until } from "./process.ts";

const videos = new URL("../../fixtures/videos/", import.meta.url).pathname;

/** That a text is in no file below a folder, by name or by content. */
async function nowhere(folder: string, secret: string): Promise<void> {
  for (const entry of await listing(folder)) {
    const path = `${folder}/${entry}`;
    assert.ok(!entry.includes(secret));
    if ((await Deno.stat(path)).isDirectory) await nowhere(path, secret);
    else assert.ok(!(await Deno.readTextFile(path)).includes(secret), path);
  }
}

Deno.test("against a hostile server every file ends whole or is named, and the password is nowhere", () =>
  withFolder(async (folder) => {
    await using elsewhere = new HostileServer({ "/x/elsewhere.avi": file(avi) });
    const away = `Location: http://${USER}:${PASSWORD}@${elsewhere.host}/x/elsewhere.avi`;
    await using server = new HostileServer(guarded({
      ...MENDED,
      ...Object.fromEntries(Object.entries(LOST).map(([path, [behaviour]]) => [path, behaviour])),
      "/m/elsewhere.avi": says(["301 Moved", away, "Content-Length: 0"]),
    }));
    const mended = [
      ...Object.keys(MENDED).filter((path) => path.startsWith("/m")),
      "/m/elsewhere.avi",
    ];
    // One link carries the password, one stands in both lists.
    const carrying = `http://${USER}:${PASSWORD}@${server.host}/m/plain.avi`;
    const lists = [
      await listOf(`${folder}/a.txt`, [
        carrying,
        ...mended.slice(1).map((path) => server.url(path)),
      ]),
      await listOf(
        `${folder}/b.txt`,
        [...Object.keys(LOST), "/m/cut.avi"].map((path) => server.url(path)),
      ),
    ];
    const out = `${folder}/out`;
    const { code, said } = await run([...lists, out, "--only_down", ...QUICK]);
    assert.equal(code, 1, said);
    const busy = server.asked.filter(({ path }) => path === "/m/busy.avi").map(({ at }) => at);
    assert.equal(busy.length, 2);
    assert.ok(busy[1] - busy[0] >= 1000, `Retry-After: 1, and again after ${busy[1] - busy[0]} ms`);

    for (const path of mended) {
      const bytes = await Deno.readFile(`${out}${path}`).catch(() =>
        assert.fail(`${path}\n${said}`)
      );
      assert.deepEqual(bytes, avi, path);
    }
    for (const [path, [, reason, times]] of Object.entries(LOST)) {
      const line = said.split("\n").find((line) =>
        line.startsWith(`failed: ${server.url(path)}: `)
      );
      assert.match(line ?? "none", reason);
      assert.equal(server.times(path), times, path);
      await assert.rejects(Deno.stat(`${out}${path}`), Deno.errors.NotFound);
    }
    assert.deepEqual(
      (await Deno.readTextFile(`${out}/failed.txt`)).trim().split("\n"),
      Object.keys(LOST).map((path) => server.url(path)).sort(),
    );
    assert.match(said, /left out of 1 link: user names/);
    assert.match(said, /note: the links of .* are not encrypted/);
    const sum = `Downloaded ${mended.length} files \\(.*B\\) into ${out}; failed: ${
      Object.keys(LOST).length
    }, listed in ${out}/failed.txt\n$`;
    assert.match(said, new RegExp(sum));
    assert.equal(elsewhere.asked[0].headers.get("Authorization"), null);
    for (const secret of [PASSWORD, BASIC]) {
      assert.ok(!said.includes(secret), said);
      await nowhere(out, secret);
    }
    // What is left of an unfinished file is for the next run; nothing else is there.
    const rest = await listing(`${out}/l`).catch(() => []);
    assert.deepEqual(rest.filter((name) => !/\.part(\.json)?$/.test(name)), []);

    // The list of what failed is a list; what is there is not fetched again.
    const again = await run([
      `${out}/failed.txt`,
      lists[0],
      out,
      "--only_down",
      ...QUICK,
      "--retries",
      "0",
    ]);
    assert.equal(again.code, 1);
    assert.match(
      again.said,
      new RegExp(`Downloaded 0 files .*; already there: ${mended.length}; failed: `),
    );
  }));

Deno.test("without --only_down videos are compressed, and those that cannot be are named", () =>
  withFolder(async (folder) => {
    const webm = await Deno.readFile(`${videos}odd.webm`);
    const corrupt = await Deno.readFile(`${videos}h264.mp4`);
    for (let i = 0; i < 60; i++) corrupt[2400 + i * 37] ^= 0x5a;
    await using server = new HostileServer(guarded({
      "/A/a.avi": first(cut(avi))(file(avi)),
      "/A/b.webm": file(webm),
      "/A/c.mp4": file(corrupt),
    }));
    const addresses = Object.keys(server.behaviours).map((path) => server.url(path));
    const list = await listOf(`${folder}/list.txt`, addresses), out = `${folder}/out`;
    const { code, said } = await run([list, out, ...QUICK]);
    assert.equal(code, 1, said);
    assert.match(said, /failed: .*c.mp4: what came cannot be compressed \(.*; fetch it again\n/);
    assert.match(said, /Downloaded 2 files .*; failed: 1/);
    assert.deepEqual(await listing(`${out}/A`), ["a.avi", "b.mp4"]);
    assert.equal(server.times("/A/c.mp4"), 2);

    using decoder = await openDecoder();
    for (const [name, width] of [["a.avi", 320], ["b.mp4", 332]] as const) {
      const clip = await decoder.decode({ path: `${out}/A/${name}` }, { choose: { rule: "all" } });
      assert.deepEqual(
        [clip.fps, clip.height, clip.width],
        [3, 224, width],
        name,
      );
    }
    const again = await run([list, out, ...QUICK]);
    assert.match(again.said, /Downloaded 0 files .*; already there: 2; failed: 1/);
  }));

/** Ends a call of the task in the middle of a file, and calls it again. */
function goOnAfter(
  signal: Deno.Signal,
  check: (code: number, said: string) => void,
): Promise<void> {
  return withFolder(async (folder) => {
    const hangs: Behaviour = async (asked, wire) => {
      await cut(avi)(asked, wire);
      await wire.hang();
    };
    await using server = new HostileServer(guarded({ "/A/a.avi": first(hangs)(file(avi)) }));
    const list = await listOf(`${folder}/list.txt`, [server.url("/A/a.avi")]),
      out = `${folder}/out`;
    const child = start([list, out, "--only_down"]);
    const size = () => Deno.stat(`${out}/A/a.avi.part`).then((stat) => stat.size, () => 0);
    await until(child, async () => await size() >= avi.length / 2);
    child.kill(signal);
    const { code, said } = await ended(child);
    check(code, said);
    assert.deepEqual(await listing(`${out}/A`), ["a.avi.part", "a.avi.part.json"]);

    const again = await run([list, out, "--only_down", ...QUICK]);
    assert.equal(again.code, 0, again.said);
    assert.match(
      again.said,
      /Downloaded 1 file \(3.7 kB\) into .*; 1 of them begun by an earlier run\n$/,
    );
    assert.equal(server.asked[1].headers.get("Range"), `bytes=${avi.length / 2}-`);
    assert.deepEqual(await listing(`${out}/A`), ["a.avi"]);
    assert.deepEqual(await Deno.readFile(`${out}/A/a.avi`), avi);
  });
}

Deno.test("Ctrl-C keeps what has come, and the same command goes on from there", () =>
  goOnAfter("SIGINT", (code, said) => {
    assert.equal(code, 130, said);
    const sum =
      /Stopping.*\nDownloaded 0 files .*; left: 1\nNot finished; the same command goes on.\n$/;
    assert.match(said, sum);
  }));

Deno.test("a kill keeps what has come, too", () =>
  goOnAfter("SIGKILL", (code) => assert.notEqual(code, 0)));

Deno.test("Ctrl-C in a run over failed.txt loses none of its links", () =>
  withFolder(async (folder) => {
    await using server = new HostileServer(guarded({
      "/A/gone.avi": says(["404 Gone"]),
      "/A/hangs.avi": (_, wire) => wire.hang(),
      "/A/later.avi": file(avi),
    }));
    const links = Object.keys(server.behaviours).map((path) => `${server.url(path)}\n`).join("");
    const out = `${folder}/out`, list = `${out}/failed.txt`;
    await Deno.mkdir(out);
    await Deno.writeTextFile(list, links);
    const child = start([list, out, "--only_down", "--parallel", "1"]);
    await until(child, () => server.times("/A/hangs.avi") > 0);
    child.kill("SIGINT");
    const { code, said } = await ended(child);
    assert.equal(code, 130, said);
    assert.match(said, /; failed: 1, listed in .*; left: 2\n/);
    assert.equal(await Deno.readTextFile(list), links);
  }));
