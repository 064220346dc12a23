/**
 * CLIP's pre-norm transformer blocks.
 *
 * @module
 */
import { attention, type AttentionOptions } from "../ops/attention.ts";
import { currentRecorder } from "../ops/define.ts";
import { layerNorm } from "../ops/layer_norm.ts";
import { matmul, matmulQuickGelu } from "../ops/matmul.ts";
import { quickGelu } from "../ops/quick_gelu.ts";
import type { FloatType } from "../tensor/dtype.ts";
import { tidy } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Parameters } from "./parameters.ts";

/** `x W' + b`, with `weight` [out, in] and `bias` [out] as PyTorch stores them; `residual` is added. */
export function linear(x: Tensor, parameters: Parameters, residual?: Tensor): Tensor {
  const [weight, bias] = [parameters.get("weight"), parameters.get("bias")];
  return matmul(x, weight, { transposeB: true, bias, residual });
}

/**
 * Layer norm over the last dimension with the parameters `weight` and `bias`; eps 1e-5 by default, and the
 * type of `x`.
 */
export function norm(x: Tensor, parameters: Parameters, eps?: number, dtype?: FloatType): Tensor {
  return layerNorm(x, parameters.get("weight"), parameters.get("bias"), eps, dtype);
}

/** QuickGELU of a linear layer: one kernel where no gradient will be asked for. */
function linearQuickGelu(x: Tensor, parameters: Parameters): Tensor {
  if (currentRecorder()) return quickGelu(linear(x, parameters));
  const [weight, bias] = [parameters.get("weight"), parameters.get("bias")];
  return matmulQuickGelu(x, weight, { transposeB: true, bias });
}

/** Options of {@link block}. */
export interface BlockOptions extends AttentionOptions {
  /** Added to the variance in the norms. Default 1e-5. */
  readonly normEps?: number;
  /** What happens to the tokens between the attention and the MLP. */
  readonly beforeMlp?: (tokens: Tensor) => Tensor;
}

/**
 * One residual attention block: `x += attention(norm(x)); x += mlp(norm(x))`.
 *
 * @param x [batch, tokens, width]
 * @param parameters Those of `resblocks.<i>`: ln_1, attn, ln_2, mlp.
 *
 * Source: openai/CLIP, `ResidualAttentionBlock`; SPEC 3.2.
 *
 * @example
 * ```ts ignore
 * const y = block(x, parameters.at("transformer.resblocks.0"), { causal: true });
 * ```
 */
export function block(
  x: Tensor,
  parameters: Parameters,
  { normEps, beforeMlp = (tokens) => tokens, ...options }: BlockOptions = {},
): Tensor {
  return tidy(x.device, () => {
    const attn = parameters.at("attn"), mlp = parameters.at("mlp");
    const qkv = matmul(norm(x, parameters.at("ln_1"), normEps), attn.get("in_proj_weight"), {
      transposeB: true,
      bias: attn.get("in_proj_bias"),
    });
    const attended = beforeMlp(linear(attention(qkv, options), attn.at("out_proj"), x));
    const hidden = linearQuickGelu(norm(attended, parameters.at("ln_2"), normEps), mlp.at("c_fc"));
    return linear(hidden, mlp.at("c_proj"), attended);
  });
}
