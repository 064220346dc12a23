/**
 * State dicts in PyTorch files: a model's tensors by their names.
 *
 * @module
 */
import { UserError } from "../../errors.ts";
import type { TensorEntry } from "../../io/safetensors.ts";
import { TorchRecord } from "../../io/torch_names.ts";
import { TorchTensor } from "../../io/torch_tensor.ts";

/** Tensors by their names, in the file's order. */
export type StateDict = ReadonlyMap<string, TorchTensor>;

/** Modules within modules, and visits to modules in all; what has more is no model. */
const MOST_DEPTH = 64, MOST_VISITS = 100_000;

/** The tensors of a saved dictionary; undefined where it holds something else, or nothing. */
export function stateDictOf(value: unknown): StateDict | undefined {
  if (!(value instanceof Map) || value.size === 0) return undefined;
  const entries = [...value];
  const sound = entries.every(([name, tensor]) =>
    typeof name === "string" && tensor instanceof TorchTensor
  );
  return sound ? new Map(entries) : undefined;
}

/**
 * The tensors of a TorchScript module and of the modules in it, by dotted names.
 *
 * @throws {UserError} if modules contain themselves or each other beyond reason.
 */
export function moduleTensors(module: TorchRecord): StateDict {
  const tensors = new Map<string, TorchTensor>(), open = new Set<TorchRecord>();
  let visits = 0;
  const visit = (record: TorchRecord, prefix: string) => {
    if (open.has(record) || open.size === MOST_DEPTH || ++visits > MOST_VISITS) {
      throw new UserError(`${module.className} holds modules beyond reason; it is no model`);
    }
    open.add(record);
    for (const [name, value] of record.attributes) {
      if (value instanceof TorchTensor) tensors.set(prefix + name, value);
      else if (value instanceof TorchRecord) visit(value, `${prefix}${name}.`);
    }
    open.delete(record);
  };
  visit(module, "");
  return tensors;
}

/** Tensors as entries of a safetensors file; each is read when its turn comes. */
export function* entriesOf(tensors: StateDict, prefix = ""): Generator<TensorEntry> {
  for (const [name, tensor] of tensors) {
    const { dtype, shape } = tensor;
    yield { name: prefix + name, dtype, shape, bytes: () => tensor.bytes() };
  }
}
