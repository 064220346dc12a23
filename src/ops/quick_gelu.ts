/**
 * QuickGELU, the activation of CLIP's transformers.
 *
 * @module
 */
import source from "../../kernels/pointwise/quick_gelu.wgsl" with { type: "text" };
import { empty, type Tensor } from "../tensor/tensor.ts";
import { typeOf } from "./cast.ts";
import { defineOp } from "./define.ts";
import { pointwiseGroups } from "./grid.ts";
import { storageAliases } from "./storage.ts";

const kernel = { name: "quick_gelu", source };

function launch(entry: string, x: Tensor, bind: Readonly<Record<string, Tensor>>): void {
  const { device, size } = x;
  const n = Math.ceil(size / 4), groups = pointwiseGroups(device, n);
  device.launch({
    kernel,
    entry,
    consts: storageAliases({ X: x }, true),
    bind,
    params: { n },
    groups,
  });
}

const op = defineOp<[Tensor]>({
  name: "quickGelu",
  forward([x], _, save) {
    const y = empty(x.device, typeOf(x), x.shape, "quickGelu");
    save(x);
    launch("forward", x, { x, y });
    return y;
  },
  gradient(dy, { saved: [x] }) {
    return [quickGeluGradient(x!, dy)];
  },
});

/**
 * The gradient of QuickGELU at `x`, for those who keep `x` themselves (a fused GEMM epilogue).
 *
 * @param x f32 or f16.
 * @param dy Of the type of `x`.
 */
export function quickGeluGradient(x: Tensor, dy: Tensor): Tensor {
  const dx = empty(x.device, x.dtype, x.shape, "quickGelu");
  launch("backward", x, { x, dy, dx });
  return dx;
}

/**
 * `x * sigmoid(1.702 x)`, elementwise (openai/CLIP, `QuickGELU`).
 *
 * @param x f32 or f16, as is the result.
 */
export function quickGelu(x: Tensor): Tensor {
  return op([x]);
}
