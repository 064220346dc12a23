/**
 * A WebGPU device with what the runtime keeps on it: buffer pool, command stream, compiled kernels.
 *
 * @module
 */
import { DeviceLostError, type GpuError, OutOfMemoryError, ValidationError } from "./errors.ts";
import { type BufferBinding, type Compiled, type Kernel, PipelineCache } from "./pipeline.ts";
import { BufferPool, type MemoryUse } from "./pool.ts";
import type { KernelTime, Profile } from "./profile.ts";
import { Profiler } from "./profiler.ts";
import type { Provider, ProviderName } from "./provider.ts";
import type { Specialisation } from "./shader.ts";
import { Stream, SUBMIT_AFTER } from "./stream.ts";

/** What a device offers, as far as kernels and people ask for it. */
export interface DeviceInfo {
  /** The implementation of WebGPU. */
  readonly provider: ProviderName;
  /** The name that the adapter gives itself. */
  readonly adapter: string;
  /** Runs on the CPU (lavapipe, SwiftShader, WARP). */
  readonly software: boolean;
  /** WebGPU features that the device was opened with. */
  readonly features: ReadonlySet<string>;
  /** Lanes of a subgroup where every one has the same number; undefined without usable subgroups. */
  readonly subgroupSize: number | undefined;
  /** Most workgroups in one dimension of a dispatch. */
  readonly maxWorkgroups: number;
  /** Most lanes of a workgroup. */
  readonly maxInvocations: number;
  /** Most bytes of workgroup memory. */
  readonly maxWorkgroupStorage: number;
}

/** One dispatch: a kernel's entry point with its tensors, parameters and workgroup counts. */
export interface Launch {
  /** The kernel file. */
  readonly kernel: Kernel;
  /** The entry point in it. */
  readonly entry: string;
  /** Values for the kernel's `const` and `alias` declarations. */
  readonly consts?: Specialisation;
  /** What each storage variable of the entry point is bound to, by its WGSL name. */
  readonly bind: Readonly<Record<string, BufferBinding>>;
  /** Values of the fields of `Params`. */
  readonly params?: Readonly<Record<string, number>>;
  /** Workgroups in x, y, z. A launch with a zero does nothing. */
  readonly groups: readonly [number, number?, number?];
  /** Floating-point operations that the kernel spends, for profiles; without it, it is judged by its bytes. */
  readonly flops?: number;
}

/** Options of {@link Device}. */
export interface DeviceOptions {
  /** Most bytes of GPU memory to use. */
  readonly memoryBudget: number;
  /** Time every dispatch: see {@link Device.profile}. */
  readonly profile?: boolean;
}

/**
 * A device. Work is recorded by {@link Device.launch} and runs in order; nothing waits for the GPU
 * until {@link Device.read} or {@link Device.idle}. Make one with `openDevice()`.
 */
export class Device {
  /** The storage buffers of the device. */
  readonly pool: BufferPool;
  readonly #stream: Stream;
  readonly #pipelines: PipelineCache;
  readonly #profiler?: Profiler;
  #failure?: GpuError;
  #closed = false;

  /** Wraps a WebGPU device; `openDevice()` opens one. */
  constructor(
    readonly gpu: GPUDevice,
    readonly info: DeviceInfo,
    private readonly provider: Provider,
    options: DeviceOptions,
  ) {
    this.#profiler = options.profile && gpu.features.has("timestamp-query")
      ? new Profiler(gpu, SUBMIT_AFTER, provider.wait)
      : undefined;
    this.#stream = new Stream(gpu, this.#profiler);
    this.#pipelines = new PipelineCache(gpu, () => this.#stream.arena);
    this.pool = new BufferPool(gpu, options.memoryBudget, () => this.#stream.serial, () => {
      this.#stream.submit();
      this.#pipelines.dropBindGroups();
    });
    gpu.lost.then(({ reason, message }) => {
      if (this.#closed) return;
      this.#failure = new DeviceLostError(`the device was lost (${reason}): ${message}`, "");
    });
    gpu.addEventListener("uncapturederror", (event) => {
      event.preventDefault();
      this.#failure ??= typed((event as GPUUncapturedErrorEvent).error);
    });
  }

  /** GPU memory in use, in bytes. */
  get memory(): MemoryUse {
    return this.pool.use;
  }

  /** Submits so far. */
  get submits(): number {
    return this.#stream.submits;
  }

  /**
   * Records one dispatch.
   *
   * @throws {ValidationError} if a binding or parameter is missing, f16 meets a kernel that takes something
   *   else or the reverse, a buffer that the kernel writes is bound twice, or a workgroup count is too
   *   large.
   * @throws {GpuError} the failure of an earlier command, once it is known.
   */
  launch({ kernel, entry, consts = {}, bind, params = {}, groups, flops = 0 }: Launch): void {
    if (this.#failure) throw this.#failure;
    const [x, y = 1, z = 1] = groups;
    if (x === 0 || y === 0 || z === 0) return;
    const most = this.info.maxWorkgroups;
    if (!(Math.max(x, y, z) <= most)) {
      throw new ValidationError(`${x} x ${y} x ${z} workgroups, over ${most}`, kernel.name);
    }
    const compiled = this.#pipelines.get(kernel, entry, consts);
    const { label, pipeline, storage, uniform } = compiled;
    const buffers: BufferBinding[] = [];
    for (const { name, half } of storage) {
      const bound = bind[name];
      if (!bound) throw new ValidationError(`nothing is bound to "${name}"`, label);
      if (half !== (bound.dtype === "f16")) {
        const is = bound.dtype ?? "untyped", wanted = half ? "f16" : "no f16";
        throw new ValidationError(`"${name}" is bound to ${is}, but takes ${wanted}`, label);
      }
      buffers.push(bound);
    }
    const group = this.#pipelines.bindGroup(compiled, buffers);
    const hasParams = uniform !== undefined;
    if (hasParams) this.#fillSlot(compiled, params);
    this.#profiler?.cost(flops, buffers);
    this.#stream.dispatch(label, pipeline, group, hasParams, x, y, z);
  }

  /** Writes the fields of `Params` where the next dispatch finds them. */
  #fillSlot({ params, label }: Compiled, values: Readonly<Record<string, number>>): void {
    const { words, floats, slot } = this.#stream;
    for (let i = 0, at = slot / 4; i < params.length; i++, at++) {
      const { name, type } = params[i];
      const value = values[name];
      if (type === "f32" && value !== undefined) floats[at] = value;
      else if (value === (type === "u32" ? value >>> 0 : value | 0)) words[at] = value;
      else {
        const fault = value === undefined ? "missing" : `${value}, which is no ${type}`;
        throw new ValidationError(`parameter "${name}" is ${fault}`, label);
      }
    }
  }

  /** Copies bytes between two buffers, in order with the dispatches; multiples of 4. */
  copy(
    from: BufferBinding,
    fromOffset: number,
    to: BufferBinding,
    toOffset: number,
    bytes: number,
  ) {
    this.#stream.copy(from.buffer.gpu, fromOffset, to.buffer.gpu, toOffset, bytes);
  }

  /** Sets a buffer to zero, in order with the dispatches. */
  clear({ buffer, bytes }: BufferBinding): void {
    this.#stream.clear(buffer.gpu, bytes);
  }

  /**
   * Writes host bytes into a buffer that was acquired `forHost`.
   *
   * @param offset Where in the buffer they begin, in bytes: a multiple of 4.
   */
  write({ buffer }: BufferBinding, data: ArrayBufferView<ArrayBuffer>, offset = 0): void {
    const whole = data.byteLength & ~3;
    this.gpu.queue.writeBuffer(buffer.gpu, offset, data.buffer, data.byteOffset, whole);
    if (whole === data.byteLength) return;
    const tail = new Uint8Array(4);
    tail.set(new Uint8Array(data.buffer, data.byteOffset + whole, data.byteLength - whole));
    this.gpu.queue.writeBuffer(buffer.gpu, offset + whole, tail);
  }

  /** Submits what was recorded, without waiting. */
  submit(): void {
    this.#stream.submit();
  }

  /**
   * Reads `bytes` bytes of a buffer once everything recorded so far has run.
   *
   * @throws {GpuError} if an earlier command failed.
   */
  async read({ buffer }: BufferBinding, bytes: number): Promise<ArrayBuffer> {
    if (bytes === 0) return new ArrayBuffer(0);
    const size = Math.ceil(bytes / 4) * 4;
    const staging = this.gpu.createBuffer({
      size,
      usage: 0x01 /* MAP_READ */ | 0x08,
      label: "read",
    });
    try {
      this.#stream.copy(buffer.gpu, 0, staging, 0, size);
      this.#stream.submit();
      await this.#wait(staging.mapAsync(1)).catch(async ({ message }) => {
        // The reason (a lost device, an invalid command) is an event that may come a moment later.
        await new Promise((resume) => setTimeout(resume, 1));
        throw this.#failure ?? new ValidationError(message, "read");
      });
      if (this.#failure) throw this.#failure;
      return staging.getMappedRange().slice(0, bytes);
    } finally {
      staging.destroy();
    }
  }

  /** Waits until everything recorded so far has run. Throws an earlier command's failure. */
  async idle(): Promise<void> {
    this.#stream.submit();
    await this.#wait(this.gpu.queue.onSubmittedWorkDone());
    if (this.#failure) throw this.#failure;
  }

  /** Waits for the GPU, in sight of the profiler. */
  #wait<T>(promise: Promise<T>): Promise<T> {
    return this.provider.wait(this.#profiler?.waiting(promise) ?? promise);
  }

  /**
   * Waits until everything recorded so far has run, and says what happened since the last call. Undefined
   * without `profile`, and where the adapter has no timestamps.
   */
  async profile(): Promise<Profile | undefined> {
    await this.idle();
    return this.#profiler && await this.provider.wait(this.#profiler.report());
  }

  /** The `kernels` of {@link Device.profile}: time by kernel since the last call, costliest first. */
  async kernelTimes(): Promise<readonly KernelTime[]> {
    return (await this.profile())?.kernels ?? [];
  }

  /** Destroys the device. Only for who opened it: a library never closes a device it was handed. */
  close(): void {
    this.#closed = true;
    this.#failure = new DeviceLostError("the device was closed", "");
    this.#profiler?.destroy();
    this.gpu.destroy();
  }

  /** As {@link Device.close}. */
  [Symbol.dispose](): void {
    this.close();
  }
}

/** How Dawn and wgpu quote labels: the kernel's if there is one, else the buffer's (its first user). */
const LABELS = [
  /\[(?:Invalid )?(?:BindGroup|ComputePipeline|ShaderModule)\w* "+([^"]+)"/,
  /\[(?:Invalid )?Buffer\w* "+([^"]+)"/,
  /(?:Shader|with|label =) '([^']+)'/,
];

/** An uncaptured WebGPU error as a typed one; the labels in its message name the op. */
function typed({ constructor, message }: GPUError): GpuError {
  const op = LABELS.map((label) => message.match(label)?.[1]).find(Boolean) ?? "";
  return constructor.name === "GPUOutOfMemoryError"
    ? new OutOfMemoryError(message.trim(), op)
    : new ValidationError(message.trim(), op);
}
