import assert from "node:assert/strict";
import { leaveList } from "../../src/io/line_list.ts";
import { listing, withFolder } from "./folder.ts";

Deno.test("leaveList() lets only a finished run take a line off an earlier list", () =>
  withFolder(async (folder) => {
    const path = `${folder}/failed.txt`, text = () => Deno.readTextFile(path);
    await leaveList(path, [], { finished: false });
    assert.deepEqual(await listing(folder), []);
    await leaveList(path, ["b", "c"], { finished: true });
    assert.equal(await text(), "b\nc\n");
    await leaveList(path, [], { finished: false });
    assert.equal(await text(), "b\nc\n");
    await leaveList(path, ["c", "a"], { finished: false });
    assert.equal(await text(), "a\nb\nc\n");
    await leaveList(path, ["a"], { finished: true });
    assert.equal(await text(), "a\n");
    await leaveList(path, [], { finished: true });
    assert.deepEqual(await listing(folder), []);
    await assert.rejects(leaveList(`${folder}/none/x`, ["a"], { finished: true }), {
      ...{ name: "UserError", message: /^cannot write .*none\/x/ },
    });
  }));
