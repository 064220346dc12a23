/**
 * The rectifier.
 *
 * @module
 */
import source from "../../kernels/pointwise/relu.wgsl" with { type: "text" };
import { empty, type Tensor } from "../tensor/tensor.ts";
import { defineOp } from "./define.ts";
import { pointwiseGroups } from "./grid.ts";

const kernel = { name: "relu", source };

function launch(entry: string, bind: Record<string, Tensor>, out: Tensor): void {
  const { device, size } = out;
  const n = Math.ceil(size / 4);
  device.launch({ kernel, entry, bind, params: { n }, groups: pointwiseGroups(device, n) });
}

const op = defineOp<[Tensor]>({
  name: "relu",
  forward([x], _, save) {
    const y = empty(x.device, "f32", x.shape, "relu");
    launch("forward", { x, y }, y);
    save(y);
    return y;
  },
  // d max(x, 0) = dx where x > 0
  gradient(dy, { saved: [y] }) {
    const dx = empty(dy.device, "f32", dy.shape, "relu");
    launch("backward", { saved: y!, dy, dx }, dx);
    return [dx];
  },
});

/** `max(x, 0)`, elementwise; a NaN stays one, and at 0 the gradient is 0. */
export function relu(x: Tensor): Tensor {
  return op([x]);
}
