/**
 * Operands of a matrix product as the software kernel reads them: see `matmul_subgroup.wgsl`.
 *
 * @module
 */
import source from "../../kernels/linalg/pack_panels.wgsl" with { type: "text" };
import { empty, type Tensor } from "../tensor/tensor.ts";
import { storageAliases } from "./storage.ts";

const kernel = { name: "pack_panels", source };
/** Inner indices that a workgroup goes through. */
const STEPS = 64;

/**
 * The rows of matrices in transposed panels.
 *
 * @param x f32 or f16, [batch, rows, inner] in any shape of that size; `inner` is a multiple of 4.
 * @param lanes Lanes of a subgroup; a panel has four rows for each.
 * @returns f32 [batch, panels, inner, 4 lanes], the last row repeated to the end of the last panel.
 */
export function packPanels(
  x: Tensor,
  { batch, rows, inner, lanes }: { batch: number; rows: number; inner: number; lanes: number },
): Tensor {
  const { device } = x, panels = Math.ceil(rows / (4 * lanes));
  const y = empty(device, "f32", [batch, panels, inner, 4 * lanes], "pack_panels");
  device.launch({
    kernel,
    entry: "main",
    consts: { L: lanes, ...storageAliases({ X: x }, true) },
    bind: { x, y },
    params: { rows, inner: inner / 4 },
    groups: [panels, Math.ceil(inner / STEPS), batch],
  });
  return y;
}
