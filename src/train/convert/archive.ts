/**
 * The original's files to this project's.
 *
 * @module
 */
import { dirname, join } from "node:path";
import { parseJson, readText } from "../../data/annotations.ts";
import { UserError } from "../../errors.ts";
import { fileKind } from "../../io/file_kind.ts";
import { type CheckpointState, MODEL, saveCheckpoint } from "../../io/checkpoint.ts";
import { type TensorEntry, writeSafetensors } from "../../io/safetensors.ts";
import { openTorch } from "../../io/torch_file.ts";
import { TorchRecord } from "../../io/torch_names.ts";
import { TorchTensor } from "../../io/torch_tensor.ts";
import { defaultsOf, flags, settingsToJson } from "../config/settings.ts";
import { settingsFromHparams } from "./hparams.ts";
import { entriesOf, moduleTensors, type StateDict, stateDictOf } from "./state_dict.ts";

/** What was written. */
export interface Conversion {
  /** The file that was written. */
  readonly output: string;
  /** What it is. */
  readonly kind: "weights" | "checkpoint";
  readonly tensors: number;
  readonly bytes: number;
  /** Element types and how many tensors have each. */
  readonly dtypes: ReadonlyMap<string, number>;
  /** What a user should know, a line each. */
  readonly notes: readonly string[];
}

/** Options of {@link convert}. */
export interface ConvertOptions {
  /** Where to write; by default beside the input. */
  readonly output?: string;
  /** Replace a file that is there. */
  readonly force?: boolean;
  /** Called after each tensor. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** A published run's checkpoint, and its settings beside it. */
const CHECKPOINTS = ["ckpt.best.pth.tar", "ckpt.pth.tar"];
const HPARAMS = "hparams_train.json";
/** Buffers that are worked out from the settings, and held by the original's files all the same. */
const WORKED_OUT = /(^|\.)(position_ids|spg)$/;

/**
 * Converts a file that PyTorch wrote: OpenAI's weights (a TorchScript archive or a state dict) to
 * safetensors with the same names and element types; a checkpoint of CenterCLIP, or the folder of a
 * published run, to a checkpoint of this project, with the run's settings where they lie beside it.
 *
 * @throws {UserError} if the input is none of these, names what may not be read, or the output is there.
 */
export async function convert(input: string, options: ConvertOptions = {}): Promise<Conversion> {
  const path = await checkpointIn(input);
  const output = options.output ?? path.replace(/(\.pth)?(\.tar|\.pth|\.pt)?$/, ".safetensors");
  if (!options.force && await fileKind(output) !== undefined) {
    throw new UserError(`${output} is there already; --force replaces it`);
  }
  using file = await openTorch(path);
  const { root } = file;
  const record = root instanceof Map && root.get("state_dict") instanceof Map ? root : undefined;
  const weights = root instanceof TorchRecord ? moduleTensors(root) : stateDictOf(root);
  if (record) return await writeRun(record, path, output, options);
  if (!weights || weights.size === 0) {
    throw new UserError(
      `${path} holds no model: neither a state dict, nor a checkpoint of CenterCLIP, nor a ` +
        "TorchScript module",
    );
  }
  const counted = count(weights, options);
  await writeSafetensors(output, counted.entries);
  return { output, kind: "weights", notes: [], ...counted.summary };
}

/** The file itself, or the checkpoint in a folder. */
async function checkpointIn(input: string): Promise<string> {
  if (await fileKind(input) !== "folder") return input;
  for (const name of CHECKPOINTS) {
    if (await fileKind(join(input, name)) === "file") return join(input, name);
  }
  throw new UserError(`${input} holds neither ${CHECKPOINTS.join(" nor ")}`);
}

/** Converts a checkpoint of the original. */
async function writeRun(
  saved: ReadonlyMap<unknown, unknown>,
  path: string,
  output: string,
  options: ConvertOptions,
): Promise<Conversion> {
  const model = stateDictOf(saved.get("state_dict"));
  if (!model) throw new UserError(`${path}: its state_dict holds more than tensors, or nothing`);
  const tensors = new Map<string, TorchTensor>();
  for (const [name, tensor] of model) {
    // DistributedDataParallel puts a name of its own before all others.
    const own = name.replace(/^module\./, "");
    if (!WORKED_OUT.test(own)) tensors.set(own, tensor);
  }
  const { settings, notes } = await settingsBeside(path);
  const state: CheckpointState = {
    settings: settingsToJson({ ...defaultsOf(flags), ...settings }),
    position: {
      step: natural(saved.get("global_step")),
      epoch: natural(saved.get("epoch")),
      batch: 0,
    },
    best: await bestOf(saved),
    updates: null,
  };
  const counted = count(tensors, options, MODEL);
  await saveCheckpoint(output, { tensors: counted.entries, state });
  return {
    output,
    kind: "checkpoint",
    notes: [
      ...notes,
      "the optimiser's state stays behind: evaluate it, or start from it with --load_from_pretrained 1",
    ],
    ...counted.summary,
  };
}

async function settingsBeside(path: string) {
  const hparams = join(dirname(path), HPARAMS);
  if (await fileKind(hparams) !== "file") {
    const note = `no ${HPARAMS} beside it: give the run's flags to \`deno task eval\``;
    return { settings: {}, notes: [note] };
  }
  const text = await readText(hparams, "the run's settings");
  return settingsFromHparams(parseJson(text, hparams), hparams);
}

const natural = (value: unknown) =>
  Number.isInteger(value) && Number(value) >= 0 ? Number(value) : 0;

/** The best R@1 so far, a number or a tensor of one, and the epoch that it was reached in. */
async function bestOf(saved: ReadonlyMap<unknown, unknown>) {
  const best = saved.get("best_acc1"), epoch = Math.max(natural(saved.get("epoch")) - 1, 0);
  if (typeof best === "number") return { R1: best, epoch };
  if (!(best instanceof TorchTensor) || best.size !== 1) return null;
  const bytes = new DataView((await best.bytes()).buffer);
  if (best.dtype === "F32") return { R1: bytes.getFloat32(0, true), epoch };
  return best.dtype === "F64" ? { R1: bytes.getFloat64(0, true), epoch } : null;
}

/** The entries of a file, counted as they are written. */
function count(tensors: StateDict, { onProgress }: ConvertOptions, prefix = "") {
  const dtypes = new Map<string, number>();
  let bytes = 0, done = 0;
  const entries = [...entriesOf(tensors, prefix)].map((entry): TensorEntry => ({
    ...entry,
    async bytes() {
      const read = await (entry.bytes as () => Promise<Uint8Array>)();
      onProgress?.(++done, tensors.size);
      return read;
    },
  }));
  for (const { size, storage, dtype } of tensors.values()) {
    bytes += size * storage.width;
    dtypes.set(dtype, (dtypes.get(dtype) ?? 0) + 1);
  }
  return { entries, summary: { tensors: tensors.size, bytes, dtypes } };
}
