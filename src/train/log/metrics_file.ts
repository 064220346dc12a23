/**
 * `metrics.jsonl`: what a run measured, one JSON object a line.
 *
 * @module
 */
import { writeAtomic } from "../../io/atomic.ts";
import { AppendFile } from "./append_file.ts";

/** A line of `metrics.jsonl`. A number that is not finite becomes null: JSON has no other word for it. */
export interface MetricsRecord {
  /** Optimiser steps taken so far. */
  readonly step: number;
  readonly [key: string]: unknown;
}

/**
 * Appends records to `metrics.jsonl`. A run that continues at some step first drops what lies behind that
 * step, and a last line that a crash cut short; so the file is as if the run had never stopped.
 */
export class MetricsFile implements Disposable {
  readonly #file: AppendFile;
  /** Records of the resumed step that the file already holds, by their keys. */
  readonly #known: Set<string>;

  private constructor(path: string, known: Set<string>) {
    this.#file = new AppendFile(path);
    this.#known = known;
  }

  /**
   * Opens the file: emptied for a new run, cut back to `resumedStep` for one that continues.
   *
   * @throws {UserError} if the file cannot be written.
   */
  static async open(path: string, resumedStep?: number): Promise<MetricsFile> {
    const old = await Deno.readTextFile(path).catch(() => "");
    const records = resumedStep === undefined
      ? []
      : old.split("\n").flatMap(recordOf).filter(({ step }) => step <= resumedStep);
    const text = records.map((record) => JSON.stringify(record) + "\n").join("");
    if (text !== old) await writeAtomic(path, text);
    const known = records.filter(({ step }) => step === resumedStep).map(kind);
    return new MetricsFile(path, new Set(known));
  }

  /**
   * Appends a record, unless the file was resumed at its step and holds one of its kind: a run killed
   * after an evaluation and before the next checkpoint evaluates a second time.
   *
   * @throws {UserError} if the file system takes no more.
   */
  append(record: MetricsRecord): void {
    if (this.#known.has(kind(record))) {
      this.#known.delete(kind(record));
    } else {
      this.#file.writeLine(JSON.stringify(record));
    }
  }

  [Symbol.dispose](): void {
    this.#file[Symbol.dispose]();
  }
}

function kind(record: MetricsRecord): string {
  return `${record.step} ${Object.keys(record)}`;
}

function recordOf(line: string): MetricsRecord[] {
  try {
    const record = JSON.parse(line);
    return typeof record?.step === "number" ? [record] : [];
  } catch {
    return [];
  }
}
