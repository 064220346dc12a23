/**
 * Says whether a folder can be written, then the names and lengths of the videos in stores there.
 *
 * @module
 */
import { VideoStore } from "../../src/data/store.ts";

const [folder, ...stores] = Deno.args;
const written = await Deno.writeTextFile(`${folder}/new`, "").then(() => true, () => false);
console.log(written ? "can be written" : "cannot be written");
for (const name of stores) {
  await using store = await VideoStore.open(`${folder}/${name}`);
  console.log([...store.names()].map((name) => `${name} ${store.get(name)!.length}`).join(", "));
}
