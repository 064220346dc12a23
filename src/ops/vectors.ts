/**
 * Vectors of four.
 *
 * @module
 */

/** The element type of a kernel whose rows are `width` floats, and the width in it. */
export function vectorsOf(width: number): { T: "f32" | "vec4f"; width: number } {
  return width % 4 === 0 ? { T: "vec4f", width: width / 4 } : { T: "f32", width };
}
