/**
 * The tensors of golden files.
 *
 * @module
 */
import { parseSafetensors, type SafetensorsFile, UserError } from "../../mod.ts";

/** A tensor of a golden file. */
export interface GoldenTensor {
  readonly shape: readonly number[];
  /** Elements, row-major; `Int32Array` where the file holds integers. */
  readonly data: Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer>;
}

/** A file of tensors, read whole at the first question. */
export class GoldenFile {
  #file?: Promise<SafetensorsFile>;

  constructor(readonly path: string) {}

  /** Whether there is such a tensor. */
  async has(name: string): Promise<boolean> {
    return (await this.#open()).has(name);
  }

  /** A tensor. */
  async tensor(name: string): Promise<GoldenTensor> {
    const file = await this.#open();
    const { dtype, shape } = file.info(name);
    const integers = /^(I|U|BOOL)/.test(dtype);
    return { shape, data: integers ? await file.readI32(name) : await file.readF32(name) };
  }

  /** The tensors that match a pattern `prefix/*`, by their names without the prefix. */
  async group(pattern: string): Promise<Map<string, GoldenTensor>> {
    const prefix = pattern.replace(/\*$/, "");
    const names = (await this.#open()).names.filter((name) => name.startsWith(prefix));
    if (prefix === pattern || names.length === 0) {
      throw new Error(`${pattern} names no tensors of ${this.path}`);
    }
    const read = async (name: string) =>
      [name.slice(prefix.length), await this.tensor(name)] as const;
    return new Map(await Promise.all(names.map(read)));
  }

  #open(): Promise<SafetensorsFile> {
    return this.#file ??= readBytes(this.path).then((bytes) => parseSafetensors(bytes, this.path));
  }
}

/** The bytes of a file. */
export async function readBytes(path: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await Deno.readFile(path);
  } catch (cause) {
    throw new UserError(`cannot read ${path}: ${(cause as Error).message}`);
  }
}
