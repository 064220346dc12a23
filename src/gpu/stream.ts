/**
 * One command stream: dispatches and copies in the order in which they were recorded.
 *
 * @module
 */
import type { Profiler } from "./profiler.ts";

/** Bytes of one `Params` slot: the largest alignment of dynamic offsets that WebGPU allows. */
export const SLOT = 256;
const SLOTS = 1024;
/** Dispatches after which the stream is submitted, so that the GPU works while the host records. */
const SUBMIT_AFTER = 256;

/** Records commands and submits them in few, large pieces. */
export class Stream {
  /** Uniform arena that holds the `Params` of every dispatch of the unsubmitted stream. */
  readonly arena: GPUBuffer;
  /** Number of the stream that is being recorded; a submit starts the next. */
  serial = 0;
  /** Submits so far. */
  submits = 0;
  #staging = new ArrayBuffer(SLOTS * SLOT);
  #bytes = new Uint8Array(this.#staging);
  #used = 0;
  #encoder?: GPUCommandEncoder;
  #pass?: GPUComputePassEncoder;
  #dispatches = 0;

  constructor(private readonly gpu: GPUDevice, private readonly profiler?: Profiler) {
    this.arena = gpu.createBuffer({
      size: SLOTS * SLOT,
      usage: 0x40 /* UNIFORM */ | 0x08, /* COPY_DST */
      label: "params",
    });
  }

  /** Copies `params` into the arena and returns the dynamic offset of its slot. */
  slot(params: ArrayBuffer): number {
    if (this.#used === SLOTS) this.submit();
    const offset = this.#used++ * SLOT;
    this.#bytes.set(new Uint8Array(params), offset);
    return offset;
  }

  /** Records one dispatch. `offset` is the slot of its `Params`, if it has any. */
  dispatch(
    name: string,
    pipeline: GPUComputePipeline,
    bindGroup: GPUBindGroup,
    offset: number | undefined,
    groups: readonly [number, number, number],
  ): void {
    if (this.profiler) this.#endPass();
    const pass = this.#pass ??= this.#begin().beginComputePass(this.profiler?.pass(name));
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, bindGroup, offset === undefined ? [] : [offset]);
    pass.dispatchWorkgroups(...groups);
    if (++this.#dispatches >= SUBMIT_AFTER || this.profiler?.full) this.submit();
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
    const collect = this.profiler?.resolve(this.#encoder);
    // The write lands before the whole stream, which is why a slot is never written twice in it.
    if (this.#used) this.gpu.queue.writeBuffer(this.arena, 0, this.#staging, 0, this.#used * SLOT);
    this.gpu.queue.submit([this.#encoder.finish()]);
    this.#encoder = undefined;
    this.#used = this.#dispatches = 0;
    this.serial++;
    this.submits++;
    collect?.();
  }

  #begin(): GPUCommandEncoder {
    return this.#encoder ??= this.gpu.createCommandEncoder();
  }

  #endPass(): void {
    this.#pass?.end();
    this.#pass = undefined;
  }
}
