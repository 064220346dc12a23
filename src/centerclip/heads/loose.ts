/**
 * The loose heads: texts and videos are embedded apart, and compared by their cosine.
 *
 * @module
 */
import type { Parameters } from "../../nn/parameters.ts";
import { block } from "../../nn/transformer.ts";
import { add, mul } from "../../ops/binary.ts";
import { sliceRows } from "../../ops/copy_rows.ts";
import { lstm } from "../../ops/lstm.ts";
import { matmul } from "../../ops/matmul.ts";
import { reshape } from "../../ops/reshape.ts";
import { tidy } from "../../tensor/scope.ts";
import { type Tensor, tensor } from "../../tensor/tensor.ts";
import { meanPooled, similarity } from "../loss.ts";
import { keyBias, type SimilarityHead } from "./head.ts";

/** What a head does to frame vectors before they are averaged. */
type Sequential = (vectors: Tensor, mask: Float32Array<ArrayBuffer>) => Tensor;

/**
 * A head that averages the frame vectors of a video, after `sequential` where that is given, and takes
 * `exp(logit_scale) * cosine` (SPEC 4.4; CLIP4Clip's `_loose_similarity`).
 */
export function looseHead(parameters: Parameters, sequential?: Sequential): SimilarityHead {
  return {
    keep(vectors, mask) {
      const features = tidy(vectors.device, () => {
        const [videos, segments] = vectors.shape;
        const weights = tensor(vectors.device, mask, [videos, segments]);
        return meanPooled(sequential?.(vectors, mask) ?? vectors, weights);
      });
      return { features };
    },
    similarity: (text, { features }) =>
      similarity(text, features, parameters.get("clip.logit_scale")),
  };
}

/** seqTransf: position embeddings, a transformer over the valid frames, and the frames added to it. */
export function seqTransf(
  parameters: Parameters,
  { layers, normEps }: { readonly layers: number; readonly normEps?: number },
): Sequential {
  return (vectors, mask) => {
    const { device, shape: [videos, segments] } = vectors;
    const bias = tensor(device, keyBias(mask), [videos, segments]);
    let x = add(vectors, positions(parameters.get("frame_position_embeddings.weight"), segments));
    for (let i = 0; i < layers; i++) {
      x = block(x, parameters.at(`transformerClip.resblocks.${i}`), { keyBias: bias, normEps });
    }
    return add(x, vectors);
  };
}

/** The first `count` rows of a table of position embeddings [context, width]: [1, count, width]. */
export function positions(table: Tensor, count: number): Tensor {
  return sliceRows(reshape(table, [1, ...table.shape]), 0, count);
}

/**
 * seqLSTM: an LSTM over the valid frames of each video, and the frames added to it. Behind the end of a
 * video its output is 0; behind that of the longest video of the batch it is the frames themselves, as
 * the original's padding makes it.
 */
export function seqLstm(parameters: Parameters): Sequential {
  const of = (name: string) => parameters.get(`lstm_visual.${name}_l0`);
  return (vectors, mask) => {
    const { device, shape: [videos, segments] } = vectors;
    const lengths = Array.from(
      { length: videos },
      (_, v) => mask.subarray(v * segments, (v + 1) * segments).reduce((sum, m) => sum + m, 0),
    );
    const longest = Math.max(0, ...lengths);
    const weights = (at: (frame: number, length: number) => number) => {
      const data = lengths.flatMap((length) =>
        Array.from({ length: segments }, (_, frame) => at(frame, length))
      );
      return tensor(device, Float32Array.from(data), [videos, segments, 1]);
    };
    const gates = matmul(vectors, of("weight_ih"), {
      transposeB: true,
      bias: add(of("bias_ih"), of("bias_hh")),
    });
    return add(
      mul(lstm(gates, of("weight_hh")), weights((frame, length) => frame < length ? 1 : 0)),
      mul(vectors, weights((frame) => frame < longest ? 1 : 2)),
    );
  };
}
