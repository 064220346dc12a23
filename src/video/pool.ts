/**
 * Workers that run ffmpeg off the calling thread.
 *
 * @module
 */

import { PlaceError, UserError } from "../errors.ts";
import { endedTwice } from "./ended.ts";
import type { Engine } from "./engine.ts";
import { sourceName } from "./ffmpeg.ts";
import type { Reply, Request, Results, Work } from "./worker.ts";

/** When a worker did its work: milliseconds of `performance.now()`. */
export interface WorkTime {
  /** Its number in the pool, from 0. */
  readonly worker: number;
  readonly begin: number;
  readonly end: number;
}

interface Job {
  readonly work: () => Work;
  /** A worker has ended over it. */
  failed?: boolean;
  readonly onDone?: (time: WorkTime, result?: Results[keyof Results]) => void;
  readonly resolve: (result: Results[keyof Results]) => void;
  readonly reject: (error: Error) => void;
}

/** A pool of workers. It keeps the process alive until it is closed. */
export class WorkerPool implements Disposable {
  readonly #workers: Worker[];
  readonly #idle: Worker[] = [];
  readonly #queue: Job[] = [];
  readonly #running = new Map<Worker, { job: Job; name: string; begin: number }>();
  /** Why it was closed. */
  #closed: Error | undefined;
  /** A process that is ended at once, by a Ctrl-C, leaves no scratch folder. */
  readonly #onUnload = () => this.close();

  constructor(readonly engine: Engine, workers: number) {
    this.#workers = Array.from({ length: workers }, (_, i) => this.#start(i));
    this.#idle.push(...this.#workers);
    globalThis.addEventListener("unload", this.#onUnload);
  }

  /**
   * Has a worker do some work. Jobs start in the order of the calls.
   *
   * @param work Called once a worker is free, so that waiting jobs hold no bytes.
   * @throws UserError where the video is at fault; PlaceError where it is not.
   */
  run<K extends keyof Results>(
    work: () => Work & { kind: K },
    onDone?: (time: WorkTime, result?: Results[K]) => void,
  ): Promise<Results[K]> {
    return new Promise<Results[keyof Results]>((resolve, reject) => {
      if (this.#closed) return reject(this.#closed);
      this.#queue.push({ work, onDone: onDone as Job["onDone"], resolve, reject });
      this.#next();
    }) as Promise<Results[K]>;
  }

  /**
   * Ends the workers; what is not done is rejected with `reason`. Their programs end a moment later or, where
   * the process has ended by then, once they find that nobody reads what they print.
   */
  close(reason = new Error("the decoder was closed")): void {
    if (this.#closed) return;
    this.#closed = reason;
    globalThis.removeEventListener("unload", this.#onUnload);
    for (const worker of this.#workers) worker.terminate();
    const jobs = [...this.#running.values()].map(({ job }) => job);
    for (const job of [...jobs, ...this.#queue]) job.reject(reason);
    this.#running.clear();
    this.#queue.length = 0;
    if ("scratch" in this.engine) removeScratch(this.engine.scratch);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #start(number: number): Worker {
    const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
    worker.postMessage({ engine: this.engine } satisfies Request);
    worker.onmessage = ({ data: reply }: MessageEvent<Reply>) => {
      const { job, begin } = this.#running.get(worker)!;
      this.#running.delete(worker);
      const result = "result" in reply ? reply.result : undefined;
      job.onDone?.({ worker: number, begin, end: performance.now() }, result);
      this.#idle.push(worker);
      this.#next();
      if ("result" in reply) job.resolve(reply.result);
      else job.reject(errorOf(reply));
    };
    worker.onerror = (event) => {
      event.preventDefault();
      this.#replace(worker, number, event.message);
    };
    return worker;
  }

  /** Another worker takes the place of one that ended, and does its work where that was its first end. */
  #replace(worker: Worker, number: number, how: string): void {
    const running = this.#running.get(worker);
    worker.terminate();
    // One that ends without work would end again and again.
    if (running === undefined) return this.close(new Error(`a decoding worker ended: ${how}`));
    const { job, name } = running;
    this.#running.delete(worker);
    this.#workers[number] = this.#start(number);
    this.#idle.push(this.#workers[number]);
    if (job.failed) job.reject(endedTwice(name, `its worker ended: ${how}`));
    else this.#queue.unshift(job);
    job.failed = true;
    this.#next();
  }

  #next(): void {
    while (this.#idle.length > 0 && this.#queue.length > 0) {
      const job = this.#queue.shift()!;
      try {
        const work = job.work(), worker = this.#idle.pop()!;
        const name = work.kind === "decode" ? sourceName(work.source) : work.job.path;
        this.#running.set(worker, { job, name, begin: performance.now() });
        worker.postMessage(work satisfies Request);
      } catch (error) {
        job.reject(error instanceof Error ? error : new Error(String(error)));
      }
    }
  }
}

/** The error that a worker tells of: a message carries no classes. */
function errorOf({ error, user, place }: Extract<Reply, { error: string }>): Error {
  return new (place ? PlaceError : user ? UserError : Error)(error);
}

/** Removes a folder in which workers that are just ending may still make or remove a file. */
function removeScratch(folder: string): void {
  for (let attempt = 0; attempt < 5; attempt++) {
    try {
      return Deno.removeSync(folder, { recursive: true });
    } catch {
      // After the last attempt it is left to the system's care of temporary files.
    }
  }
}
