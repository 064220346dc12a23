import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import type { ResNetConfig } from "../../src/clip/config.ts";
import { TensorLoader } from "../../src/clip/tensor_loader.ts";
import { loadWeights, type LoadWeightsOptions } from "../../src/clip/weights.ts";
import { UserError } from "../../src/errors.ts";
import {
  openSafetensors,
  type SafetensorsDType,
  type SafetensorsFile,
  type TensorEntry,
  writeSafetensors,
} from "../../src/io/safetensors.ts";
import { device } from "../device.ts";
import { withFolder } from "../io/folder.ts";
import {
  entriesOf,
  huggingFaceConfig,
  huggingFaceState,
  openaiState,
  openClipConfig,
  openClipTextState,
  positionIds,
  type State,
  VIT,
} from "./forms.ts";

/** A ResNet of a few channels. */
const RESNET: ResNetConfig = {
  ...{ embedDim: 24, contextLength: 8, vocabSize: 8, textWidth: 64, textLayers: 1 },
  ...{ vision: "ResNet", imageResolution: 64, visionLayers: [2, 1, 1, 1], visionWidth: 8 },
};

const openai = openaiState();

/** Runs `body` on a file that holds `entries`, under a name that tells nothing. */
function withFile(
  entries: Iterable<TensorEntry>,
  body: (file: SafetensorsFile) => Promise<void>,
): Promise<void> {
  return withFolder(async (folder) => {
    await writeSafetensors(`${folder}/weights`, [...entries]);
    using file = await openSafetensors(`${folder}/weights`);
    await body(file);
  });
}

/** Loads a file, and demands that it gives `state` and `library`. */
async function demand(
  file: SafetensorsFile,
  state: State,
  library: string,
  options?: LoadWeightsOptions,
) {
  const { tensors, ...found } = await loadWeights(device, file, options);
  strictEqual(found.library, library);
  deepStrictEqual([...tensors.keys()].sort(), [...state.keys()].map((n) => `clip.${n}`).sort());
  for (const [name, { shape, data }] of state) {
    const loaded = tensors.get(`clip.${name}`)!;
    deepStrictEqual([loaded.shape, await loaded.data()], [shape, data], name);
  }
  for (const loaded of tensors.values()) loaded.dispose();
  return found.config;
}

/** Demands that loading fails with this line, and leaves nothing on the device. */
async function refuse(file: SafetensorsFile, line: string, options?: LoadWeightsOptions) {
  const before = device.memory.live;
  let error: unknown;
  await loadWeights(device, file, options).catch((thrown) => error = thrown);
  ok(error instanceof UserError, String(error));
  strictEqual(error.message.replaceAll(file.label, "FILE"), line);
  strictEqual(device.memory.live, before);
}

const FORMS: readonly [library: string, state: State, extra: TensorEntry[]][] = [
  ["OpenAI", openai, positionIds("input_resolution", "context_length", "vocab_size")],
  [
    "Hugging Face",
    huggingFaceState(openai),
    positionIds("text_model.embeddings.position_ids", "vision_model.embeddings.position_ids"),
  ],
  ["open_clip", openClipTextState(openai), []],
];

for (const [library, state, extra] of FORMS) {
  for (const dtype of ["F32", "F16", "BF16", "F64"] as const satisfies SafetensorsDType[]) {
    Deno.test(`weights in ${library}'s names, in ${dtype}, load to OpenAI's`, () =>
      withFile([...entriesOf(state, dtype), ...extra], async (file) => {
        deepStrictEqual(await demand(file, openai, library), VIT);
      }));
  }
}

Deno.test("the names of Hugging Face's are those of transformers, typo and all", () => {
  const names = [...huggingFaceState(openai).keys()];
  for (
    const name of [
      "text_model.encoder.layers.2.self_attn.q_proj.bias",
      "text_model.encoder.layers.0.layer_norm2.weight",
      "vision_model.encoder.layers.1.mlp.fc2.weight",
      "vision_model.pre_layrnorm.weight",
      "visual_projection.weight",
    ]
  ) ok(names.includes(name), name);
});

Deno.test("a ResNet loads in OpenAI's names and in open_clip's", async () => {
  const state = openaiState(RESNET);
  const forms = [["OpenAI", state], ["open_clip", openClipTextState(state)]] as const;
  for (const [library, form] of forms) {
    await withFile(entriesOf(form), async (file) => {
      deepStrictEqual(await demand(file, state, library), RESNET);
    });
  }
});

Deno.test("a tensor of many pieces arrives whole, from every dtype", async () => {
  const shape = [2 ** 21 + 3, 2], name = "token_embedding.weight";
  const data = Float32Array.from({ length: shape[0] * shape[1] }, (_, i) => i % 251 - 125);
  for (const dtype of ["F32", "F16", "BF16"] as const) {
    await withFile(entriesOf(new Map([[name, { shape, data }]]), dtype), async (file) => {
      const loader = new TensorLoader(device, file);
      using loaded = await loader.load(shape, { parts: [name], transposed: false });
      const found = await loaded.data();
      ok(found.every((value, i) => value === data[i]), dtype);
    });
  }
});

Deno.test("elements can be changed on their way", () =>
  withFile(entriesOf(huggingFaceState(openai)), async (file) => {
    const doubled: State = new Map(Array.from(openai, ([name, { shape, data }]) => [
      name,
      { shape, data: name.includes("proj") ? data.map((x) => 2 * x) : data },
    ]));
    await demand(file, doubled, "Hugging Face", {
      adjust(name, values) {
        if (name.includes("proj")) values.forEach((value, i) => values[i] = 2 * value);
      },
    });
  }));

/** A state with tensors taken out, put in or changed. */
function altered(state: State, change: (state: State) => void): Generator<TensorEntry> {
  const copy = new Map(state);
  change(copy);
  return entriesOf(copy);
}

const one = { shape: [1], data: Float32Array.of(0) };
const HOSTILE: readonly [what: string, entries: Iterable<TensorEntry>, line: string][] = [
  [
    "lack tensors",
    altered(huggingFaceState(openai), (state) => {
      state.delete("vision_model.encoder.layers.1.self_attn.k_proj.weight");
      state.delete("visual_projection.weight");
    }),
    "FILE does not hold the model: missing visual_projection.weight, " +
    "vision_model.encoder.layers.1.self_attn.k_proj.weight",
  ],
  [
    "lack what gives a size",
    altered(huggingFaceState(openai), (state) => state.delete("text_projection.weight")),
    'FILE: these are no CLIP weights: "text_projection.weight" is missing',
  ],
  [
    "are those of a text encoder alone",
    altered(
      huggingFaceState(openai),
      (state) => [...state.keys()].forEach((name) => name.startsWith("vis") && state.delete(name)),
    ),
    'FILE: these are no CLIP weights: "vision_model.embeddings.patch_embedding.weight" is missing',
  ],
  [
    "hold more",
    altered(openClipTextState(openai), (state) => state.set("logit_bias", one).set("a\nb", one)),
    'FILE does not hold the model: unexpected "a\\nb", logit_bias',
  ],
  [
    "lack some tensors and hold others",
    altered(
      openai,
      (state) => state.set("visual.head", one).delete("transformer.resblocks.2.ln_1.bias"),
    ),
    "FILE does not hold the model: missing transformer.resblocks.2.ln_1.bias; unexpected visual.head",
  ],
  [
    "have a wrong shape",
    altered(
      huggingFaceState(openai),
      (state) => state.set("text_model.encoder.layers.0.self_attn.v_proj.weight", one),
    ),
    "FILE: text_model.encoder.layers.0.self_attn.v_proj.weight has the shape [1], expected [64,64]",
  ],
  [
    "have a projection that is not transposed",
    altered(
      huggingFaceState(openai),
      (state) => state.set("visual_projection.weight", openai.get("visual.proj")!),
    ),
    "FILE: visual_projection.weight has the shape [128,40], expected [40,128]",
  ],
  [
    "have a scalar where a matrix gives the size",
    altered(openai, (state) => state.set("text_projection", { ...one, shape: [] })),
    'FILE: "text_projection" has the shape [], and CLIP\'s has 2 dimensions',
  ],
  [
    "are integers",
    [
      ...altered(openai, (state) => state.delete("ln_final.bias")),
      { name: "ln_final.bias", dtype: "I8", shape: [64], bytes: new Uint8Array(64) },
    ],
    "FILE: ln_final.bias is of I8, and weights are F16, BF16, F32 or F64",
  ],
  ["are nothing", [], 'FILE: these are no CLIP weights: "text_projection" is missing'],
];

for (const [what, entries, line] of HOSTILE) {
  Deno.test(`weights that ${what} are refused in one line`, () =>
    withFile(entries, (file) => refuse(file, line)));
}

Deno.test("what fails in the middle leaves nothing on the device", () =>
  withFile(entriesOf(openai), async (file) => {
    const failing = { ...file, label: file.label, names: file.names } as SafetensorsFile;
    failing.info = (name) => file.info(name);
    failing.readF32Into = (name, first, target) =>
      name === "ln_final.bias"
        ? Promise.reject(new UserError("the disk is gone"))
        : file.readF32Into(name, first, target);
    await refuse(failing, "the disk is gone");
  }));

Deno.test("descriptions that fit are taken, whole or in part", () =>
  withFile(entriesOf(openai), async (file) => {
    const { text_config: { hidden_size } } = huggingFaceConfig();
    for (
      const json of [
        huggingFaceConfig(),
        openClipConfig(),
        { text_config: { hidden_size }, vision_config: null },
        { architecture: "vit_base_patch32_clip_224", num_classes: 0 },
        { model_cfg: { quick_gelu: true, vision_cfg: { patch_size: null, image_size: [24, 24] } } },
      ]
    ) await demand(file, openai, "OpenAI", { descriptions: [{ label: "config.json", json }] });
  }));

/** What a description says wrong, and what that is answered. */
const CONTRADICTIONS: readonly [what: string, json: unknown, line: string][] = (() => {
  const gelu = huggingFaceConfig(), deep = huggingFaceConfig(), wide = huggingFaceConfig();
  gelu.vision_config.hidden_act = "gelu";
  deep.vision_config.num_hidden_layers = 12;
  wide.text_config.num_attention_heads = 8;
  const silent = openClipConfig(), large = openClipConfig(), grey = openClipConfig();
  silent.model_cfg.quick_gelu = undefined;
  large.model_cfg.vision_cfg.patch_size = 16;
  grey.preprocess_cfg.mean = [0.5, 0.5, 0.5];
  const pooled = openClipConfig();
  pooled.model_cfg.vision_cfg.pool_type = "avg";
  const only = "and only models with QuickGELU run here; take one that was trained with it";
  const both = "; fetch both anew";
  return [
    ["GELU", gelu, `vision_config.hidden_act is "gelu", ${only}`],
    ["open_clip's GELU", silent, `quick_gelu is not set, ${only}`],
    [
      "more blocks",
      deep,
      `vision_config.num_hidden_layers is 12, and the weights beside it need 2${both}`,
    ],
    [
      "narrower heads",
      wide,
      `text_config.num_attention_heads is 8, and the weights beside it need 1${both}`,
    ],
    [
      "other patches",
      large,
      `model_cfg.vision_cfg.patch_size is 16, and the weights beside it need 8${both}`,
    ],
    [
      "other frames",
      grey,
      "preprocess_cfg.mean is [0.5,0.5,0.5], and the weights beside it need " +
      `[0.48145466,0.4578275,0.40821073]${both}`,
    ],
    [
      "another pooling",
      pooled,
      `model_cfg.vision_cfg.pool_type is "avg", and the weights beside it need "tok"${both}`,
    ],
  ];
})();

for (const [what, json, line] of CONTRADICTIONS) {
  Deno.test(`weights whose description says ${what} are refused in one line`, () =>
    withFile(
      entriesOf(openai),
      (file) => refuse(file, `config: ${line}`, { descriptions: [{ label: "config", json }] }),
    ));
}
