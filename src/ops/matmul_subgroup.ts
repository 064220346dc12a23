/**
 * Matrix products on software devices: see `matmul_subgroup.wgsl`.
 *
 * @module
 */
import source from "../../kernels/linalg/matmul_subgroup.wgsl" with { type: "text" };
import { Scope } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { packPanels } from "./pack_panels.ts";
import { linesUp, type Product, productAliases, productCall } from "./product.ts";
import { smallSubgroup } from "./small_subgroup.ts";

const kernel = { name: "matmul_subgroup", source };

/** How the kernel walks an operand, in vec4. */
interface Walk {
  readonly operand: Tensor;
  readonly batch: number;
  readonly panel: number;
  readonly step: number;
}

/** An operand of `across` rows (or columns) of the product, stored along them or else along `inner`. */
function walk(
  operand: Tensor,
  { across, along, batch, inner, lanes }: {
    across: number;
    along: boolean;
    batch: number;
    inner: number;
    lanes: number;
  },
): Walk {
  if (along) return { operand, batch: inner * across / 4, panel: lanes, step: across / 4 };
  const packed = packPanels(operand, { batch, rows: across, inner, lanes });
  const panel = inner * lanes;
  return { operand: packed, batch: panel * packed.shape[1], panel, step: lanes };
}

/** Lanes of a subgroup on software devices with small ones, where the operands line up in vec4. */
export function subgroupLanes(product: Product): number | undefined {
  return linesUp(product) ? smallSubgroup(product.a.device) : undefined;
}

/** Records a product with subgroups of `lanes`: those of {@link subgroupLanes}. */
export function multiplyInSubgroups(product: Product, lanes: number): void {
  const { a, b, rows, inner, cols, batch, transposeA, transposeB, alpha } = product;
  const { bind, consts, ...call } = productCall(product);
  const common = { batch, inner, lanes };
  using _scope = new Scope(a.device); // gives the panels back
  const left = walk(a, { across: rows, along: transposeA, ...common });
  const right = walk(b, { across: cols, along: !transposeB, ...common });
  const operands = { ...bind, a: left.operand, b: right.operand };
  a.device.launch({
    ...call,
    kernel,
    consts: { L: lanes, ...consts, ...productAliases(operands, true) },
    bind: operands,
    params: {
      rows,
      inner,
      cols: cols / 4,
      a_batch: left.batch,
      a_panel: left.panel,
      a_step: left.step,
      b_batch: right.batch,
      b_panel: right.panel,
      b_step: right.step,
      c_batch: rows * cols / 4,
      alpha,
    },
    groups: [Math.ceil(cols / 8 / lanes), Math.ceil(rows / 4 / lanes), batch],
  });
}
