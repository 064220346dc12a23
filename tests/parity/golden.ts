/**
 * Reads a folder of golden cases: for each area a manifest `AREA.json` and its `AREA.safetensors`.
 *
 * @module
 */
import { UserError } from "../../mod.ts";
import { Fields } from "./fields.ts";
import { GoldenFile, type GoldenTensor, readBytes } from "./golden_file.ts";
import { parseJson } from "./python_json.ts";

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

  /** Logical names of the inputs. */
  get inputs(): string[] {
    return this.#inputs.keys;
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
    return this.area.file.tensor(this.#inputs.text(name));
  }

  /** The tensors below the prefix that an input names as `prefix/*`, without the prefix. */
  inputGroup(name: string): Promise<Map<string, GoldenTensor>> {
    return this.area.file.group(this.#inputs.text(name));
  }

  /** The tensor of an output. */
  output(name: string): Promise<GoldenTensor> {
    this.#unread.delete(name);
    return this.area.file.tensor(this.#outputs.text(name));
  }

  /** An input in words. */
  inputText(name: string): string {
    return this.#inputs.text(name);
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

  /** @param files the folder's files of tensors that were opened so far, by name */
  constructor(
    readonly folder: string,
    readonly manifest: Fields,
    private readonly files: Map<string, GoldenFile>,
  ) {
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

  /** The area's tensors. */
  get file(): GoldenFile {
    return this.sibling(this.manifest.text("file"));
  }

  /** The tensors of a file that a manifest names at the beginning of a text, `other.safetensors: ...`. */
  sibling(reference: string): GoldenFile {
    const [name] = reference.match(/^\w+\.safetensors/) ?? [];
    if (name === undefined) throw new Error(`"${reference}" names no file of tensors`);
    const known = this.files.get(name) ?? new GoldenFile(`${this.folder}/${name}`);
    this.files.set(name, known);
    return known;
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
  const files = new Map<string, GoldenFile>();
  return await Promise.all(
    names.sort().map(async (name) => {
      const path = `${folder}/${name}`;
      const text = new TextDecoder().decode(await readBytes(path));
      return new GoldenArea(folder, new Fields(parseJson(text, path), path), files);
    }),
  );
}
