/**
 * Loads a model's weights in a process of its own, embeds a frame and a text, and prints one line of JSON: the
 * embeddings, and the memory that loading took. Arguments: the folder, the name, and a file of JSON with the
 * frame and the text's tokens.
 */
import { encodeText } from "../../src/clip/text.ts";
import { encodeFrames } from "../../src/clip/vision.ts";
import { loadWeights } from "../../src/clip/weights.ts";
import { openModel } from "../../src/io/model_folder.ts";
import { Parameters } from "../../src/nn/parameters.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { device } from "../device.ts";

/** Bytes of memory that the process has in use, or had at most since {@link forgetPeak}. */
function memory(field: "VmRSS" | "VmHWM"): number {
  const status = Deno.readTextFileSync("/proc/self/status");
  return Number(status.match(new RegExp(`${field}:\\s+(\\d+) kB`))![1]) * 1024;
}

function forgetPeak(): void {
  Deno.writeTextFileSync("/proc/self/clear_refs", "5");
}

const [folder, name, inputs] = Deno.args;
const { pixels, ids } = JSON.parse(Deno.readTextFileSync(inputs));
const before = memory("VmRSS"), liveBefore = device.memory.live;
forgetPeak();
using files = await openModel(folder, [name]);
const { config, tensors, library } = await loadWeights(device, files.tensors, {
  descriptions: files.descriptions,
});
await device.idle();
const live = device.memory.live - liveBefore, extra = memory("VmHWM") - before - live;

const parameters = new Parameters(device, tensors).at("clip");
const size = config.imageResolution;
const frame = tensor(device, Float32Array.from(pixels), [1, 3, size, size]);
const image = await encodeFrames(parameters.at("visual"), config, frame).data();
const text = await encodeText(parameters, config, { ids: Int32Array.from(ids), length: ids.length })
  .data();
console.log(JSON.stringify({ library, live, extra, image: [...image], text: [...text] }));
device.close();
