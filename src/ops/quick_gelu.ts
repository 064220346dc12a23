/**
 * QuickGELU, the activation of CLIP's transformers.
 *
 * @module
 */
import source from "../../kernels/pointwise/quick_gelu.wgsl" with { type: "text" };
import { empty, type Tensor } from "../tensor/tensor.ts";
import { defineOp } from "./define.ts";
import { pointwiseGroups } from "./grid.ts";

const kernel = { name: "quick_gelu", source };

const op = defineOp<[Tensor]>({
  name: "quickGelu",
  forward([x], _, save) {
    const { device, shape, size: n } = x;
    const y = empty(device, "f32", shape, "quickGelu");
    save(x);
    const groups = pointwiseGroups(device, n);
    device.launch({ kernel, entry: "forward", bind: { x, y }, params: { n }, groups });
    return y;
  },
  gradient(dy, { saved: [x] }) {
    return [quickGeluGradient(x!, dy)];
  },
});

/** The gradient of QuickGELU at `x`, for those who keep `x` themselves (a fused GEMM epilogue). */
export function quickGeluGradient(x: Tensor, dy: Tensor): Tensor {
  const { device, shape, size: n } = x;
  const dx = empty(device, "f32", shape, "quickGelu");
  const groups = pointwiseGroups(device, n);
  device.launch({ kernel, entry: "backward", bind: { x, dy, dx }, params: { n }, groups });
  return dx;
}

/** `x * sigmoid(1.702 x)`, elementwise (openai/CLIP, `QuickGELU`). */
export function quickGelu(x: Tensor): Tensor {
  return op([x]);
}
