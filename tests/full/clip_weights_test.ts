import { ok, strictEqual } from "node:assert/strict";
import { type ResNetConfig, shapesOf, type VitConfig } from "../../src/clip/config.ts";
import type { HostTensor } from "../../src/clip/init.ts";
import { writeSafetensors } from "../../src/io/safetensors.ts";
import { type Shape, sizeOf } from "../../src/tensor/shape.ts";
import { entriesOf, huggingFaceState, type State, writeShards } from "../clip/forms.ts";
import { withFolder } from "../io/folder.ts";
import { imageReference, textReference } from "../oracle/clip.ts";

const text = { contextLength: 77, vocabSize: 49408, textWidth: 512, textLayers: 12 };
const vit = { vision: "ViT", imageResolution: 224, visionLayers: 12, visionWidth: 768 } as const;
const VITS: Readonly<Record<string, VitConfig>> = {
  "ViT-B-32": { ...text, ...vit, embedDim: 512, visionPatchSize: 32 },
  "ViT-B-16": { ...text, ...vit, embedDim: 512, visionPatchSize: 16 },
};
const RN50: ResNetConfig = {
  ...{ ...text, embedDim: 1024, vision: "ResNet", imageResolution: 224 },
  ...{ visionLayers: [3, 4, 6, 3], visionWidth: 64 },
};

/** Bytes that loading may take besides its tensors on the device: 64 MB and the largest of them. */
const MOST_EXTRA = 64e6 + 49408 * 512 * 4;

/** Elements that half precision holds exactly, evenly spread: the same for a name whenever they are made. */
function elements(name: string, shape: Shape): Float32Array<ArrayBuffer> {
  const gain = /ln_\w+\.weight$|running_var|bn\d\.weight/.test(name) ? 1 : 0;
  const spread = shape.length > 1
    ? Math.sqrt(3 / (name.startsWith("token") ? shape[1] : sizeOf(shape.slice(1))))
    : 0.1;
  let state = [...name].reduce((hash, c) => Math.imul(hash ^ c.charCodeAt(0), 0x01000193), 1) | 1;
  const half = new Float16Array(sizeOf(shape));
  for (let i = 0; i < half.length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    half[i] = gain + spread * state / 2 ** 31;
  }
  return new Float32Array(half);
}

/** A model's tensors, each made when it is asked for. */
function stateOf(config: VitConfig | ResNetConfig): State {
  return new Map(Array.from(shapesOf(config), ([name, shape]): [string, HostTensor] => [name, {
    shape,
    get data() {
      return elements(name, shape);
    },
  }]));
}

/** What the probe prints. */
interface Found {
  readonly library: string;
  readonly live: number;
  readonly extra: number;
  readonly image: number[];
  readonly text: number[];
}

/** A frame of waves, and a text. */
function inputs() {
  const side = 224;
  const pixels = Array.from({ length: 3 * side * side }, (_, i) => {
    const pixel = i % (side * side), channel = Math.floor(i / side / side);
    return Math.fround(Math.sin(pixel % side / 17 + pixel / side / 29 + channel) + i % 7 / 10);
  });
  return { pixels, ids: [49406, 320, 1929, 530, 518, 40000, 3, 49407, 0, 0] };
}

/** Loads the model in a folder as another process. */
async function probe(folder: string, name: string): Promise<Found> {
  await Deno.writeTextFile(`${folder}/inputs.json`, JSON.stringify(inputs()));
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "tests/full/clip_weights_probe.ts", folder, name, `${folder}/inputs.json`],
  }).output();
  strictEqual(code, 0, new TextDecoder().decode(stderr));
  const found: Found = JSON.parse(new TextDecoder().decode(stdout).trim().split("\n").at(-1)!);
  const mb = (bytes: number) => `${(bytes / 1e6).toFixed(0)} MB`;
  console.log(`${found.library}: ${mb(found.extra)} beside ${mb(found.live)} on the device`);
  ok(found.extra <= MOST_EXTRA, `${mb(found.extra)} beside the tensors`);
  return found;
}

function cosine(a: readonly number[], b: readonly number[]): number {
  const dot = (x: readonly number[], y: readonly number[]) =>
    x.reduce((sum, value, i) => sum + value * y[i], 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

for (const [name, config] of Object.entries(VITS)) {
  Deno.test(`${name}, in OpenAI's names and in Hugging Face's, loads in little memory and embeds as float64 does`, async () => {
    const state = stateOf(config), { pixels, ids } = inputs();
    const weights = (name: string) => state.get(name)!;
    const expected = {
      image: imageReference(weights, config.visionLayers, pixels),
      text: textReference(weights, config.textLayers, ids),
    };
    const check = (found: Found, library: string) => {
      strictEqual(found.library, library);
      for (const what of ["image", "text"] as const) {
        const far = 1 - cosine(found[what], expected[what]);
        ok(far < 1e-8, `${what}: 1 - cosine is ${far}`);
      }
    };
    await withFolder(async (folder) => {
      await writeSafetensors(`${folder}/${name}.safetensors`, entriesOf(state, "F16"));
      check(await probe(folder, name), "OpenAI");
    });
    await withFolder(async (folder) => {
      await writeShards(`${folder}/model.safetensors.index.json`, huggingFaceState(state), 2);
      check(await probe(folder, name), "Hugging Face");
    });
  });
}

Deno.test("RN50 loads in little memory", () =>
  withFolder(async (folder) => {
    await writeSafetensors(`${folder}/RN50.safetensors`, entriesOf(stateOf(RN50)));
    strictEqual((await probe(folder, "RN50")).library, "OpenAI");
  }));
