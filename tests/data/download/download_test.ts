import assert from "node:assert/strict";
import { download } from "../../../src/data/download/download.ts";
import { withFolder } from "../../io/folder.ts";
import { file, HostileServer, says } from "./hostile_server.ts";

Deno.test("download() tells of the start, of every file, and of those that cannot be had", () =>
  withFolder(async (folder) => {
    const body = Uint8Array.of(1, 2, 3);
    await using server = new HostileServer({ "/a": file(body), "/b": says(["404 None"]) });
    const links = ["a", "b"].map((target) => ({ url: new URL(server.url(`/${target}`)), target }));
    const steps: number[][] = [], failures: string[] = [];
    const summary = await download(links, folder, {
      ...{ parallel: 1, retries: 0, pauseMs: 1, stallMs: 2000 },
      signal: new AbortController().signal,
      finish: (part, target) => Deno.rename(part, target),
      onProgress: (done, total) => steps.push([done, total]),
      onFailed: ({ target }, reason) => failures.push(`${target}: ${reason}`),
    });
    assert.deepEqual(summary, {
      ...{ fetched: 1, bytes: 3, resumed: 0, already: 0, failed: [links[1]], left: 0 },
    });
    assert.deepEqual(steps, [[0, 2], [1, 2], [2, 2]]);
    assert.deepEqual(failures, ["b: it is not there (status 404)"]);
  }));
