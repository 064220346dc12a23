/**
 * A model in several safetensors files, as Hugging Face shards it: an index names the file of each
 * tensor.
 *
 * @module
 */
import { dirname, join } from "node:path";
import { UserError } from "../errors.ts";
import { openSafetensors, type SafetensorsFile, type TensorReader } from "./safetensors.ts";
import { quote } from "./safetensors_error.ts";
import { readJson } from "./text_file.ts";

/** The opened shards of a model. Close it, or hold it by `using`. */
export class ShardedSafetensors implements TensorReader, Disposable {
  /** As of {@link TensorReader}. */
  readonly names: readonly string[];

  private constructor(
    readonly label: string,
    private readonly shards: readonly SafetensorsFile[],
    private readonly homes: ReadonlyMap<string, SafetensorsFile>,
  ) {
    this.names = [...homes.keys()].sort();
  }

  /**
   * Opens an index, `*.safetensors.index.json`, and the shards that it names, which lie beside it.
   *
   * @throws {UserError} where the index is none, a shard is missing or damaged, or index and shards
   * disagree about what lies where.
   */
  static async open(path: string): Promise<ShardedSafetensors> {
    const index = readIndex(await readJson(path), path);
    const shards = new Map<string, SafetensorsFile>();
    try {
      for (const name of [...new Set(index.values())].sort()) {
        shards.set(name, await openSafetensors(join(dirname(path), name)));
      }
      const homes = new Map<string, SafetensorsFile>();
      for (const [tensor, shard] of index) homes.set(tensor, shards.get(shard)!);
      compare(path, homes, [...shards.values()]);
      return new ShardedSafetensors(path, [...shards.values()], homes);
    } catch (error) {
      for (const shard of shards.values()) shard.close();
      throw error;
    }
  }

  /** As of {@link TensorReader}. */
  info(name: string): ReturnType<SafetensorsFile["info"]> {
    return this.#home(name).info(name);
  }

  /** As of {@link TensorReader}. */
  readF32Into(name: string, first: number, target: Float32Array<ArrayBuffer>): Promise<void> {
    return this.#home(name).readF32Into(name, first, target);
  }

  /** Closes every shard; closing twice is harmless. */
  close(): void {
    for (const shard of this.shards) shard.close();
  }

  /** As {@link ShardedSafetensors.close}. */
  [Symbol.dispose](): void {
    this.close();
  }

  #home(name: string): SafetensorsFile {
    const home = this.homes.get(name);
    if (!home) throw new UserError(`${this.label}: it names no tensor ${quote(name)}`);
    return home;
  }
}

/** The shard of each tensor. */
function readIndex(json: unknown, path: string): Map<string, string> {
  const damaged = (what: string) => new UserError(`${path}: ${what}; fetch the model anew`);
  const map = Object(json).weight_map;
  if (typeof map !== "object" || map === null || Object.keys(map).length === 0) {
    throw damaged("it has no weight_map, which names the file of each tensor");
  }
  const entries = Object.entries(map as Record<string, unknown>);
  for (const [tensor, shard] of entries) {
    // The name of a file in the same folder, never a path that leads elsewhere.
    if (typeof shard !== "string" || !/^[^/\\]+\.safetensors$/.test(shard)) {
      throw damaged(`tensor ${quote(tensor)} lies in ${quote(String(shard))}, which is no shard`);
    }
  }
  return new Map(entries as [string, string][]);
}

/** Requires that each shard holds what the index places there, and nothing else. */
function compare(
  path: string,
  homes: ReadonlyMap<string, SafetensorsFile>,
  shards: readonly SafetensorsFile[],
): void {
  for (const [tensor, shard] of homes) {
    if (shard.has(tensor)) continue;
    throw new UserError(
      `${path} places tensor ${quote(tensor)} in ${shard.label}, which does not hold it; ` +
        "fetch the model anew",
    );
  }
  for (const shard of shards) {
    const stray = shard.names.find((name) => homes.get(name) !== shard);
    if (stray === undefined) continue;
    throw new UserError(
      `${shard.label} holds tensor ${quote(stray)}, which ${path} does not place there; ` +
        "fetch the model anew",
    );
  }
}
