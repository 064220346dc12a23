import type { Tensor } from "../tensor/tensor.ts";
export function add(a: Tensor, _b: Tensor): Tensor {
  return a;
}
