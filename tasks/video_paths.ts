/**
 * Lists where videos lie, for ActivityNet and LSMDC:
 *
 *     deno task video-paths FOLDER OUT.json
 *
 * @module
 */
import { textMapJson, videoPaths } from "../src/data/prepare/video_paths.ts";
import { UserError } from "../src/errors.ts";
import { writeAtomic } from "../src/io/atomic.ts";
import { writeLine } from "../src/train/log/terminal.ts";
import { runTask } from "./_cli.ts";
import { count } from "./_videos.ts";

await runTask({
  command: "deno task video-paths",
  purpose:
    "Write the JSON file that maps the name of each video below a folder, without its extension, to its path there: video_path.json of ActivityNet and LSMDC.",
  operands: ["FOLDER", "OUT.json"],
  flags: {
    prefix: {
      kind: "text",
      default: "",
      meaning: "what to take off the names: v_ where ActivityNet's files are named v_<id>",
    },
    force: { kind: "flag", default: false, meaning: "replace OUT.json where it is there already" },
  },
}, async ({ operands: [folder, output], values: { prefix, force } }) => {
  if (!force && await Deno.lstat(output).then(() => true, () => false)) {
    throw new UserError(`${output} exists; choose another name, or replace it by --force`);
  }
  const paths = await videoPaths(folder, { prefix });
  await writeAtomic(output, textMapJson(paths));
  writeLine(`Wrote ${count(paths.size, "path")} to ${output}`);
});
