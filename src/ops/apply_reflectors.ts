/**
 * Products with the reflectors of a tridiagonal reduction.
 *
 * @module
 */
import source from "../../kernels/linalg/apply_reflectors.wgsl" with { type: "text" };
import { empty, type Tensor } from "../tensor/tensor.ts";
import { columnsOf } from "./columns.ts";
import type { Tridiagonal } from "./tridiagonalize.ts";

const kernel = { name: "apply_reflectors", source };
/** Reflectors at a time. */
const BLOCK = 8;

/** `x = Q x`, in place, for x [batch, n, columns] as `applyRotations` lays it out. */
export function applyReflectors({ tridiagonal, reflectors }: Tridiagonal, x: Tensor): void {
  const { device, shape: [batch, n, columns] } = x;
  const { T, unit, LANES } = columnsOf(device);
  const blocks = Math.ceil(n / BLOCK), width = columns / unit;
  const products = empty(device, "f32", [batch, blocks, BLOCK, BLOCK], "applyReflectors");
  const bind = { work: reflectors, tridiagonal, products, x };
  const params = { n, quads: Math.ceil(n / 4), width };
  const consts = { T, LANES };
  device.launch({ kernel, entry: "gram", consts, bind, params, groups: [blocks, batch] });
  const groups = [Math.ceil(width / LANES), batch] as const;
  device.launch({ kernel, entry: "main", consts, bind, params, groups });
  products.dispose();
}
