/**
 * Decoding by ffmpeg compiled to WebAssembly (`@ffmpeg/core`, GPL-2.0-or-later), for machines without
 * ffmpeg. It runs in the calling thread and only in a worker, since it needs a `location`.
 *
 * @module
 */

import { messageOf, PlaceError } from "../errors.ts";
import { type FfmpegEngine, type FfmpegSession, sourceExtension } from "./ffmpeg.ts";
import type { VideoSource } from "./ffmpeg.ts";

/** What is used of Emscripten's file system. */
interface FileNode {
  id: number;
  mode: number;
  node_ops: Record<string, unknown>;
  stream_ops: Record<string, unknown>;
}

/** What is used of the core; the package has no types of its own. */
interface FfmpegCore {
  ret: number;
  readonly FS: {
    writeFile(path: string, data: Uint8Array): void;
    lookupPath(path: string): { node: FileNode };
  };
  setLogger(log: (entry: { type: string; message: string }) => void): void;
  exec(...args: string[]): number;
  ffprobe(...args: string[]): number;
  reset(): void;
}

type CreateCore = (options: {
  instantiateWasm(
    imports: WebAssembly.Imports,
    done: (instance: WebAssembly.Instance, module: WebAssembly.Module) => void,
  ): Record<string, never>;
}) => Promise<FfmpegCore>;

/** The version of `@ffmpeg/core` that is imported below. */
export const CORE_VERSION = "0.12.10";

let compiled: Promise<WebAssembly.Module> | undefined;

/**
 * The core's module, compiled once a process; workers take it by message.
 *
 * @throws PlaceError where the package cannot be had.
 */
export function compileCore(): Promise<WebAssembly.Module> {
  compiled ??= (async () => {
    try {
      const url = import.meta.resolve("npm:@ffmpeg/core@0.12.10/wasm");
      await import("npm:@ffmpeg/core@0.12.10");
      return await WebAssembly.compile(await Deno.readFile(new URL(url)));
    } catch (error) {
      compiled = undefined;
      throw new PlaceError(
        `npm:@ffmpeg/core cannot be loaded (${messageOf(error)}); ` +
          "install ffmpeg, or run once with access to the npm registry",
      );
    }
  })();
  return compiled;
}

/** An engine over a compiled core. Every video gets a fresh instance: one is good for 98 runs only. */
export function wasmEngine(module: WebAssembly.Module): FfmpegEngine {
  return {
    name: "wasm",
    async open(source: VideoSource): Promise<FfmpegSession> {
      const { default: create } = await import("npm:@ffmpeg/core@0.12.10") as unknown as {
        default: CreateCore;
      };
      const core = await create({
        instantiateWasm(imports, done) {
          WebAssembly.instantiate(module, imports).then((instance) => done(instance, module));
          return {};
        },
      });
      return new WasmSession(core, source);
    },
  };
}

class WasmSession implements FfmpegSession {
  readonly input: string;
  readonly #core: FfmpegCore;
  readonly #file: Deno.FsFile | undefined;
  #onOutput: (chunk: Uint8Array) => void = () => {};

  constructor(core: FfmpegCore, source: VideoSource) {
    this.#core = core;
    const path = `/in${sourceExtension(source)}`;
    this.input = `file:${path}`;
    if ("bytes" in source) core.FS.writeFile(path, source.bytes);
    else this.#file = this.#mount(path, source.path);
    this.#sink("/out");
  }

  /** Makes a file of the host appear in place: a video may be larger than WebAssembly's memory. */
  #mount(path: string, host: string, options: Deno.OpenOptions = {}): Deno.FsFile {
    const file = Deno.openSync(host, { read: true, ...options }), epoch = new Date(0);
    const size = () => file.statSync().size;
    this.#core.FS.writeFile(path, new Uint8Array(0));
    const { node } = this.#core.FS.lookupPath(path);
    node.node_ops = {
      ...node.node_ops,
      getattr: ({ id, mode }: FileNode) => ({
        ...{ dev: 1, ino: id, mode, nlink: 1, uid: 0, gid: 0, rdev: 0, size: size() },
        ...{ atime: epoch, mtime: epoch, ctime: epoch, blksize: 4096 },
        blocks: Math.ceil(size() / 512),
      }),
    };
    node.stream_ops = {
      llseek: ({ position }: { position: number }, offset: number, whence: number) =>
        offset + (whence === 0 ? 0 : whence === 1 ? position : size()),
      read: (_: unknown, heap: Int8Array, offset: number, length: number, position: number) => {
        file.seekSync(position, Deno.SeekMode.Start);
        return file.readSync(new Uint8Array(heap.buffer, heap.byteOffset + offset, length)) ?? 0;
      },
      write: (_: unknown, heap: Int8Array, offset: number, length: number, position: number) => {
        file.seekSync(position, Deno.SeekMode.Start);
        return file.writeSync(new Uint8Array(heap.buffer, heap.byteOffset + offset, length));
      },
    };
    return file;
  }

  /** A file whose writes go to the output callback instead of memory. */
  #sink(path: string): void {
    this.#core.FS.writeFile(path, new Uint8Array(0));
    const { node } = this.#core.FS.lookupPath(path);
    node.stream_ops = {
      llseek: (_: unknown, offset: number) => offset,
      write: (_: unknown, heap: Int8Array, offset: number, length: number) => {
        this.#onOutput(new Uint8Array(heap.buffer, heap.byteOffset + offset, length));
        return length;
      },
    };
  }

  // deno-lint-ignore require-await -- the interface is asynchronous; a core is not
  async write(args: readonly string[], output: string): Promise<{ failed: boolean; log: string }> {
    using _ = this.#mount("/new", output, { write: true });
    return this.#exec("ffmpeg", [...args, "file:/new"], () => {});
  }

  // deno-lint-ignore require-await -- as above
  async run(
    program: "ffmpeg" | "ffprobe",
    args: readonly string[],
    onOutput: (chunk: Uint8Array) => void,
  ): Promise<{ failed: boolean; log: string }> {
    return this.#exec(program, program === "ffmpeg" ? [...args, "file:/out"] : args, onOutput);
  }

  #exec(
    program: "ffmpeg" | "ffprobe",
    args: readonly string[],
    onOutput: (chunk: Uint8Array) => void,
  ): { failed: boolean; log: string } {
    const log: string[] = [], text = new TextEncoder();
    this.#onOutput = onOutput;
    this.#core.setLogger(({ type, message }) => {
      if (type === "stdout") onOutput(text.encode(message + "\n"));
      else log.push(message);
    });
    try {
      if (program === "ffmpeg") this.#core.exec(...args);
      else this.#core.ffprobe(...args);
      // ffprobe always reports -1 here; what it printed tells.
      return { failed: program === "ffmpeg" && this.#core.ret !== 0, log: log.join("\n") };
    } catch (error) {
      // Besides what a core dies of, what a file of the host refuses, such as a full disk.
      if (!(error instanceof Error)) throw error;
      return { failed: true, log: [error.message, ...log].join("\n") };
    } finally {
      this.#core.reset();
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#file?.close();
    return Promise.resolve();
  }
}
