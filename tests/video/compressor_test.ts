import assert from "node:assert/strict";
import { openCompressor } from "../../src/video/compressor.ts";
import { canEncode } from "../../src/video/native.ts";
import { withFolder } from "../io/folder.ts";

for (const prefer of await canEncode() ? ["wasm", "native"] as const : ["wasm"] as const) {
  Deno.test(`the ${prefer} compressor names a video that has gone, or is a folder`, () =>
    withFolder(async (folder) => {
      using compressor = await openCompressor({ prefer, workers: 1 });
      await Deno.mkdir(`${folder}/folder.mp4`);
      const output = `${folder}/out.mp4`;
      await Deno.writeFile(output, new Uint8Array(0));
      for (const path of [`${folder}/gone.mp4`, `${folder}/folder.mp4`]) {
        const job = { path, output, name: "out.mp4", fps: 3, size: 224 };
        await assert.rejects(compressor.compress(job), (error) => {
          assert.ok(error instanceof Error && error.name === "UserError", String(error));
          assert.ok(error.message.startsWith(`${path} cannot be `), error.message);
          return true;
        });
      }
    }));
}
