/**
 * The peers, each run in a process of its own, so that none disturbs another. `peers/child.ts` describes
 * the conversation.
 *
 * @module
 */
import type { ProviderName } from "../../src/gpu/provider.ts";
import type { TimedRow } from "./rows.ts";

/** A peer and how its process starts. */
export interface Peer {
  readonly name: string;
  /** Whether it has what the row asks for. */
  serves(row: TimedRow): boolean;
  /** The program and its arguments. */
  command(row: string, provider: ProviderName): [string, ...string[]];
}

const file = (name: string) => new URL(`peers/${name}`, import.meta.url);
// The peers have a lock of their own: what stands in the project's is fetched on every new machine.
const lock = `--lock=${decodeURIComponent(file("deno.lock").pathname)}`;
const deno = (name: string, backend: string): Peer["command"] => (row, provider) => [
  Deno.execPath(),
  ...["run", "-A", "--quiet", "--no-check", lock, file(name).href, row, backend, provider],
];
const products = ({ kind }: TimedRow) => kind === "matmul" || kind === "block";
// This project alone is timed with f16 activations: beside itself in f32.
const half = (row: TimedRow) => row.kind === "step" && row.precision === "amp";
const steps = (row: TimedRow) => products(row) || row.kind === "step" && !half(row);
const layers = (row: TimedRow) => products(row) || row.kind === "conv";
const forwardOnly = (row: TimedRow) => products(row) && !(row.kind === "block" && row.backward);

const python = (...options: string[]): Peer["command"] => (row) => [
  "python3",
  ...[decodeURIComponent(file("pytorch.py").pathname), row, ...options],
];

/** Every peer. */
export const PEERS: readonly Peer[] = [
  { name: "jax-js webgpu", serves: steps, command: deno("jax.ts", "webgpu") },
  { name: "tfjs webgpu", serves: layers, command: deno("tfjs.ts", "webgpu") },
  { name: "onnxruntime webgpu", serves: forwardOnly, command: deno("onnxruntime.ts", "webgpu") },
  { name: "jax-js wasm", serves: steps, command: deno("jax.ts", "wasm") },
  { name: "onnxruntime wasm", serves: forwardOnly, command: deno("onnxruntime.ts", "wasm") },
  {
    name: "pytorch cpu",
    serves: (row) => row.kind !== "spectral" && !half(row),
    command: python(),
  },
  // What the original calls for its eigenvectors; `pytorch cpu` calls eigh.
  { name: "pytorch cpu svd", serves: ({ kind }) => kind === "eigen", command: python("svd") },
];

/**
 * PyTorch's matrix product beside a row that the original was timed at on another machine: it tells how fast
 * this one is.
 */
export const YARDSTICK: Peer = {
  name: "torch.matmul 1024³",
  serves: (row) => "originalMs" in row,
  command: (_, provider) => python()("matmul_1024", provider),
};

/** Why a peer does not take part, for people. */
export class AbsentError extends Error {}

/** Seconds until a silent peer is given up; the first line comes after it is loaded and warmed up. */
const PATIENCE = 900;

/** A peer that has made a row ready. */
export class RunningPeer implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #lines: AsyncGenerator<string>;
  readonly #log: Promise<string>;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;

  private constructor(process: Deno.ChildProcess) {
    this.#process = process;
    this.#lines = lines(process.stdout);
    this.#log = new Response(process.stderr).text();
    this.#writer = process.stdin.getWriter();
  }

  /**
   * Starts a peer on a row.
   *
   * @throws {AbsentError} if it cannot take part.
   */
  static async start(peer: Peer, row: string, provider: ProviderName): Promise<RunningPeer> {
    const [program, ...args] = peer.command(row, provider);
    let process;
    try {
      process = new Deno.Command(program, {
        args,
        env: { NO_COLOR: "1" },
        stdin: "piped",
        stdout: "piped",
        stderr: "piped",
      }).spawn();
    } catch (error) {
      throw new AbsentError((error as Error).message);
    }
    const running = new RunningPeer(process);
    try {
      await running.#next();
      return running;
    } catch (error) {
      await running[Symbol.asyncDispose]();
      throw error;
    }
  }

  /**
   * Runs the row once and gives the milliseconds.
   *
   * @throws {AbsentError} if the peer fails.
   */
  async run(): Promise<number> {
    await this.#writer.write(new TextEncoder().encode("\n")).catch(() => {}); // next tells why
    return (await this.#next()).ms!;
  }

  /** The next line of the peer. */
  async #next(): Promise<{ ms?: number }> {
    const timer = setTimeout(() => this.#process.kill("SIGKILL"), PATIENCE * 1000);
    try {
      const { value } = await this.#lines.next();
      if (value === undefined) throw new AbsentError(await this.#lastWords());
      const said = JSON.parse(value);
      if (said.absent !== undefined) throw new AbsentError(said.absent.split("\n")[0]);
      return said;
    } finally {
      clearTimeout(timer);
    }
  }

  async #lastWords(): Promise<string> {
    const { code, signal } = await this.#process.status;
    const last = (await this.#log).trim().split("\n").at(-1);
    return `ended with ${signal ?? `code ${code}`}${last ? `: ${last}` : ""}`;
  }

  /** Ends the process. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writer.close().catch(() => {});
    await this.#lines.return(undefined);
    await this.#process.status;
    await this.#log;
  }
}

async function* lines(stream: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  let rest = "";
  for await (const chunk of stream.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + chunk).split("\n");
    rest = parts.pop()!;
    yield* parts;
  }
}
