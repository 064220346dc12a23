/**
 * A training step of ViT-B/32 in jax-js. Patches come cut and normalised, which this project does in
 * the step.
 *
 * @module
 */
import { patchesOf } from "../../../src/clip/config.ts";
import { type Shape, sizeOf } from "../../../src/tensor/shape.ts";
import { noise } from "../rows.ts";
import { clipConfig, type StepRow } from "../tower_rows.ts";
import type { Run } from "./child.ts";
import { AdamW } from "./jax_adamw.ts";
import { type Clip, clip, type Part } from "./jax_clip.ts";
import { type Array, type Arrays, jax, type Pullback } from "./jax_package.ts";

const { numpy: np, tree, vjp, blockUntilReady } = jax;

/** A tower's output, and the gradients of its parts' weights from its own. */
interface Pass {
  readonly y: Array;
  backward(dy: Array): Promise<Arrays[]>;
}

async function forward(parts: readonly Part[]): Promise<Pass> {
  const pullbacks: Pullback<[Arrays, ...Array[]]>[] = [];
  let inputs: Array[] = [];
  for (const { run, weights } of parts) {
    const [y, pullback] = vjp(run, [tree.ref(weights), ...inputs]);
    inputs = [await blockUntilReady(y)];
    pullbacks.push(pullback);
  }
  return {
    y: inputs[0],
    async backward(dy) {
      const gradients: Arrays[] = [];
      for (const pullback of pullbacks.toReversed()) {
        const [ofWeights, ofInput] = await blockUntilReady(pullback(dy));
        pullback.dispose();
        gradients.unshift(ofWeights);
        dy = ofInput;
      }
      return gradients;
    },
  };
}

/** The loss, and the gradients of every part: of the towers, the vision's first, and of the loss. */
export async function lossAndGradients(
  { vision, text, loss }: Clip,
): Promise<{ loss: Array; gradients: Arrays[] }> {
  const [frames, words] = [await forward(vision), await forward(text)];
  const [value, pullback] = vjp(loss.run, [tree.ref(loss.weights), frames.y, words.y]);
  const [ofLoss, ofFrames, ofWords] = await blockUntilReady(pullback(np.ones([])));
  pullback.dispose();
  const gradients = [...await frames.backward(ofFrames), ...await words.backward(ofWords), ofLoss];
  return { loss: value, gradients };
}

const POOL = 2 ** 20 - 3;
/** Random numbers that frames and weights repeat: drawing every one would take half a minute. */
const [pixels, spread] = [1, 0.02].map((deviation) => noise(POOL, deviation));

function drawn(pool: Float32Array, shape: Shape): Array {
  const data = new Float32Array(sizeOf(shape));
  for (let at = 0; at < data.length; at += pool.length) {
    data.set(pool.subarray(0, data.length - at), at);
  }
  return np.array(data, { shape });
}

/** A parameter as it starts: scales one, biases zero, weights around zero. */
function initial(name: string, shape: Shape): Array {
  const scales = /\bln_\w+\.weight$/.test(name);
  if (!scales && !/bias$|logit_scale$/.test(name)) return drawn(spread, shape);
  return np.array(new Float32Array(sizeOf(shape)).fill(scales ? 1 : 0), { shape });
}

/** Makes the row ready. */
export function prepareStep({ videos, frames, words }: StepRow): Run {
  const config = clipConfig("b32"), { visionPatchSize: side } = config;
  const ids = Int32Array.from({ length: videos * words }, () => Math.random() * config.vocabSize);
  const ends = Int32Array.from({ length: videos }, (_, text) => (text + 1) * words - 1);
  const inputs = {
    patches: drawn(pixels, [videos * frames * patchesOf(config), 3 * side * side]),
    videos,
    ids: np.array(ids, { shape: [videos, words] }),
    ends: np.array(ends, { shape: [videos] }),
  };
  const model = clip(config, inputs, initial);
  const optimizer = new AdamW([...model.vision, ...model.text, model.loss]);
  return async () => {
    const { loss, gradients } = await lossAndGradients(model);
    const [value] = await loss.data();
    // A device that ran out of memory answers in no time, and with zeros.
    if (!(value > 0 && value < Infinity)) throw new Error(`the loss is ${value}`);
    await optimizer.step(gradients);
  };
}
