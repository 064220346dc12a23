/**
 * One command stream: dispatches and copies in the order in which they were recorded.
 *
 * @module
 */
import { SLOT } from "./pipeline.ts";
import type { Profiler } from "./profiler.ts";

/** Dispatches after which the stream is submitted, so that the GPU works while the host records. */
export const SUBMIT_AFTER = 256;

/** Records commands and submits them in few, large pieces. */
export class Stream {
  /** Uniform arena that holds the `Params` of every dispatch of the unsubmitted stream. */
  readonly arena: GPUBuffer;
  /** Number of the stream that is being recorded; a submit starts the next. */
  serial = 0;
  /** Submits so far. */
  submits = 0;
  /** The arena as the next submit will write it, in words and in floats. */
  readonly words = new Uint32Array(SUBMIT_AFTER * SLOT / 4);
  readonly floats = new Float32Array(this.words.buffer);
  #dispatches = 0;
  /** The dynamic offset of a dispatch, in one array for all. */
  readonly #offset = [0];
  #encoder?: GPUCommandEncoder;
  #pass?: GPUComputePassEncoder;
  /** What the pass has set. */
  #pipeline?: GPUComputePipeline;

  constructor(private readonly gpu: GPUDevice, private readonly profiler?: Profiler) {
    this.arena = gpu.createBuffer({
      size: this.words.byteLength,
      usage: 0x40 /* UNIFORM */ | 0x08, /* COPY_DST */
      label: "params",
    });
  }

  /** Offset in bytes of the slot for the `Params` of the next dispatch. */
  get slot(): number {
    return this.#dispatches * SLOT;
  }

  /** Records one dispatch of x * y * z workgroups; `hasParams` if its slot holds `Params`. */
  dispatch(
    name: string,
    pipeline: GPUComputePipeline,
    bindGroup: GPUBindGroup,
    hasParams: boolean,
    x: number,
    y: number,
    z: number,
  ): void {
    if (this.profiler) this.#endPass();
    const pass = this.#pass ??= this.#begin().beginComputePass(this.profiler?.pass(name));
    if (pipeline !== this.#pipeline) pass.setPipeline(this.#pipeline = pipeline);
    if (hasParams) {
      this.#offset[0] = this.slot;
      pass.setBindGroup(0, bindGroup, this.#offset);
    } else pass.setBindGroup(0, bindGroup);
    if (y === 1 && z === 1) pass.dispatchWorkgroups(x); // a fifth less
    else pass.dispatchWorkgroups(x, y, z);
    if (++this.#dispatches === SUBMIT_AFTER) this.submit();
  }

  /** Records a copy between buffers; sizes and offsets are multiples of 4 bytes. */
  copy(from: GPUBuffer, fromOffset: number, to: GPUBuffer, toOffset: number, bytes: number): void {
    this.#endPass();
    this.#begin().copyBufferToBuffer(from, fromOffset, to, toOffset, bytes);
  }

  /** Sets `bytes` bytes of a buffer to zero. */
  clear(buffer: GPUBuffer, bytes: number): void {
    this.#endPass();
    this.#begin().clearBuffer(buffer, 0, bytes);
  }

  /** Submits what was recorded, if anything. */
  submit(): void {
    if (!this.#encoder) return;
    this.#endPass();
    this.profiler?.resolve(this.#encoder);
    // The write lands before the whole stream, which is why a slot is never written twice in it.
    if (this.slot) this.gpu.queue.writeBuffer(this.arena, 0, this.words, 0, this.slot / 4);
    const commands = this.#encoder.finish(), now = performance.now();
    this.gpu.queue.submit([commands]);
    this.profiler?.submitted(now);
    this.#encoder = undefined;
    this.#dispatches = 0;
    this.serial++;
    this.submits++;
  }

  #begin(): GPUCommandEncoder {
    if (!this.#encoder) this.profiler?.begin();
    return this.#encoder ??= this.gpu.createCommandEncoder();
  }

  #endPass(): void {
    this.#pass?.end();
    this.#pass = this.#pipeline = undefined;
  }
}
