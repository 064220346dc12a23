/**
 * The same small CLIP models as each library's files hold them.
 */
import { dirname } from "node:path";
import type { ClipConfig, VitConfig } from "../../src/clip/config.ts";
import { type HostTensor, randomWeights } from "../../src/clip/init.ts";
import { f32ToBf16, f32ToF16 } from "../../src/io/half.ts";
import {
  type SafetensorsDType,
  type TensorEntry,
  writeSafetensors,
} from "../../src/io/safetensors.ts";

/** A ViT-CLIP in which no two sizes are the same. */
export const VIT: VitConfig = {
  ...{ embedDim: 40, contextLength: 9, vocabSize: 50, textWidth: 64, textLayers: 3 },
  ...{ vision: "ViT", imageResolution: 24, visionLayers: 2, visionWidth: 128, visionPatchSize: 8 },
};

/** Tensors by name, on the host. */
export type State = Map<string, HostTensor>;

/** Random weights that survive bfloat16, so that every dtype holds the same. */
export function openaiState(config: ClipConfig = VIT): State {
  return new Map(
    randomWeights(config, 11).map(([name, { shape, data }]) => {
      const words = new Uint32Array(data.buffer);
      words.forEach((word, i) => words[i] = word & 0xffff0000);
      return [name, { shape, data: data.map((x) => Math.abs(x) < 2 ** -14 ? 0 : x) }];
    }),
  );
}

/** The transposed matrix, made when it is asked for. */
function transposed(matrix: HostTensor): HostTensor {
  const [rows, columns] = matrix.shape;
  return {
    shape: [columns, rows],
    get data() {
      const { data } = matrix;
      return data.map((_, i) => data[(i % rows) * columns + Math.floor(i / rows)]);
    },
  };
}

/** One of the three equal parts of a packed projection. */
function third(packed: HostTensor, part: number): HostTensor {
  const [rows, ...rest] = packed.shape;
  return {
    shape: [rows / 3, ...rest],
    get data() {
      const { data } = packed, size = data.length / 3;
      return data.slice(part * size, (part + 1) * size);
    },
  };
}

/** OpenAI's state as `transformers` saves a `CLIPModel`. */
export function huggingFaceState(openai: State): State {
  const theirs: State = new Map();
  const plain: Record<string, string> = {
    "logit_scale": "logit_scale",
    "positional_embedding": "text_model.embeddings.position_embedding.weight",
    "token_embedding.weight": "text_model.embeddings.token_embedding.weight",
    "ln_final.weight": "text_model.final_layer_norm.weight",
    "ln_final.bias": "text_model.final_layer_norm.bias",
    "visual.class_embedding": "vision_model.embeddings.class_embedding",
    "visual.conv1.weight": "vision_model.embeddings.patch_embedding.weight",
    "visual.positional_embedding": "vision_model.embeddings.position_embedding.weight",
    "visual.ln_pre.weight": "vision_model.pre_layrnorm.weight",
    "visual.ln_pre.bias": "vision_model.pre_layrnorm.bias",
    "visual.ln_post.weight": "vision_model.post_layernorm.weight",
    "visual.ln_post.bias": "vision_model.post_layernorm.bias",
  };
  for (const [name, held] of openai) {
    if (name === "text_projection") theirs.set("text_projection.weight", transposed(held));
    else if (name === "visual.proj") theirs.set("visual_projection.weight", transposed(held));
    else if (plain[name]) theirs.set(plain[name], held);
    else {
      const [, tower, block, rest] = name.match(
        /^(visual\.)?transformer\.resblocks\.(\d+)\.(.+)$/,
      )!;
      const layer = `${tower ? "vision_model" : "text_model"}.encoder.layers.${block}`;
      const packed = rest.match(/^attn\.in_proj_(weight|bias)$/);
      if (packed) {
        ["q", "k", "v"].forEach((p, i) =>
          theirs.set(`${layer}.self_attn.${p}_proj.${packed[1]}`, third(held, i))
        );
      } else {
        const own = rest.replace(/^attn\./, "self_attn.").replace(/^ln_/, "layer_norm")
          .replace("mlp.c_fc", "mlp.fc1").replace("mlp.c_proj", "mlp.fc2");
        theirs.set(`${layer}.${own}`, held);
      }
    }
  }
  return theirs;
}

/** OpenAI's state as open_clip saves a model whose text encoder is a module of its own. */
export function openClipTextState(openai: State): State {
  return new Map(Array.from(openai, ([name, held]) => {
    const outside = name === "logit_scale" || name.startsWith("visual.");
    return [outside ? name : `text.${name}`, held];
  }));
}

/** A state as the entries of a file. */
export function* entriesOf(state: State, dtype: SafetensorsDType = "F32"): Generator<TensorEntry> {
  const convert = (data: Float32Array) => {
    if (dtype === "F16") return f32ToF16(data);
    if (dtype === "BF16") return f32ToBf16(data);
    return dtype === "F64" ? new Float64Array(data) : data;
  };
  for (const [name, held] of state) {
    const bytes = () => new Uint8Array(convert(held.data).buffer as ArrayBuffer);
    yield { name, dtype, shape: held.shape, bytes };
  }
}

/** Buffers that older versions save along. */
export function positionIds(...names: string[]): TensorEntry[] {
  const bytes = new Uint8Array(BigInt64Array.of(0n, 1n).buffer);
  return names.map((name) => ({ name, dtype: "I64", shape: [1, 2], bytes }));
}

/** Writes a state in shards of a few tensors each, and their index. */
export async function writeShards(path: string, state: State, count = 3): Promise<void> {
  const entries = [...entriesOf(state)], weight_map: Record<string, string> = {};
  for (let shard = 0; shard < count; shard++) {
    const name = `model-${shard + 1}-of-${count}.safetensors`;
    const own = entries.filter((_, i) => i % count === shard);
    for (const entry of own) weight_map[entry.name] = name;
    await writeSafetensors(`${dirname(path)}/${name}`, own);
  }
  await Deno.writeTextFile(path, JSON.stringify({ metadata: { total_size: 0 }, weight_map }));
}

/** Hugging Face's description of {@link VIT}. */
export function huggingFaceConfig() {
  return {
    projection_dim: 40,
    text_config: {
      ...{ hidden_size: 64, num_hidden_layers: 3, num_attention_heads: 1, intermediate_size: 256 },
      ...{ max_position_embeddings: 9, vocab_size: 50, hidden_act: "quick_gelu" },
      layer_norm_eps: 1e-5,
    } as Record<string, unknown>,
    vision_config: {
      ...{ hidden_size: 128, num_hidden_layers: 2, num_attention_heads: 2, intermediate_size: 512 },
      ...{ image_size: 24, patch_size: 8, hidden_act: "quick_gelu", layer_norm_eps: 1e-5 },
    } as Record<string, unknown>,
  };
}

/** open_clip's description of {@link VIT}. */
export function openClipConfig() {
  return {
    model_cfg: {
      embed_dim: 40,
      quick_gelu: true as boolean | undefined,
      vision_cfg: { image_size: 24, layers: 2, width: 128, patch_size: 8 } as Record<
        string,
        unknown
      >,
      text_cfg: { context_length: 9, vocab_size: 50, width: 64, heads: 1, layers: 3 },
    },
    preprocess_cfg: {
      mean: [0.48145466, 0.4578275, 0.40821073],
      std: [0.26862954, 0.26130258, 0.27577711],
    },
  };
}
