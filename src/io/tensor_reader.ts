/**
 * What weights are read from.
 *
 * @module
 */
import type { TensorInfo } from "./safetensors_header.ts";

/**
 * Tensors by name: those of one safetensors file, or of several that hold a model together. Anything of
 * this form will do, wherever its bytes are.
 */
export interface TensorReader {
  /** What error messages call it: a path, mostly. */
  readonly label: string;
  /** Names of the tensors, sorted. */
  readonly names: readonly string[];
  /**
   * Element type and shape of a tensor.
   *
   * @throws {UserError} if there is no such tensor.
   */
  info(name: string): Pick<TensorInfo, "dtype" | "shape">;
  /**
   * Reads a run of a tensor's elements as f32, in row-major order, so that large tensors need not be in
   * memory as a whole.
   *
   * @param first The first element of the run.
   * @param target Filled with the run; its length is the number of elements.
   * @throws {UserError} if the file can no longer be read.
   */
  readF32Into(name: string, first: number, target: Float32Array<ArrayBuffer>): Promise<void>;
}

/** A JSON text that describes a model, as it lies beside its weights. */
export interface Description {
  /** What error messages call it: its path, mostly. */
  readonly label: string;
  /** What it says. */
  readonly json: unknown;
}
