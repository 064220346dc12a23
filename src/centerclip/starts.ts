/**
 * How new parameters start.
 *
 * @module
 */
import type { Random } from "../tensor/random.ts";
import { type Shape, sizeOf } from "../tensor/shape.ts";
import type { NewParameter } from "./new_parameters.ts";

function drawn(shape: Shape, draw: (random: Random) => number): NewParameter {
  return {
    shape,
    init: ({ random }) => Float32Array.from({ length: sizeOf(shape) }, () => draw(random)),
  };
}

/** The same number everywhere. */
export function constant(shape: Shape, value: number): NewParameter {
  return { shape, init: () => new Float32Array(sizeOf(shape)).fill(value) };
}

/** Normally distributed around 0. */
export function normal(shape: Shape, deviation: number): NewParameter {
  return drawn(shape, (random) => deviation * random.normal());
}

/** Uniformly distributed between `-limit` and `limit`. */
export function uniform(shape: Shape, limit: number): NewParameter {
  return drawn(shape, (random) => limit * (2 * random.uniform() - 1));
}

/**
 * Elements of one of CLIP's tensors.
 *
 * @param name Its name without `clip.`.
 * @param from The first element to take; as many follow as the shape has.
 */
export function copy(shape: Shape, name: string, from = 0): NewParameter {
  return {
    shape,
    init: async ({ clip }) => (await clip(name)).slice(from, from + sizeOf(shape)),
  };
}
