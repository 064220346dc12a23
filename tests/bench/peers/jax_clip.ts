/**
 * CLIP with a vision transformer in jax-js, in parts that are differentiated one by one.
 *
 * One `jit` over the whole step would hold every intermediate of its program at once, 340 MB a block of 24
 * frames: too much for the 4 GB of WebAssembly. So each part is a program of its own, the same for all blocks
 * of a tower, and is run before the next is recorded. Nothing is computed twice, and the host spends a
 * fifth of a second a step on it.
 *
 * @module
 */
import { patchesOf, shapesOf, type VitConfig } from "../../../src/clip/config.ts";
import type { Shape } from "../../../src/tensor/shape.ts";
import { BLOCK_NAMES, type BlockParameter, type BlockParameters } from "../rows.ts";
import { block, type BlockOptions, norm } from "./jax_block.ts";
import { type Array, type Arrays, jax } from "./jax_package.ts";

const { numpy: np, nn, lax, jit } = jax;

/** A part of a model. */
export interface Part {
  /** What its parameters' names in the checkpoint begin with. */
  readonly prefix: string;
  /** Its parameters by the rest of their names, in the checkpoint's layout. */
  weights: Arrays;
  /** The part itself; the first of a tower has no input but what it was made with. */
  readonly run: (weights: Arrays, ...inputs: Array[]) => Array;
}

/** What the towers read. */
export interface Inputs {
  /** [frames * patches, 3 * side * side]: of each patch the channels, of each channel the rows. */
  readonly patches: Array;
  readonly videos: number;
  /** Token ids: [texts, words]. */
  readonly ids: Array;
  /** Rows of the last tokens among all: [texts]. */
  readonly ends: Array;
}

/** A model: its towers part by part, and the loss over what they give. */
export interface Clip {
  readonly vision: readonly Part[];
  readonly text: readonly Part[];
  readonly loss: Part;
}

// Weights are stored [out, in], and `vecdot` reads them so; `matmul` would keep a transposed copy of each for
// the backward pass.
function product(x: Array, weight: Array): Array {
  const [rows, width] = x.shape;
  return np.vecdot(x.reshape([rows, 1, width]), weight);
}

const layers: Pick<BlockOptions, "linear" | "quickGelu"> = {
  linear: (x, weight, bias) => product(x, weight).add(bias),
  // x sigmoid(1.702 x), with its slope computed in the forward pass. Of the plain expression jax-js keeps
  // more arrays for the backward pass than WebAssembly has room for beside AdamW's moments.
  quickGelu(x) {
    const gate = nn.sigmoid(x.ref.mul(1.702));
    const slope = lax.stopGradient(
      gate.ref.add(gate.ref.mul(x.ref).mul(1.702).mul(gate.ref.mul(-1).add(1))),
    );
    const rest = lax.stopGradient(x.ref.mul(gate).sub(x.ref.mul(slope.ref)));
    return x.mul(slope).add(rest);
  },
};

function unit(x: Array): Array {
  return x.ref.div(np.sqrt(np.square(x).sum(-1, { keepdims: true })));
}

/**
 * Makes the model.
 *
 * @param make Makes a parameter of a name and shape.
 */
export function clip(
  config: VitConfig,
  inputs: Inputs,
  make: (name: string, shape: Shape) => Array,
): Clip {
  const shapes = shapesOf(config);
  const part = (prefix: string, names: readonly string[], run: Part["run"]): Part => ({
    prefix,
    weights: Object.fromEntries(
      names.map((name) => [name, make(prefix + name, shapes.get(prefix + name)!)]),
    ),
    run,
  });
  const blocks = (tower: string, count: number, sizes: Omit<BlockOptions, keyof typeof layers>) => {
    const names = Object.entries(BLOCK_NAMES) as [BlockParameter, string][];
    const run = jit((weights: Arrays, x: Array) => {
      const parameters = names.map(([key, name]) => [key, weights[name]]);
      return block(Object.fromEntries(parameters) as BlockParameters<Array>, x, {
        ...sizes,
        ...layers,
      });
    });
    return Array.from(
      { length: count },
      (_, i) => part(`${tower}transformer.resblocks.${i}.`, names.map(([, name]) => name), run),
    );
  };

  const { visionWidth, textWidth, embedDim } = config;
  const patches = patchesOf(config), tokens = patches + 1;
  const frames = inputs.patches.shape[0] / patches, { videos } = inputs;
  const [texts, words] = inputs.ids.shape;

  const tokensOf = jit(
    (embedded: Array, token: Array, positions: Array, scale: Array, bias: Array) => {
      const first = np.broadcastTo(token.reshape([1, 1, visionWidth]), [frames, 1, visionWidth]);
      const x = np.concatenate([first, embedded.reshape([frames, patches, visionWidth])], 1);
      return norm(x.add(positions).reshape([frames * tokens, visionWidth]), scale, bias);
    },
  );
  const vision = [
    part(
      "visual.",
      ["conv1.weight", "class_embedding", "positional_embedding", "ln_pre.weight", "ln_pre.bias"],
      (w) =>
        tokensOf(
          product(inputs.patches.ref, w["conv1.weight"].reshape([visionWidth, -1])),
          w.class_embedding,
          w.positional_embedding,
          w["ln_pre.weight"],
          w["ln_pre.bias"],
        ),
    ),
    ...blocks("visual.", config.visionLayers, { batch: frames, tokens, heads: visionWidth / 64 }),
    part(
      "visual.",
      ["ln_post.weight", "ln_post.bias", "proj"],
      jit((w: Arrays, x: Array) => {
        const first = x.reshape([frames, tokens, visionWidth]).slice([], 0);
        return np.matmul(norm(first, w["ln_post.weight"], w["ln_post.bias"]), w.proj);
      }),
    ),
  ];
  const text = [
    part(
      "",
      ["token_embedding.weight", "positional_embedding"],
      (w) =>
        np.take(w["token_embedding.weight"], inputs.ids.ref, 0)
          .add(w.positional_embedding.slice([0, words])).reshape([texts * words, textWidth]),
    ),
    ...blocks("", config.textLayers, {
      batch: texts,
      tokens: words,
      heads: textWidth / 64,
      causal: true,
    }),
    part("", ["ln_final.weight", "ln_final.bias", "text_projection"], (w, x) => {
      const last = np.take(x, inputs.ends.ref, 0);
      return np.matmul(norm(last, w["ln_final.weight"], w["ln_final.bias"]), w.text_projection);
    }),
  ];
  const loss = part(
    "",
    ["logit_scale"],
    jit((w: Arrays, frameVectors: Array, textVectors: Array) => {
      const means = unit(frameVectors).reshape([videos, frames / videos, embedDim]).mean(1);
      const logits = np.matmul(unit(textVectors), unit(means).transpose())
        .mul(np.exp(w.logit_scale));
      const right = nn.logSoftmax(logits.ref, 1).add(nn.logSoftmax(logits, 0));
      return right.mul(np.eye(videos)).sum().mul(-0.5 / videos);
    }),
  );
  return { vision, text, loss };
}
