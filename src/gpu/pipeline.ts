/**
 * Compiled kernels and their bind groups, each made once.
 *
 * @module
 */
import { ValidationError } from "./errors.ts";
import type { PooledBuffer } from "./pool.ts";
import {
  type BindingDeclaration,
  type EntryPoint,
  type ParamField,
  readInterface,
  type Specialisation,
  specialise,
} from "./shader.ts";
import { Trie } from "./trie.ts";

/** Bind groups that are kept. */
const MOST_GROUPS = 16384;

/** Bytes of one `Params` slot: the largest alignment of dynamic offsets that WebGPU allows. */
export const SLOT = 256;

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
  readonly params: readonly ParamField[];
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
  readonly storage: readonly BindingDeclaration[];
  /** The binding of `Params`, if the entry point reads them. */
  readonly uniform: number | undefined;
}

/** A buffer to bind, with the bytes of it that the tensor covers. */
export interface BufferBinding {
  /** The buffer. */
  readonly buffer: PooledBuffer;
  /** Bytes of it, from its start. */
  readonly bytes: number;
  /** Type of its elements, where it has one: what is f16 and what a kernel takes for f16 must agree. */
  readonly dtype?: string;
}

/** Compiles kernels on first use. */
export class PipelineCache {
  /**
   * By the kernel's text, so that two kernels of one name stay apart; then by the entry point, and the names
   * and values of the specialisation.
   */
  readonly #compiled = new Trie<Compiled>();
  /** By the compiled entry point, and the buffers and their bytes. */
  #groups = new Trie<GPUBindGroup>();
  #groupCount = 0;
  #nextId = 1;

  constructor(private readonly gpu: GPUDevice, private readonly arena: () => GPUBuffer) {}

  /**
   * The compiled entry point of a kernel under a specialisation.
   *
   * @throws {ValidationError} if the kernel has no such entry point, `const` or `alias`.
   */
  get(kernel: Kernel, entryName: string, values: Specialisation): Compiled {
    let found = this.#compiled.at(kernel.source).at(entryName);
    for (const name in values) found = found.at(name).at(values[name]);
    return found.value ??= this.#compile(kernel, entryName, values);
  }

  /**
   * The bind group of `compiled` over `buffers`, in the order of `compiled.storage`.
   *
   * @throws {ValidationError} if a buffer that the kernel writes is bound twice.
   */
  bindGroup(compiled: Compiled, buffers: readonly BufferBinding[]): GPUBindGroup {
    let found = this.#groups.at(compiled.id);
    for (const { buffer, bytes } of buffers) found = found.at(buffer.id).at(bytes);
    return found.value ??= this.#bind(compiled, buffers);
  }

  /** Forgets every bind group: call it when buffers are destroyed. */
  dropBindGroups(): void {
    this.#groups = new Trie();
    this.#groupCount = 0;
  }

  #bind(compiled: Compiled, buffers: readonly BufferBinding[]): GPUBindGroup {
    rejectAliases(compiled, buffers);
    const { label, layout, storage, uniform } = compiled;
    const entries: GPUBindGroupEntry[] = storage.map(({ binding }, i) => ({
      binding,
      resource: { buffer: buffers[i].buffer.gpu, size: buffers[i].bytes },
    }));
    if (uniform !== undefined) {
      entries.push({ binding: uniform, resource: { buffer: this.arena(), size: SLOT } });
    }
    // Buffers recur from step to step; a run whose shapes never repeat must not grow without bound.
    if (++this.#groupCount > MOST_GROUPS) this.dropBindGroups();
    return this.gpu.createBindGroup({ label, layout, entries });
  }

  #compile(kernel: Kernel, entryName: string, values: Specialisation): Compiled {
    let label = `${kernel.name}.${entryName}`;
    for (const name in values) label += `,${name}=${values[name]}`;
    const { code, params, entry } = read(kernel, entryName, values, label);
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
      params,
      pipeline,
      layout,
      storage: entry.bindings.filter((b) => b.type !== "uniform"),
      uniform: entry.bindings.find((b) => b.type === "uniform")?.binding,
    };
  }
}

/** Specialises a kernel and reads its interface. */
function read(kernel: Kernel, entryName: string, values: Specialisation, label: string): {
  code: string;
  params: readonly ParamField[];
  entry: EntryPoint;
} {
  try {
    const code = specialise(kernel.source, values);
    const { params, entries } = readInterface(code);
    const entry = entries.get(entryName);
    if (!entry) throw new Error(`the kernel has no entry point "${entryName}"`);
    return { code, params, entry };
  } catch (cause) {
    throw new ValidationError((cause as Error).message, label);
  }
}

/** WebGPU forbids it too, but its message does not name the kernel, and comes late. */
function rejectAliases({ storage, label }: Compiled, buffers: readonly BufferBinding[]): void {
  storage.forEach((written, i) => {
    if (written.type !== "storage") return;
    const twin = storage.find((_, j) => j !== i && buffers[j].buffer === buffers[i].buffer);
    if (!twin) return;
    throw new ValidationError(
      `"${written.name}", which is written, and "${twin.name}" are bound to one buffer`,
      label,
    );
  });
}
