/**
 * Storages of PyTorch files, as their pickles name them.
 *
 * @module
 */
import { ArchiveError } from "./archive_error.ts";
import { STORAGES, type TorchStorage } from "./torch_tensor.ts";
import { PickledName } from "./unpickler.ts";

/** Reads bytes of one storage. */
export type StorageReader = (begin: number, end: number) => Promise<Uint8Array<ArrayBuffer>>;

/**
 * The storage that a persistent id names: `("storage", class, key, location, elements)`.
 *
 * @param open Finds the bytes of a storage by its key.
 */
export function storageOf(
  id: unknown,
  label: string,
  open: (key: string) => Promise<StorageReader>,
): TorchStorage {
  const [kind, type, key, , length] = id instanceof Array ? id : [];
  const known = type instanceof PickledName ? STORAGES.get(type.qualified) : undefined;
  if (kind !== "storage" || !known || typeof key !== "string" || !Number.isSafeInteger(length)) {
    throw new ArchiveError(label, "it refers to a storage of an unknown form");
  }
  const [dtype, width] = known;
  let reader: Promise<StorageReader> | undefined;
  return {
    key,
    dtype,
    width,
    length,
    read: async (begin, end) => await (await (reader ??= open(key)))(begin * width, end * width),
  };
}
