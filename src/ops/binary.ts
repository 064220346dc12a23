/**
 * Elementwise arithmetic of two tensors, with broadcasting.
 *
 * @module
 */
import source from "../../kernels/pointwise/binary.wgsl" with { type: "text" };
import { broadcastShapes, type Shape } from "../tensor/shape.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import { scale } from "./affine.ts";
import { planBroadcast } from "./expand.ts";
import { defineOp } from "./define.ts";
import { pointwiseGroups } from "./grid.ts";
import { sumTo } from "./reduce.ts";

const kernel = { name: "binary", source };
const OPERATOR = { add: 0, sub: 1, mul: 2, div: 3 } as const;

function launch(name: keyof typeof OPERATOR, a: Tensor, b: Tensor): Tensor {
  const { device } = a;
  const shape = broadcastShapes(a.shape, b.shape);
  const y = empty(device, "f32", shape, name);
  const { consts, params, n } = planBroadcast([a.shape, b.shape], shape);
  device.launch({
    kernel,
    entry: "forward",
    consts: { ...consts, OPERATOR: OPERATOR[name] },
    bind: { a, b, y },
    params,
    groups: pointwiseGroups(device, n),
  });
  return y;
}

/** Sums and differences keep nothing for their gradient but the shapes. */
function linear(name: "add" | "sub") {
  return defineOp<[Tensor, Tensor], readonly [Shape, Shape]>({
    name,
    forward: ([a, b]) => launch(name, a, b),
    gradient(dy, { needs, attributes: [a, b] }) {
      // d(a + b) = da + db, d(a - b) = da - db
      return [
        needs[0] ? sumTo(dy, a) : undefined,
        needs[1] ? sumTo(name === "add" ? dy : scale(dy, -1), b) : undefined,
      ];
    },
  });
}

const sumOf = linear("add");
const difference = linear("sub");

const product = defineOp<[Tensor, Tensor]>({
  name: "mul",
  forward([a, b], _, save) {
    save(a, b);
    return launch("mul", a, b);
  },
  gradient(dy, { saved: [a, b], needs }) {
    // d(a b) = b da + a db
    return [
      needs[0] ? sumTo(launch("mul", dy, b!), a!.shape) : undefined,
      needs[1] ? sumTo(launch("mul", dy, a!), b!.shape) : undefined,
    ];
  },
});

const quotient = defineOp<[Tensor, Tensor], { shape: Shape }>({
  name: "div",
  forward([a, b], _, save) {
    const y = launch("div", a, b);
    save(b, y);
    return y;
  },
  gradient(dy, { saved: [b, y], needs, attributes: { shape } }) {
    // d(a / b) = da / b - (a / b) db / b
    const da = launch("div", dy, b!);
    return [
      needs[0] ? sumTo(da, shape) : undefined,
      needs[1] ? sumTo(scale(launch("mul", da, y!), -1), b!.shape) : undefined,
    ];
  },
});

/** `a + b`; shapes of up to four dimensions broadcast. @throws {RangeError} if they do not. */
export function add(a: Tensor, b: Tensor): Tensor {
  return sumOf([a, b], [a.shape, b.shape]);
}

/** `a - b`; shapes broadcast as in {@link add}. */
export function sub(a: Tensor, b: Tensor): Tensor {
  return difference([a, b], [a.shape, b.shape]);
}

/** `a * b`, elementwise; shapes broadcast as in {@link add}. */
export function mul(a: Tensor, b: Tensor): Tensor {
  return product([a, b]);
}

/** `a / b`, elementwise; shapes broadcast as in {@link add}. */
export function div(a: Tensor, b: Tensor): Tensor {
  return quotient([a, b], { shape: a.shape });
}
