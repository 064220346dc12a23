/**
 * onnxruntime-web on WebGPU and in WebAssembly, the latter on every core.
 *
 * @module
 */
import { BLOCK, noise, operandShapes, type Row } from "../rows.ts";
import { type Backend, type Run, servePeer, THREADS } from "./child.ts";
import { blockModel, matmulModel } from "./onnx.ts";

/** A tensor on the CPU or on the GPU. */
interface Tensor {
  dispose(): void;
}

/** What is used of the package. */
interface OnnxRuntime {
  readonly env: {
    logLevel: string;
    readonly wasm: { numThreads: number; wasmPaths: string };
    readonly webgpu: { readonly device: Promise<GPUDevice> };
  };
  readonly Tensor: {
    new (type: "float32", data: Float32Array, shape: readonly number[]): Tensor;
    fromGpuBuffer(buffer: GPUBuffer, options: { dims: readonly number[] }): Tensor;
  };
  readonly InferenceSession: {
    create(
      model: Uint8Array,
      options: { executionProviders: string[]; preferredOutputLocation?: string },
    ): Promise<{ run(inputs: Record<string, Tensor>): Promise<{ y: Tensor }> }>;
  };
}

// Named here, so that nothing but a run of this file fetches the package. Its main entry has the
// threads of Node's workers; its WebGPU entry is made for browsers.
const PACKAGE = "npm:onnxruntime-web@1.30.0";
const ENTRIES: Record<Backend, string> = { wasm: PACKAGE, webgpu: `${PACKAGE}/webgpu` };

await servePeer("onnxruntime-web 1.30.0", prepare);

async function prepare(row: Row, backend: Backend): Promise<Run> {
  const gpu = backend === "webgpu";
  if (gpu) acceptSharedMemory();
  const ort: OnnxRuntime = await import(ENTRIES[backend]);
  ort.env.logLevel = "error";
  ort.env.wasm.wasmPaths = new URL("./", import.meta.resolve(ENTRIES[backend])).href;
  ort.env.wasm.numThreads = gpu ? 1 : THREADS;
  const session = await ort.InferenceSession.create(modelOf(row), {
    executionProviders: [backend],
    preferredOutputLocation: gpu ? "gpu-buffer" : undefined,
  });
  const device = gpu ? await ort.env.webgpu.device : undefined;
  const tensor = (dims: readonly number[]) => {
    const data = noise(dims[0] * dims[1]);
    if (!device) return new ort.Tensor("float32", data, dims);
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC;
    const buffer = device.createBuffer({ size: data.byteLength, usage });
    device.queue.writeBuffer(buffer, 0, data);
    return ort.Tensor.fromGpuBuffer(buffer, { dims });
  };
  const inputs: Record<string, Tensor> = {};
  if (row.kind === "matmul") [inputs.a, inputs.b] = operandShapes(row).map(tensor);
  else inputs.x = tensor([BLOCK.frames * BLOCK.tokens, BLOCK.width]);
  return async () => {
    const { y } = await session.run(inputs);
    await device?.queue.onSubmittedWorkDone();
    y.dispose();
  };
}

function modelOf(row: Row): Uint8Array {
  if (row.kind === "matmul") return matmulModel(row);
  if (row.kind === "block" && !row.backward) return blockModel();
  throw new Error(`onnxruntime-web is not asked for ${row.kind}, or has no gradients`);
}

/**
 * The library's memory is shared among its threads, and Dawn's binding refuses to write from shared
 * memory: such data is copied first.
 */
function acceptSharedMemory(): void {
  const { writeBuffer } = GPUQueue.prototype;
  GPUQueue.prototype.writeBuffer = function (buffer, offset, data, ...range) {
    const shared = ArrayBuffer.isView(data) && data.buffer instanceof SharedArrayBuffer;
    const own = shared
      ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice()
      : data;
    return writeBuffer.call(this, buffer, offset, own, ...range);
  };
}
