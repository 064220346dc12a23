/**
 * The classes and functions that a PyTorch file may name, and what stands for each.
 *
 * @module
 */
import { ArchiveError } from "./archive_error.ts";
import { callable, type Construct, PLAIN_NAMES } from "./pickle_names.ts";
import { STORAGES, type TorchStorage, TorchTensor } from "./torch_tensor.ts";

/** An object that is known by its attributes alone: a TorchScript module, or an `argparse.Namespace`. */
export class TorchRecord {
  /** Its attributes, in their order. */
  readonly attributes = new Map<string, unknown>();

  /** @param className `module.name` of its class */
  constructor(readonly className: string) {}
}

/** An object of a class that only has attributes. */
const record = (className: string): Construct => ({
  call: () => new TorchRecord(className),
  build(object, state) {
    if (!(state instanceof Map) || !(object instanceof TorchRecord)) {
      throw new TypeError("its state is no dictionary");
    }
    for (const [name, value] of state) object.attributes.set(String(name), value);
  },
});

/** A numpy dtype: its name, such as `f8`. */
class NumpyType {
  constructor(readonly name: string) {}
}

/** A numpy scalar from its type and its bytes. */
function numpyScalar(type: unknown, bytes: unknown): unknown {
  if (!(type instanceof NumpyType) || !(bytes instanceof Uint8Array)) {
    throw new TypeError("it is no number");
  }
  const view = new DataView(bytes.slice().buffer), width = Number(type.name.slice(1));
  if (view.byteLength !== width) {
    throw new TypeError(`${type.name} does not take ${bytes.length} bytes`);
  }
  switch (type.name) {
    case "f8":
      return view.getFloat64(0, true);
    case "f4":
      return view.getFloat32(0, true);
    case "i8":
      return Number(view.getBigInt64(0, true));
    case "i4":
      return view.getInt32(0, true);
    case "b1":
      return view.getUint8(0) !== 0;
    default:
      throw new TypeError(`numbers of the type ${type.name} are not read`);
  }
}

const dtypes = [
  ...["float64", "float32", "float16", "bfloat16"],
  ...["int64", "int32", "int16", "int8", "uint8", "bool"],
];

const NAMES: ReadonlyMap<string, Construct> = new Map([
  ["argparse.Namespace", record("argparse.Namespace")],
  ["torch.Size", callable(([sizes = []]) => sizes)],
  ["torch.device", callable(([name]) => name)],
  ...["numpy.core.multiarray.scalar", "numpy._core.multiarray.scalar"].map((
    name,
  ): [string, Construct] => [name, callable(([type, bytes]) => numpyScalar(type, bytes))]),
  ["numpy.dtype", {
    call: ([name]) => new NumpyType(String(name)),
    // The state tells the byte order; `>` is the only one that matters.
    build(_, state) {
      if (state instanceof Array && state[1] === ">") throw new TypeError("it is big-endian");
    },
  }],
  ...dtypes.map((name): [string, Construct] => [`torch.${name}`, callable(() => name)]),
  // TorchScript wraps lists to tell their type.
  ...["build_intlist", "build_tensorlist", "build_doublelist", "build_boollist", "restore_type_tag"]
    .map((name): [string, Construct] => [`torch.jit._pickle.${name}`, callable(([list]) => list)]),
]);

/** The stand-in for a name in a PyTorch file; undefined refuses it. */
export function findTorchName(label: string): (qualified: string) => Construct | undefined {
  const tensor = callable(([storage, offset, shape, strides]) => {
    const view = [offset, shape, strides] as [number, number[], number[]];
    if (typeof storage !== "object" || storage === null || !("read" in storage)) {
      throw new ArchiveError(label, "a tensor has no storage");
    }
    if (!(shape instanceof Array) || !(strides instanceof Array)) {
      throw new ArchiveError(label, "a tensor has no shape");
    }
    return new TorchTensor(label, storage as TorchStorage, ...view);
  });
  const own = new Map<string, Construct>([
    ["torch._utils._rebuild_tensor", tensor],
    ["torch._utils._rebuild_tensor_v2", tensor],
    ["torch._utils._rebuild_parameter", callable(([data]) => data)],
  ]);
  return (qualified) => {
    if (qualified.startsWith("__torch__.")) return record(qualified);
    const storage = STORAGES.has(qualified)
      ? callable(() => {
        throw new ArchiveError(label, `it makes a ${qualified} by itself`);
      })
      : undefined;
    return storage ?? own.get(qualified) ?? NAMES.get(qualified) ?? PLAIN_NAMES.get(qualified);
  };
}
