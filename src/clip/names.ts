/**
 * Where other libraries' files hold the tensors of OpenAI's: one table a library.
 *
 * @module
 */

/** Where a tensor lies in a file. */
export interface Origin {
  /** Its name there; several names are packed along the first dimension. */
  readonly parts: readonly string[];
  /** Whether the file holds the matrix transposed. */
  readonly transposed: boolean;
}

/**
 * OpenAI's name and where the tensor lies, in patterns: `#` is a number, `*` is `weight` or `bias`, `**`
 * anything. The first that fits applies.
 */
type Entry = readonly [
  openai: string,
  theirs: string | readonly string[],
  transposed?: "transposed",
];

/** How a library names the tensors of a CLIP model. */
export interface Naming {
  /** What messages call it. */
  readonly library: string;
  /** The table. */
  readonly entries: readonly Entry[];
  /** What such files hold besides weights: buffers that follow from the sizes. */
  readonly ignored: RegExp;
}

/** The blocks of one of Hugging Face's transformers. */
function huggingFaceBlocks(ours: string, theirs: string): Entry[] {
  const block = `${ours}.resblocks.#`, layer = `${theirs}.encoder.layers.#`;
  return [
    [`${block}.attn.in_proj_*`, ["q", "k", "v"].map((p) => `${layer}.self_attn.${p}_proj.*`)],
    [`${block}.attn.out_proj.*`, `${layer}.self_attn.out_proj.*`],
    [`${block}.ln_1.*`, `${layer}.layer_norm1.*`],
    [`${block}.ln_2.*`, `${layer}.layer_norm2.*`],
    [`${block}.mlp.c_fc.*`, `${layer}.mlp.fc1.*`],
    [`${block}.mlp.c_proj.*`, `${layer}.mlp.fc2.*`],
  ];
}

const HUGGING_FACE: Naming = {
  library: "Hugging Face",
  entries: [
    ["logit_scale", "logit_scale"],
    ["positional_embedding", "text_model.embeddings.position_embedding.weight"],
    ["token_embedding.weight", "text_model.embeddings.token_embedding.weight"],
    ["ln_final.*", "text_model.final_layer_norm.*"],
    ["text_projection", "text_projection.weight", "transposed"],
    ["visual.class_embedding", "vision_model.embeddings.class_embedding"],
    ["visual.conv1.weight", "vision_model.embeddings.patch_embedding.weight"],
    ["visual.positional_embedding", "vision_model.embeddings.position_embedding.weight"],
    ["visual.ln_pre.*", "vision_model.pre_layrnorm.*"],
    ["visual.ln_post.*", "vision_model.post_layernorm.*"],
    ["visual.proj", "visual_projection.weight", "transposed"],
    ...huggingFaceBlocks("transformer", "text_model"),
    ...huggingFaceBlocks("visual.transformer", "vision_model"),
  ],
  ignored: /^(text|vision)_model\.embeddings\.position_ids$/,
};

/** open_clip's models whose text encoder is a module of its own. */
const OPEN_CLIP_TEXT: Naming = {
  library: "open_clip",
  entries: [
    ["logit_scale", "logit_scale"],
    ["visual.**", "visual.**"],
    ["**", "text.**"],
  ],
  ignored: /^text\.attn_mask$/,
};

/** OpenAI's own; open_clip's other models have the same. */
const OPENAI: Naming = {
  library: "OpenAI",
  entries: [["**", "**"]],
  ignored: /^(input_resolution|context_length|vocab_size|visual\.position_ids|attn_mask)$/,
};

/** The others, with a name that only their files have. */
const MARKED: readonly (readonly [mark: RegExp, naming: Naming])[] = [
  [/^(text|vision)_model\./, HUGGING_FACE],
  [/^text\./, OPEN_CLIP_TEXT],
];

/** The naming of a file, told by the names in it. */
export function namingOf(names: readonly string[]): Naming {
  return MARKED.find(([mark]) => names.some((name) => mark.test(name)))?.[1] ?? OPENAI;
}

const WILD = /\*\*|[#*]/g;
const MATCHES: Readonly<Record<string, string>> = {
  "#": "(\\d+)",
  "*": "(weight|bias)",
  "**": "(.+)",
};

/** What a name's wildcards stand for; undefined where it does not fit the pattern. */
function match(name: string, pattern: string): string[] | undefined {
  const source = pattern.replaceAll(".", "\\.").replace(WILD, (wild) => MATCHES[wild]);
  return name.match(new RegExp(`^${source}$`))?.slice(1);
}

function fill(pattern: string, values: readonly string[]): string {
  let next = 0;
  return pattern.replace(WILD, () => values[next++]);
}

const listed = (theirs: string | readonly string[]) =>
  typeof theirs === "string" ? [theirs] : theirs;

/**
 * Where a file holds one of OpenAI's tensors; undefined where the library has no such tensor.
 *
 * @example
 * ```ts
 * import { namingOf, originOf } from "./names.ts";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const naming = namingOf(["vision_model.pre_layrnorm.bias"]);
 * deepStrictEqual(originOf(naming, "visual.ln_pre.bias")?.parts, ["vision_model.pre_layrnorm.bias"]);
 * ```
 */
export function originOf({ entries }: Naming, openai: string): Origin | undefined {
  for (const [pattern, theirs, transposed] of entries) {
    const values = match(openai, pattern);
    if (!values) continue;
    return {
      parts: listed(theirs).map((part) => fill(part, values)),
      transposed: transposed !== undefined,
    };
  }
}

/** OpenAI's name of what a file calls `theirs`; undefined where it is no weight of a CLIP model. */
export function openaiName({ entries }: Naming, theirs: string): string | undefined {
  for (const [pattern, places] of entries) {
    for (const place of listed(places)) {
      const values = match(theirs, place);
      if (values) return fill(pattern, values);
    }
  }
}
