import assert from "node:assert/strict";
import { Ended } from "../../src/video/ended.ts";
import { nativeEngine } from "../../src/video/native.ts";
import { listing, withFolder } from "../io/folder.ts";

Deno.test("of a video for which there is no room in the scratch folder nothing is left there", () =>
  withFolder(async (scratch) => {
    const script = new URL("./native_probe.ts", import.meta.url).pathname;
    // A limit to the size of files, in blocks of 512 bytes, refuses writes as a full disk does.
    const limited = 'trap "" XFSZ; ulimit -f 100; exec "$@"';
    const { stdout, stderr } = await new Deno.Command("sh", {
      args: ["-c", limited, "sh", Deno.execPath(), "run", "-A", "--quiet", script, scratch],
    }).output();
    const said = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
    assert.ok(said.startsWith(`cannot write to ${scratch} (File too large`), said);
    assert.deepEqual(await listing(scratch), []);
  }));

Deno.test("after kill() no program starts, also for a video that was opened before", async () => {
  const engine = nativeEngine("");
  await using session = await engine.open({ path: "a.mp4" });
  engine.kill();
  await assert.rejects(session.run("ffprobe", ["-version"], () => {}), Ended);
  await assert.rejects(session.write(["-version"], "b.mp4"), Ended);
});
