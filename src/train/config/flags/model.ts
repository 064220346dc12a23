import type { FlagTable } from "../flag.ts";

/** OpenAI's models with the blocks of their vision transformers; a ResNet has none. */
export const VISION_BLOCKS = {
  "ViT-B/32": 12,
  "ViT-B/16": 12,
  "ViT-L/14": 24,
  "ViT-L/14@336px": 24,
  "RN50": 0,
  "RN101": 0,
  "RN50x4": 0,
  "RN50x16": 0,
} as const;

/** The network and where its weights come from. */
export const modelFlags = {
  pretrained_clip_name: {
    kind: "choice",
    choices: [...Object.keys(VISION_BLOCKS) as (keyof typeof VISION_BLOCKS)[], "scratch"],
    default: "ViT-B/32",
    meaning: "CLIP model; scratch has the shape given below, and weights from the seed",
  },
  pretrained_dir: {
    kind: "text",
    default: "~/models/pretrained",
    meaning:
      "where CLIP's weights lie: ViT-B-32.safetensors, or a folder of Hugging Face's or open_clip's " +
      "(ViT-B-32, clip-vit-base-patch32), or that folder itself; a tokenizer.json, or vocab.json with " +
      "merges.txt, beside them gives the vocabulary",
  },
  init_model: {
    kind: "text",
    default: null,
    meaning: "safetensors of weights to start from, over CLIP's; it may hold a part of the model",
  },
  sim_header: {
    kind: "choice",
    choices: ["meanP", "seqLSTM", "seqTransf", "tightTransf"],
    default: "meanP",
    meaning: "how the frames of a video meet a caption",
  },
  cross_num_hidden_layers: {
    kind: "int",
    default: 4,
    min: 1,
    meaning: "layers of the seqTransf and tightTransf heads",
  },
  cross_model: {
    kind: "text",
    default: "cross-base",
    meaning:
      "folder that holds cross_config.json, for the tightTransf head; cross-base is built in",
  },
  linear_patch: {
    kind: "choice",
    choices: ["2d", "3d"],
    default: "2d",
    meaning: "patch embedding of single frames, or over three neighbouring ones",
  },
  camoe_dsl: {
    kind: "switch",
    default: false,
    meaning:
      "re-rank an evaluation's similarities by dual softmax, which sees all queries at once; not with --compat reference, since the original only logs the flag",
  },
  freeze_layer_num: {
    kind: "int",
    default: 0,
    min: -1,
    meaning:
      "blocks below it, all embeddings and a ResNet stay as loaded (0: no block); -1 trains all",
  },
  temperature_new: {
    kind: "float",
    default: 1,
    meaning: "above 1: the logit scale (a logarithm) is set to it after loading",
  },
} as const satisfies FlagTable;

/** Shape of the `scratch` model; an error with another `--pretrained_clip_name`. */
export const scratchFlags = {
  image_resolution: { kind: "int", default: 64, min: 1, meaning: "side of a frame in pixels" },
  vision_patch_size: { kind: "int", default: 8, min: 1, meaning: "side of a patch in pixels" },
  vision_width: { kind: "int", default: 64, min: 64, meaning: "width of the image encoder" },
  vision_layers: { kind: "int", default: 4, min: 1, meaning: "blocks of the image encoder" },
  text_width: { kind: "int", default: 64, min: 64, meaning: "width of the text encoder" },
  text_layers: { kind: "int", default: 4, min: 1, meaning: "blocks of the text encoder" },
  embed_dim: { kind: "int", default: 64, min: 1, meaning: "width of the common embedding" },
  logit_scale_init: {
    kind: "float",
    default: 1,
    meaning: "the logit scale (a logarithm) starts here; openai/CLIP's code starts at 1",
  },
  context_length: { kind: "int", default: 77, min: 2, meaning: "most tokens of a caption" },
} as const satisfies FlagTable;
