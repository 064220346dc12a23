/**
 * Element types in which kernels store tensors.
 *
 * @module
 */
import type { Specialisation } from "../gpu/shader.ts";
import type { Tensor } from "../tensor/tensor.ts";

/**
 * Values of a kernel's storage aliases for the tensors that are bound there: those of f16, since a file
 * declares f32. Kernels compute in f32 whatever they store.
 *
 * @param tensors By the names of the aliases.
 * @param vectors Whether the kernel reads four elements at a time.
 *
 * @example
 * ```ts ignore
 * device.launch({ consts: { ...plan.consts, ...storageAliases({ X: x, Y: y }, vectors) }, ... });
 * ```
 */
export function storageAliases(
  tensors: Readonly<Record<string, Tensor | undefined>>,
  vectors: boolean,
): Specialisation {
  const values: Record<string, string> = {};
  for (const alias in tensors) {
    if (tensors[alias]?.dtype === "f16") values[alias] = vectors ? "vec4<f16>" : "f16";
  }
  return values;
}
