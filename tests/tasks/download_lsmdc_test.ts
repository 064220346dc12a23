import assert from "node:assert/strict";
import {
  type Behaviour,
  cut,
  file,
  first,
  HostileServer,
  says,
} from "../data/download/hostile_server.ts";
import { openDecoder } from "../../src/video/decode.ts";
import { listing, withFolder } from "../io/folder.ts";

const script = new URL("../../tasks/download_lsmdc.ts", import.meta.url).pathname;
const videos = new URL("../../fixtures/videos/", import.meta.url).pathname;
const avi = await Deno.readFile(`${videos}mpeg4.avi`),
  wmv = await Deno.readFile(`${videos}wmv2.wmv`);
const text = (value: string) => new TextEncoder().encode(value);

const USER = "reader", PASSWORD = "t0p-s3cret!", BASIC = btoa(`${USER}:${PASSWORD}`);
/** Hostile servers are met in seconds. */
const QUICK = ["--pause", "0.01", "--stall", "0.5", "--retries", "3"];
const ENV = { LSMDC_USER: USER, LSMDC_PASSWORD: PASSWORD };

interface Outcome {
  readonly code: number;
  readonly said: string;
}

async function run(
  args: readonly string[],
  env: Record<string, string> = ENV,
): Promise<Outcome> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", script, ...args],
    env: { NO_COLOR: "1", LSMDC_USER: "", LSMDC_PASSWORD: "", ...env },
    stdin: "null",
  }).output();
  const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  assert.equal(out, "");
  return { code, said: err };
}

/** Writes the list of a server's paths. */
async function listOf(path: string, addresses: readonly string[]): Promise<string> {
  await Deno.writeTextFile(path, addresses.map((address) => `clip: ${address} (AVI)\n`).join(""));
  return path;
}

/** That a text is in no file below a folder, by name or by content. */
async function nowhere(folder: string, secret: string): Promise<void> {
  for (const entry of await listing(folder)) {
    const path = `${folder}/${entry}`;
    assert.ok(!entry.includes(secret));
    if ((await Deno.stat(path)).isDirectory) await nowhere(path, secret);
    else assert.ok(!(await Deno.readTextFile(path)).includes(secret), path);
  }
}

/** Only who has the password gets an answer. */
function guarded(behaviours: Record<string, Behaviour>): Record<string, Behaviour> {
  return Object.fromEntries(
    Object.entries(behaviours).map(([path, behaviour]): [string, Behaviour] => [
      path,
      async (asked, wire) => {
        const trusted = asked.headers.get("Authorization") === `Basic ${BASIC}`;
        if (trusted) return await behaviour(asked, wire);
        await wire.send(["401 Who", 'WWW-Authenticate: Basic realm="LSMDC"', "Content-Length: 0"]);
      },
    ]),
  );
}

const length = (n: number) => `Content-Length: ${n}`;
const half = avi.subarray(0, avi.length / 2);
const part = (from: number, total: number, tag = '"v1"', body = avi): Behaviour =>
  says([
    "206 Partial Content",
    `ETag: ${tag}`,
    `Content-Range: bytes ${from}-${body.length - 1}/${total}`,
    length(body.length - from),
  ], body.subarray(from));

/** Servers that come round: each file is to end whole. */
const MENDED: Record<string, Behaviour> = {
  "/m/plain.avi": file(avi),
  "/m/cut.avi": first(cut(avi))(file(avi)),
  "/m/cut_often.avi": first(
    ...Array.from({ length: 6 }, (_, i): Behaviour => async (asked, wire) => {
      const from = asked.headers.has("Range") ? i * 500 : 0;
      const range = `Content-Range: bytes ${from}-${avi.length - 1}/${avi.length}`;
      const head = from === 0 ? ["200 OK"] : ["206 Partial Content", range];
      await wire.send(
        [...head, 'ETag: "v1"', length(avi.length - from)],
        avi.subarray(from, (i + 1) * 500),
      );
    }),
  )(file(avi)),
  "/m/stalls.avi": first(async (_, wire) => {
    await wire.send(["200 OK", 'ETag: "v1"', length(avi.length)], half);
    await wire.hang();
  })(file(avi)),
  "/m/mute.avi": first((_, wire) => wire.hang())(file(avi)),
  "/m/ignores_range.avi": first(cut(avi))(says(["200 OK", 'ETag: "v1"', length(avi.length)], avi)),
  "/m/from_the_start.avi": first(cut(avi), part(0, avi.length))(file(avi)),
  "/m/too_far.avi": first(cut(avi), part(5000, avi.length))(file(avi)),
  "/m/wrong_total.avi": first(cut(avi), part(half.length, avi.length + 9))(file(avi)),
  "/m/changed.avi": first(cut(wmv, '"old"'))(file(avi, '"new"')),
  "/m/changed_rudely.avi": first(
    cut(wmv, '"old"'),
    part(wmv.length / 2 | 0, wmv.length, '"new"', wmv),
  )(
    file(avi, '"new"'),
  ),
  "/m/said_shorter.avi": first(says(["200 OK", length(half.length)], avi))(file(avi)),
  "/m/said_longer.avi": first(says(["200 OK", 'ETag: "v1"', length(avi.length + 9)], avi))(
    file(avi),
  ),
  "/m/no_length.avi": says(["200 OK"], avi),
  "/m/no_length_cut.avi": first(says(["200 OK"], half))(file(avi)),
  "/m/chunked_cut.avi": first(
    says(["200 OK", "Transfer-Encoding: chunked"], text("5\r\nRIFF0\r\n")),
  )(
    file(avi),
  ),
  "/m/no_validator.avi": first(says(["200 OK", length(avi.length)], half))(
    async ({ headers }, wire) => {
      assert.equal(headers.get("Range"), null);
      await wire.send(["200 OK", length(avi.length)], avi);
    },
  ),
  "/m/no_http.avi": first((_, wire) => wire.raw("220 an FTP server\r\n\r\n"))(file(avi)),
  "/m/garbage_once.avi": first(says(["200 OK", length(64)], new Uint8Array(64)))(file(avi)),
  "/m/error.avi": first(says(["500 Oh"]), says(["502 Dear"]))(file(avi)),
  "/m/busy.avi": first(says(["429 Slow", "Retry-After: 1"]))(file(avi)),
  "/m/moved.avi": says(["302 Found", "Location: /n/moved%20here.avi", length(0)]),
  "/n/moved%20here.avi": file(avi),
};

/** Servers that do not: each file is to be named. */
const LOST: Record<string, readonly [Behaviour, reason: RegExp, times: number]> = {
  "/l/gone.avi": [says(["404 Gone"]), /it is not there \(status 404\)/, 1],
  "/l/refused.avi": [says(["418 Teapot"]), /status 418/, 1],
  "/l/login.avi": [
    says(["200 OK", "Content-Type: text/html; charset=utf-8"], text("<form>Password")),
    /a web page came instead of a file/,
    1,
  ],
  "/l/garbage.avi": [
    says(["200 OK", length(3000)], new Uint8Array(3000).fill(7)),
    /: what came cannot be read as a video/,
    2,
  ],
  "/l/short.avi": [
    says(["200 OK", length(7000)], avi.subarray(0, 7000)),
    /: what came is truncated \(\d of 10 frames/,
    2,
  ],
  "/l/empty.avi": [says(["200 OK", length(0)]), /: what came cannot be read/, 2],
  "/l/always_cut.avi": [
    says(["200 OK", length(avi.length)], half),
    /connection failed \(error reading a body/,
    4,
  ],
  "/l/always_500.avi": [says(["500 Oh"]), /status 500; given up after 3 more attempts/, 4],
  "/l/always_busy.avi": [
    says(["503 Later", "Retry-After: 86400"]),
    /status 503; it asks to wait 86400 s/,
    1,
  ],
  "/l/always_mute.avi": [(_, wire) => wire.hang(), /nothing came for 0.5 s/, 4],
  "/l/round.avi": [says(["302 Found", "Location: /l/round.avi"]), /more than 10 redirects/, 11],
  "/l/nowhere.avi": [says(["302 Found", "Location: file:///etc/passwd"]), /redirects to no web/, 1],
};

Deno.test("against a hostile server every file ends whole or is named, and the password is nowhere", () =>
  withFolder(async (folder) => {
    await using elsewhere = new HostileServer({ "/x/elsewhere.avi": file(avi) });
    const away = `Location: http://${USER}:${PASSWORD}@${elsewhere.host}/x/elsewhere.avi`;
    await using server = new HostileServer(guarded({
      ...MENDED,
      ...Object.fromEntries(Object.entries(LOST).map(([path, [behaviour]]) => [path, behaviour])),
      "/m/elsewhere.avi": says(["301 Moved", away, length(0)]),
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
    const out = `${folder}/out`, began = performance.now();
    const { code, said } = await run([...lists, out, "--only_down", ...QUICK]);
    assert.equal(code, 1, said);
    assert.ok(performance.now() - began > 1000, "Retry-After: 1");

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
    assert.match(said, /left out of 1 links: the user names/);
    assert.match(said, /note: the links of .* are not encrypted/);
    const sum = `Downloaded ${mended.length} files \\(.* MB\\) into ${out}; failed: ${
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

Deno.test("Ctrl-C keeps what has come, and the same command goes on from there", () =>
  withFolder(async (folder) => {
    const hangs: Behaviour = async (asked, wire) => {
      await cut(avi)(asked, wire);
      await wire.hang();
    };
    await using server = new HostileServer(guarded({ "/A/a.avi": first(hangs)(file(avi)) }));
    const list = await listOf(`${folder}/list.txt`, [server.url("/A/a.avi")]),
      out = `${folder}/out`;
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--quiet", script, list, out, "--only_down"],
      ...{ env: ENV, stdin: "null", stdout: "null", stderr: "piped" },
    }).spawn();
    const size = () => Deno.stat(`${out}/A/a.avi.part`).then((stat) => stat.size, () => 0);
    while (await size() < half.length) await new Promise((resolve) => setTimeout(resolve, 10));
    child.kill("SIGINT");
    const { code, stderr } = await child.output();
    const said = new TextDecoder().decode(stderr);
    assert.equal(code, 130, said);
    assert.match(said, /Stopping.*\nDownloaded 0 files .*; left: 1; the same command goes on\n$/);
    assert.deepEqual(await listing(`${out}/A`), ["a.avi.part", "a.avi.part.json"]);

    const again = await run([list, out, "--only_down", ...QUICK]);
    assert.equal(again.code, 0, again.said);
    assert.match(
      again.said,
      /Downloaded 1 file \(0.0 MB\) into .*; 1 of them begun by an earlier run\n$/,
    );
    assert.equal(server.asked[1].headers.get("Range"), `bytes=${half.length}-`);
    assert.deepEqual(await listing(`${out}/A`), ["a.avi"]);
    assert.deepEqual(await Deno.readFile(`${out}/A/a.avi`), avi);
  }));

Deno.test("a server that refuses the password, or gets none, ends the run at once", () =>
  withFolder(async (folder) => {
    const paths = Array.from({ length: 40 }, (_, i) => `/A/${i}.avi`);
    const behaviours = guarded(Object.fromEntries(paths.map((path) => [path, file(avi)])));
    for (const status of ["401 Who", "403 No"]) {
      await using server = new HostileServer(
        status[2] === "1"
          ? behaviours
          : Object.fromEntries(paths.map((path) => [path, says([status])])),
      );
      const list = await listOf(`${folder}/list.txt`, paths.map((path) => server.url(path)));
      const args = [list, `${folder}/out`, "--only_down", "--parallel", "2", ...QUICK];
      const wrong = await run(args, { ...ENV, LSMDC_PASSWORD: "wr0ng-s3cret" });
      assert.equal(wrong.code, 1);
      const code = status.slice(0, 3);
      assert.match(
        wrong.said,
        RegExp(`\nerror: 127.*refuses the user name .*status ${code}\\)\n$`),
      );
      assert.doesNotMatch(wrong.said, /wr0ng/);
      const none = await run(args, {});
      assert.equal(none.code, 1);
      assert.match(none.said, RegExp(`^error: 127.* wants a user name .*status ${code}\\)\n$`));
      assert.ok(server.asked.length <= 4, `${server.asked.length} requests`);
    }
  }));

Deno.test("the password comes from a file, and from no flag", () =>
  withFolder(async (folder) => {
    await using server = new HostileServer(
      guarded({ "/A/a.avi": file(avi), "/A/b.avi": file(avi) }),
    );
    const list = await listOf(`${folder}/list.txt`, [server.url("/A/a.avi")]),
      out = `${folder}/out`;
    await Deno.writeTextFile(`${folder}/secret`, `${PASSWORD}\nnot this\n`);
    const fromFile = ["--user", USER, "--password_file", `${folder}/secret`];
    const { code, said } = await run([list, out, "--only_down", ...fromFile], {});
    assert.equal(code, 0, said);

    const refused = async (args: string[], message: RegExp, env: Record<string, string> = {}) => {
      const { code, said } = await run(args, env);
      assert.equal(code, 2, said);
      assert.match(said, message);
      assert.doesNotMatch(said, new RegExp(PASSWORD));
    };
    await refused([list, out, "--password", PASSWORD], /^error: unknown flag --password; did you/);
    await refused(
      [list, out, `--password=${PASSWORD}`],
      /^error: unknown flag --password; did you/,
    );
    await refused([list, out, "--user", USER], /no password for reader; set LSMDC_PASSWORD/);
    await refused([list, out], /a password without a user name; set LSMDC_USER/, {
      LSMDC_PASSWORD: PASSWORD,
    });
    await refused([list], /^error: FOLDER is missing; usage: .* LIST... FOLDER/);
    await refused([list, list], /is a file; name the folder for the videos last/);

    const two = await listOf(`${folder}/two.txt`, [
      server.url("/A/b.avi"),
      "http://127.0.0.1:1/A/c.avi",
    ]);
    await refused([two, out], /of several hosts \(127.*, 127.*\); say by --auth_host/, ENV);
    await refused([two, out, "--auth_host", "h"], /no link is of h; they are of 127/, ENV);
    const named = ["--auth_host", server.host, "--only_down", ...QUICK];
    const { said: told } = await run([two, out, ...named]);
    assert.match(told, /failed: http:\/\/127.0.0.1:1\/A\/c.avi: the connection failed/);
    assert.match(told, /Downloaded 1 file .*; failed: 1/);
  }));

Deno.test(
  "a password typed at the terminal is not shown, and Ctrl-C there ends the task",
  { ignore: Deno.build.os !== "linux" }, // whose `script` gives a child a terminal
  () =>
    withFolder(async (folder) => {
      await using server = new HostileServer(guarded({ "/A/a.avi": file(avi) }));
      const list = await listOf(`${folder}/list.txt`, [server.url("/A/a.avi")]);
      const type = async (keys: string) => {
        const words = [Deno.execPath(), "run", "-A", "--quiet", script, list, `${folder}/out`];
        const command = [...words, "--only_down", "--user", USER].map((word) => `'${word}'`).join(
          " ",
        );
        const child = new Deno.Command("script", {
          args: ["-q", "-e", "-c", command, `${folder}/typescript`],
          env: { LSMDC_PASSWORD: "", NO_COLOR: "1" },
          ...{ stdin: "piped", stdout: "piped", stderr: "null" },
        }).spawn();
        const writer = child.stdin.getWriter(), decoder = new TextDecoder();
        let said = "";
        for await (const chunk of child.stdout) {
          const asked = said.includes("Password for");
          said += decoder.decode(chunk, { stream: true });
          if (!asked && said.includes("Password for")) {
            await writer.write(new TextEncoder().encode(keys));
          }
        }
        await writer.close().catch(() => {});
        return { code: (await child.status).code, said };
      };
      assert.equal((await type("\x03")).code, 130);
      const { code, said } = await type(`${PASSWORD}\r`);
      assert.equal(code, 0, said);
      assert.match(said, /Downloaded 1 file/);
      assert.doesNotMatch(said, new RegExp(PASSWORD.replace("!", ".")));
    }),
);
