/**
 * The way of tensors from a file to a device, a piece at a time.
 *
 * @module
 */
import type { Device } from "../gpu/device.ts";
import type { TensorReader } from "../io/tensor_reader.ts";
import { outsideScopes } from "../tensor/scope.ts";
import { type Shape, sizeOf } from "../tensor/shape.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import type { Origin } from "./names.ts";

/** Elements that are read and uploaded at once: 4 MB. */
const PIECE = 2 ** 20;
/** Bytes of uploads after which to wait, since until then each lies in memory of its own beside its target. */
const WAIT_AFTER = 2 ** 24;

/** Changes elements on their way, in place, whatever part of the tensor they are. */
export type Adjust = (values: Float32Array<ArrayBuffer>) => void;

/** Loads tensors of f32 with little memory besides theirs: one piece, and what uploads wait for. */
export class TensorLoader {
  readonly #piece = new Float32Array(PIECE);
  #uploaded = 0;

  /** Loads from `file` to `device`. */
  constructor(private readonly device: Device, private readonly file: TensorReader) {}

  /**
   * A tensor of the file, on the device; it belongs to the caller.
   *
   * @param shape Its shape there, which has as many elements as the parts in the file.
   */
  async load(shape: Shape, origin: Origin, adjust?: Adjust): Promise<Tensor<"f32">> {
    const made = outsideScopes(this.device, () => empty(this.device, "f32", shape, "weights"));
    try {
      await this.fill(made, origin, adjust);
      return made;
    } catch (error) {
      made.dispose();
      throw error;
    }
  }

  /** Overwrites a tensor of f32, as {@link TensorLoader.load}. */
  async fill(target: Tensor, { parts, transposed }: Origin, adjust?: Adjust): Promise<void> {
    // A host write lands before all that is recorded and not yet submitted.
    this.device.submit();
    if (transposed) return await this.#fillTransposed(target, parts[0], adjust);
    let at = 0;
    for (const part of parts) {
      const size = sizeOf(this.file.info(part).shape);
      for (let first = 0; first < size; first += PIECE) {
        const piece = this.#piece.subarray(0, Math.min(PIECE, size - first));
        await this.file.readF32Into(part, first, piece);
        await this.#upload(target, piece, at + first, adjust);
      }
      at += size;
    }
  }

  async #fillTransposed(target: Tensor, part: string, adjust?: Adjust): Promise<void> {
    const [rows, columns] = target.shape;
    const theirs = new Float32Array(target.size), ours = new Float32Array(target.size);
    await this.file.readF32Into(part, 0, theirs);
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        ours[row * columns + column] = theirs[column * rows + row];
      }
    }
    await this.#upload(target, ours, 0, adjust);
  }

  async #upload(
    target: Tensor,
    values: Float32Array<ArrayBuffer>,
    first: number,
    adjust?: Adjust,
  ): Promise<void> {
    if (values.length === 0) return;
    adjust?.(values);
    this.device.write(target, values, first * 4);
    this.#uploaded += values.byteLength;
    if (this.#uploaded < WAIT_AFTER) return;
    await this.device.idle();
    this.#uploaded = 0;
  }
}
