/**
 * Dropout.
 *
 * @module
 */
import source from "../../kernels/random/dropout.wgsl" with { type: "text" };
import type { Random } from "../tensor/random.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import { defineOp } from "./define.ts";
import { pointwiseGroups } from "./grid.ts";

const kernel = { name: "dropout", source };

interface Attributes {
  readonly rate: number;
  readonly random: Random;
}

function launch(x: Tensor, { rate, random: { seed, stream } }: Attributes): Tensor {
  const { device, shape, size } = x;
  const y = empty(device, "f32", shape, "dropout");
  const n = Math.ceil(size / 4), [purpose, a = 0, b = 0] = stream;
  device.launch({
    kernel,
    entry: "forward",
    bind: { x, y },
    params: { n, least: Math.ceil(rate * 2 ** 24), scale: 1 / (1 - rate), seed, purpose, a, b },
    groups: pointwiseGroups(device, n),
  });
  return y;
}

const op = defineOp<[Tensor], Attributes>({
  name: "dropout",
  forward: ([x], attributes) => launch(x, attributes),
  // The mask is drawn once more: the same numbers come out.
  gradient: (dy, { attributes }) => [launch(dy, attributes)],
});

/**
 * Sets each element to 0 with the probability `rate`, and divides the others by `1 - rate` (Srivastava
 * et al., 2014). Element i stays where the i-th `uniform()` of the stream, from its beginning, is at
 * least `rate`.
 *
 * @param rate At least 0 and below 1; 0 gives `x` itself.
 * @param random Names the stream; nothing is drawn from it.
 * @throws {RangeError} if the rate is out of range.
 */
export function dropout(x: Tensor, rate: number, random: Random): Tensor {
  if (!(rate >= 0 && rate < 1)) throw new RangeError(`dropout: a rate of ${rate}`);
  return rate === 0 ? x : op([x], { rate, random });
}
