/**
 * Elementwise arithmetic of two tensors, with broadcasting.
 *
 * @module
 */
import source from "../../kernels/pointwise/binary.wgsl" with { type: "text" };
import type { FloatType } from "../tensor/dtype.ts";
import { broadcastShapes } from "../tensor/shape.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import { scale } from "./affine.ts";
import { cast, type Like, likeOf, typeOf } from "./cast.ts";
import { planBroadcast } from "./expand.ts";
import { defineOp } from "./define.ts";
import { pointwiseGroups } from "./grid.ts";
import { sumTo } from "./reduce.ts";
import { storageAliases } from "./storage.ts";

const kernel = { name: "binary", source };
const OPERATOR = { add: 0, sub: 1, mul: 2, div: 3 } as const;

function launch(
  name: keyof typeof OPERATOR,
  a: Tensor,
  b: Tensor,
  dtype: FloatType = typeOf(a),
): Tensor {
  const { device } = a;
  const shape = broadcastShapes(a.shape, b.shape);
  const y = empty(device, dtype, shape, name);
  const { consts, params, n } = planBroadcast([a.shape, b.shape], shape);
  const storage = storageAliases({ A: a, B: b, Y: y }, consts.T === "vec4f");
  device.launch({
    kernel,
    entry: "forward",
    consts: { ...consts, OPERATOR: OPERATOR[name], ...storage },
    bind: { a, b, y },
    params,
    groups: pointwiseGroups(device, n),
  });
  return y;
}

/** The gradient of an operand from that of what it was stretched to. */
function unstretch(dy: Tensor, { shape, dtype }: Like): Tensor {
  return cast(sumTo(dy, shape), dtype);
}

/** Sums and differences keep nothing for their gradient but what the operands were like. */
function linear(name: "add" | "sub") {
  return defineOp<[Tensor, Tensor], readonly [Like, Like]>({
    name,
    forward: ([a, b]) => launch(name, a, b),
    gradient(dy, { needs, attributes: [a, b] }) {
      // d(a + b) = da + db, d(a - b) = da - db
      return [
        needs[0] ? unstretch(dy, a) : undefined,
        needs[1] ? unstretch(name === "add" ? dy : scale(dy, -1), b) : undefined,
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
      needs[0] ? unstretch(launch("mul", dy, b!, "f32"), likeOf(a!)) : undefined,
      needs[1] ? unstretch(launch("mul", dy, a!, "f32"), likeOf(b!)) : undefined,
    ];
  },
});

const quotient = defineOp<[Tensor, Tensor], Like>({
  name: "div",
  forward([a, b], _, save) {
    const y = launch("div", a, b);
    save(b, y);
    return y;
  },
  gradient(dy, { saved: [b, y], needs, attributes: a }) {
    // d(a / b) = da / b - (a / b) db / b
    const da = launch("div", dy, b!, "f32");
    return [
      needs[0] ? unstretch(da, a) : undefined,
      needs[1] ? unstretch(scale(launch("mul", da, y!), -1), likeOf(b!)) : undefined,
    ];
  },
});

/**
 * `a + b`, of the type of `a` (f32 or f16); shapes of up to four dimensions broadcast.
 *
 * @throws {RangeError} if they do not.
 */
export function add(a: Tensor, b: Tensor): Tensor {
  return sumOf([a, b], [likeOf(a), likeOf(b)]);
}

/** `a - b`; shapes broadcast as in {@link add}. */
export function sub(a: Tensor, b: Tensor): Tensor {
  return difference([a, b], [likeOf(a), likeOf(b)]);
}

/** `a * b`, elementwise; shapes broadcast as in {@link add}. */
export function mul(a: Tensor, b: Tensor): Tensor {
  return product([a, b]);
}

/** `a / b`, elementwise; shapes broadcast as in {@link add}. */
export function div(a: Tensor, b: Tensor): Tensor {
  return quotient([a, b], likeOf(a));
}
