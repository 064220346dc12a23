/**
 * Reads a folder of golden cases: for each area a manifest `AREA.json` and its `AREA.safetensors`.
 *
 * @module
 */
import { parseSafetensors, type SafetensorsFile, UserError } from "../../mod.ts";
import { Fields } from "./fields.ts";

/** A tensor of a golden file. */
export interface GoldenTensor {
  readonly shape: readonly number[];
  /** Elements, row-major; `Int32Array` where the file holds integers. */
  readonly data: Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer>;
}

/** One case: what went into a function of the original and what came out. */
export class GoldenCase {
  /** What the case is printed as. */
  readonly label: string;
  /** The original function. */
  readonly function: string;
  readonly params: Fields;
  /** What a float32 rebuild should reach, in words. */
  readonly tolerance: string;
  readonly #inputs: Fields;
  readonly #outputs: Fields;
  readonly #unread: Set<string>;

  /**
   * @param entry the manifest's entry
   * @param area the area that holds it
   */
  constructor(readonly entry: Fields, readonly area: GoldenArea) {
    this.label = `${area.name}/${entry.text("name")}`;
    this.function = entry.text("function");
    this.params = entry.object("params");
    this.tolerance = entry.text("tolerance");
    this.#inputs = entry.object("inputs");
    this.#outputs = entry.object("outputs");
    this.#unread = new Set(this.#outputs.keys);
  }

  /** Names of the outputs. */
  get outputs(): string[] {
    return this.#outputs.keys;
  }

  /** Outputs that nobody has asked for so far. */
  get unread(): string[] {
    return [...this.#unread];
  }

  /** Whether the case has such an input. */
  hasInput(name: string): boolean {
    return this.#inputs.has(name);
  }

  /** Whether the case has such an output. */
  hasOutput(name: string): boolean {
    return this.#outputs.has(name);
  }

  /** The tensor of an input. */
  input(name: string): Promise<GoldenTensor> {
    return this.area.tensor(this.#inputs.text(name));
  }

  /** The tensors below the prefix that an input names as `prefix/*`, without the prefix. */
  inputGroup(name: string): Promise<Map<string, GoldenTensor>> {
    return this.area.group(this.#inputs.text(name));
  }

  /** The tensor of an output. */
  output(name: string): Promise<GoldenTensor> {
    this.#unread.delete(name);
    return this.area.tensor(this.#outputs.text(name));
  }

  /** Marks an output that is not compared, because it says what another output says. */
  waive(name: string): void {
    this.#unread.delete(name);
  }
}

/** Manifest keys that hold no expected values. */
const DESCRIPTIONS = new Set([
  ...["file", "set", "area", "torch", "doc", "conventions", "n_cases", "cases"],
  ...["config", "vit_config", "heads", "texts"],
]);

/** An area: its cases, its tables and its tensors. */
export class GoldenArea {
  readonly name: string;
  readonly cases: readonly GoldenCase[];
  /** Names of the tables: what else the manifest holds that can be compared. */
  readonly tables: readonly string[];
  #file?: Promise<SafetensorsFile>;

  constructor(readonly folder: string, readonly manifest: Fields) {
    this.name = manifest.text("area");
    this.cases = manifest.objects("cases").map((entry) => new GoldenCase(entry, this));
    if (this.cases.length !== manifest.number("n_cases")) {
      throw new UserError(
        `${manifest.where}: n_cases is ${manifest.number("n_cases")}, but there are ` +
          `${this.cases.length} cases; fetch the folder anew`,
      );
    }
    this.tables = manifest.keys.filter((key) => !DESCRIPTIONS.has(key));
  }

  /** A tensor of the area's file. */
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
      throw new Error(`${pattern} names no tensors of ${this.name}.safetensors`);
    }
    return new Map(
      await Promise.all(
        names.map(async (name) => [name.slice(prefix.length), await this.tensor(name)] as const),
      ),
    );
  }

  #open(): Promise<SafetensorsFile> {
    const path = `${this.folder}/${this.manifest.text("file")}`;
    return this.#file ??= readBytes(path).then((bytes) => parseSafetensors(bytes, path));
  }
}

/**
 * Reads every manifest of a folder.
 *
 * @throws {UserError} where the folder cannot be read or holds no manifest.
 */
export async function readGolden(folder: string): Promise<GoldenArea[]> {
  const names: string[] = [];
  try {
    for await (const { name } of Deno.readDir(folder)) if (name.endsWith(".json")) names.push(name);
  } catch (cause) {
    throw new UserError(`cannot read the golden folder ${folder}: ${(cause as Error).message}`);
  }
  if (names.length === 0) throw new UserError(`${folder} holds no manifest AREA.json`);
  return await Promise.all(
    names.sort().map(async (name) => {
      const path = `${folder}/${name}`;
      const text = new TextDecoder().decode(await readBytes(path));
      return new GoldenArea(folder, new Fields(parseJson(text, path), path));
    }),
  );
}

async function readBytes(path: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await Deno.readFile(path);
  } catch (cause) {
    throw new UserError(`cannot read ${path}: ${(cause as Error).message}`);
  }
}

const NOT_JSON: Readonly<Record<string, number>> = { NaN, Infinity, "-Infinity": -Infinity };
const MARK = "\0";

/** Parses what Python's `json` writes, which is JSON with `NaN`, `Infinity` and `-Infinity`. */
export function parseJson(text: string, path: string): unknown {
  const marked = text.replaceAll(
    /"(?:[^"\\]|\\.)*"|-?Infinity|NaN/g,
    (token) => token.startsWith('"') ? token : `"\\u0000${token}"`,
  );
  try {
    return JSON.parse(
      marked,
      (_, value) =>
        typeof value === "string" && value.startsWith(MARK) ? NOT_JSON[value.slice(1)] : value,
    );
  } catch (cause) {
    throw new UserError(`${path} is not JSON: ${(cause as Error).message}`);
  }
}
