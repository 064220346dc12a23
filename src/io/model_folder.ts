/**
 * Downloaded models: where their weights lie, and what describes them.
 *
 * @module
 */
import { basename, join } from "node:path";
import { UserError } from "../errors.ts";
import { fileKind } from "./file_kind.ts";
import { openSafetensors } from "./safetensors.ts";
import { ShardedSafetensors } from "./sharded_safetensors.ts";
import type { Description, TensorReader } from "./tensor_reader.ts";
import { readJson } from "./text_file.ts";

/** Weights in one file or several. Close them, or hold them by `using`. */
export type OpenedWeights = TensorReader & Disposable;

/** A model's opened weights and its descriptions. Close it, or hold it by `using`. */
export interface ModelFiles extends Disposable {
  readonly tensors: TensorReader;
  /** `config.json` and `open_clip_config.json`, where they lie beside the weights. */
  readonly descriptions: readonly Description[];
}

/**
 * What a model's folder calls its weights, the first that is there first: where open_clip's lie beside
 * others, the others may be those of another library, with the image encoder alone.
 */
const WEIGHTS = ["open_clip_model.safetensors", "model.safetensors"]
  .flatMap((name) => [name, `${name}.index.json`]);
const DESCRIPTIONS = ["config.json", "open_clip_config.json"];
/** Files that hold weights which must be converted first. */
const ARCHIVES = ["open_clip_pytorch_model.bin", "pytorch_model.bin"];

/** A path as a shell reads it: `~` is the user's own folder. */
export function expandHome(path: string): string {
  return path.replace(/^~(?=\/|$)/, () => Deno.env.get("HOME") ?? "~");
}

/**
 * Opens a safetensors file, or the shards of a `*.safetensors.index.json`.
 *
 * @throws {UserError} where it cannot be read; where it is an archive of PyTorch, with the remedy.
 */
export async function openWeights(path: string): Promise<OpenedWeights> {
  if (/\.(pt|pth|bin|tar)$/.test(path) && await fileKind(path) === "file") throw archive(path);
  return path.endsWith(".index.json")
    ? await ShardedSafetensors.open(path)
    : await openSafetensors(path);
}

/**
 * Opens the weights of a model.
 *
 * @param folder Where models lie, or the model's own folder.
 * @param names What the model may be called there: files, as `NAME.safetensors`, and folders.
 * @throws {UserError} where there is nothing of the model, or only what must be converted first.
 */
export async function openModel(folder: string, names: readonly string[]): Promise<ModelFiles> {
  const files = names.map((name) => join(folder, `${name}.safetensors`));
  const path = await firstFile(files);
  if (path !== undefined) return await open(path, []);
  const places = [...names.map((name) => join(folder, name)), folder];
  for (const place of places) {
    const path = await firstFile(WEIGHTS.map((name) => join(place, name)));
    if (path !== undefined) return await open(path, DESCRIPTIONS.map((name) => join(place, name)));
  }
  const convertible = await firstFile([
    ...names.map((name) => join(folder, `${name}.pt`)),
    ...places.flatMap((place) => ARCHIVES.map((name) => join(place, name))),
  ]);
  if (convertible !== undefined) throw archive(convertible);
  throw new UserError(
    `--pretrained_dir ${folder} holds no weights of ${names[0]}: looked for ${
      files.map((file) => basename(file)).join(", ")
    }, and for ${WEIGHTS.join(", ")} in ${
      names.map((name) => `${name}/`).join(", ")
    } and in itself`,
  );
}

async function open(path: string, described: readonly string[]): Promise<ModelFiles> {
  const descriptions: Description[] = [];
  for (const label of described) {
    if (await fileKind(label) === "file") descriptions.push({ label, json: await readJson(label) });
  }
  const tensors = await openWeights(path);
  return { tensors, descriptions, [Symbol.dispose]: () => tensors[Symbol.dispose]() };
}

async function firstFile(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) if (await fileKind(path) === "file") return path;
}

function archive(path: string): UserError {
  return new UserError(`${path} is an archive of PyTorch; run: deno task convert ${path}`);
}
