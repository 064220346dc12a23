/**
 * What Hugging Face's `config.json` and open_clip's `open_clip_config.json` say of a model, held against its
 * weights.
 *
 * @module
 */
import { UserError } from "../errors.ts";
import type { Description } from "../io/tensor_reader.ts";
import { CLIP_MEAN, CLIP_STD } from "../ops/pixels.ts";
import type { ClipConfig } from "./config.ts";

/** Values by their dotted paths; those that a description leaves out are not held against it. */
type Expected = Readonly<Record<string, unknown>>;

/** The width of a head, and the factor from a block's width to its inner one. */
const HEAD = 64, EXPANSION = 4;

/** What Hugging Face's config must say of the weights' sizes. */
function huggingFace(config: ClipConfig): Expected {
  const transformer = (at: string, width: number, layers: unknown): Expected => ({
    [`${at}.hidden_size`]: width,
    [`${at}.num_hidden_layers`]: layers,
    [`${at}.num_attention_heads`]: width / HEAD,
    [`${at}.intermediate_size`]: EXPANSION * width,
    [`${at}.layer_norm_eps`]: 1e-5,
  });
  const vit = config.vision === "ViT"
    ? {
      ...transformer("vision_config", config.visionWidth, config.visionLayers),
      "vision_config.patch_size": config.visionPatchSize,
    }
    : {};
  return {
    "projection_dim": config.embedDim,
    ...transformer("text_config", config.textWidth, config.textLayers),
    "text_config.max_position_embeddings": config.contextLength,
    "text_config.vocab_size": config.vocabSize,
    ...vit,
    "vision_config.image_size": config.imageResolution,
  };
}

/** What open_clip's config must say, also of what its other models do differently. */
function openClip(config: ClipConfig): Expected {
  const vision = "model_cfg.vision_cfg", text = "model_cfg.text_cfg";
  return {
    "model_cfg.embed_dim": config.embedDim,
    [`${vision}.image_size`]: config.imageResolution,
    [`${vision}.layers`]: config.visionLayers,
    [`${vision}.width`]: config.visionWidth,
    [`${vision}.patch_size`]: config.vision === "ViT" ? config.visionPatchSize : undefined,
    [`${vision}.head_width`]: HEAD,
    [`${vision}.mlp_ratio`]: EXPANSION,
    [`${vision}.pool_type`]: "tok",
    [`${text}.context_length`]: config.contextLength,
    [`${text}.vocab_size`]: config.vocabSize,
    [`${text}.width`]: config.textWidth,
    [`${text}.layers`]: config.textLayers,
    [`${text}.heads`]: config.textWidth / HEAD,
    [`${text}.mlp_ratio`]: EXPANSION,
    [`${text}.pool_type`]: "argmax",
    [`${text}.no_causal_mask`]: false,
    "preprocess_cfg.mean": CLIP_MEAN,
    "preprocess_cfg.std": CLIP_STD,
  };
}

/** The value at a dotted path; undefined where there is none. */
function at(json: unknown, path: string): unknown {
  return path.split(".").reduce<unknown>((value, key) => Object(value)[key], json) ?? undefined;
}

/** A size that is given as height and width, where these are equal; any other value as it is. */
function side(value: unknown): unknown {
  return Array.isArray(value) && value.length === 2 && value[0] === value[1] ? value[0] : value;
}

/**
 * The activation that a description gives the model, where it is not QuickGELU. Hugging Face's default is
 * QuickGELU, open_clip's is not.
 */
function otherActivation(json: unknown): string | undefined {
  if (at(json, "model_cfg") !== undefined) {
    const quick = at(json, "model_cfg.quick_gelu");
    return quick === true ? undefined : `quick_gelu is ${JSON.stringify(quick) ?? "not set"}`;
  }
  for (const path of ["text_config.hidden_act", "vision_config.hidden_act"]) {
    const act = at(json, path) ?? "quick_gelu";
    if (act !== "quick_gelu") return `${path} is ${JSON.stringify(act)}`;
  }
}

/**
 * Requires that a description fits the weights beside it. One that is neither Hugging Face's of a CLIP model
 * nor open_clip's says nothing.
 *
 * @throws {UserError} if it gives a size that the weights have not, or another activation than QuickGELU.
 *
 * @example
 * ```ts ignore
 * checkDescription({ label: "config.json", json: JSON.parse(text) }, configOf(shapes));
 * ```
 */
export function checkDescription({ label, json }: Description, config: ClipConfig): void {
  const isOpenClip = at(json, "model_cfg") !== undefined;
  if (!isOpenClip && at(json, "text_config") === undefined) return;
  const activation = otherActivation(json);
  if (activation) {
    throw new UserError(
      `${label}: ${activation}, and only models with QuickGELU run here; take one that was trained with it`,
    );
  }
  for (
    const [path, expected] of Object.entries(isOpenClip ? openClip(config) : huggingFace(config))
  ) {
    const said = side(at(json, path));
    if (said === undefined || JSON.stringify(said) === JSON.stringify(expected)) continue;
    throw new UserError(
      `${label}: ${path} is ${JSON.stringify(said).slice(0, 80)}, and the weights beside it need ${
        JSON.stringify(expected) ?? "none"
      }; fetch both anew`,
    );
  }
}
