/**
 * Compiled kernels and their bind groups, each made once.
 *
 * @module
 */
import type { PooledBuffer } from "./pool.ts";
import {
  type EntryPoint,
  type ParamField,
  readInterface,
  type Specialisation,
  specialise,
} from "./shader.ts";
import { SLOT } from "./stream.ts";

/** A kernel file: the op's name and the text of its `.wgsl`. */
export interface Kernel {
  /** The op, as it stands in errors and profiles. */
  readonly name: string;
  /** WGSL. */
  readonly source: string;
}

/** A compiled entry point. */
export interface Compiled {
  readonly id: number;
  readonly label: string;
  readonly entry: EntryPoint;
  readonly params: readonly ParamField[];
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
  readonly storage: readonly string[];
  readonly uniform: number | undefined;
}

/** A buffer to bind, with the bytes of it that the tensor covers. */
export interface BufferBinding {
  /** The buffer. */
  readonly buffer: PooledBuffer;
  /** Bytes of it, from its start. */
  readonly bytes: number;
}

/** Compiles kernels on first use. */
export class PipelineCache {
  #compiled = new Map<string, Compiled>();
  #groups = new Map<string, GPUBindGroup>();
  #nextId = 1;

  constructor(private readonly gpu: GPUDevice, private readonly arena: () => GPUBuffer) {}

  /** The compiled entry point of a kernel under a specialisation. */
  get(kernel: Kernel, entryName: string, values: Specialisation): Compiled {
    let key = `${kernel.name}.${entryName}`;
    for (const name in values) key += `,${name}=${values[name]}`;
    let compiled = this.#compiled.get(key);
    if (!compiled) {
      this.#compiled.set(key, compiled = this.#compile(kernel, entryName, values, key));
    }
    return compiled;
  }

  /** The bind group of `compiled` over `buffers`, in the order of `compiled.storage`. */
  bindGroup(compiled: Compiled, buffers: readonly BufferBinding[]): GPUBindGroup {
    let key = String(compiled.id);
    for (const { buffer, bytes } of buffers) key += `,${buffer.id}:${bytes}`;
    let group = this.#groups.get(key);
    if (group) return group;
    const storage = compiled.entry.bindings.filter((b) => b.type !== "uniform");
    const entries: GPUBindGroupEntry[] = storage.map(({ binding }, i) => ({
      binding,
      resource: { buffer: buffers[i].buffer.gpu, size: buffers[i].bytes },
    }));
    if (compiled.uniform !== undefined) {
      entries.push({ binding: compiled.uniform, resource: { buffer: this.arena(), size: SLOT } });
    }
    group = this.gpu.createBindGroup({ label: compiled.label, layout: compiled.layout, entries });
    // Buffers recur from step to step; a run whose shapes never repeat must not grow without bound.
    if (this.#groups.size >= 16384) this.#groups.clear();
    this.#groups.set(key, group);
    return group;
  }

  /** Forgets every bind group: call it when buffers are destroyed. */
  dropBindGroups(): void {
    this.#groups.clear();
  }

  #compile(kernel: Kernel, entryName: string, values: Specialisation, label: string): Compiled {
    const code = specialise(kernel.source, values);
    const shader = readInterface(code);
    const entry = shader.entries.get(entryName);
    if (!entry) throw new Error(`${kernel.name} has no entry point "${entryName}"`);
    const layout = this.gpu.createBindGroupLayout({
      label,
      entries: entry.bindings.map((b) => ({
        binding: b.binding,
        visibility: 4, // GPUShaderStage.COMPUTE
        buffer: { type: b.type, hasDynamicOffset: b.type === "uniform" },
      })),
    });
    const pipeline = this.gpu.createComputePipeline({
      label,
      layout: this.gpu.createPipelineLayout({ bindGroupLayouts: [layout] }),
      compute: { module: this.gpu.createShaderModule({ label, code }), entryPoint: entryName },
    });
    return {
      id: this.#nextId++,
      label,
      entry,
      params: shader.params,
      pipeline,
      layout,
      storage: entry.bindings.filter((b) => b.type !== "uniform").map((b) => b.name),
      uniform: entry.bindings.find((b) => b.type === "uniform")?.binding,
    };
  }
}
