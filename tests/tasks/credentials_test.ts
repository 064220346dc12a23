import assert from "node:assert/strict";
import { avi } from "../data/download/behaviours.ts";
import { file, HostileServer, says } from "../data/download/hostile_server.ts";
import { withFolder } from "../io/folder.ts";
import { ENV, guarded, listOf, PASSWORD, QUICK, run, script, USER } from "./download.ts";

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
