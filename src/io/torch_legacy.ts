/**
 * The form that `torch.save` had before PyTorch 1.6: pickles one behind the other, then the storages.
 *
 * @module
 */
import { ArchiveError } from "./archive_error.ts";
import type { RangedFile } from "./ranged_file.ts";
import { storageOf, type StorageReader } from "./torch_storage.ts";
import { findTorchName } from "./torch_names.ts";
import type { TorchStorage } from "./torch_tensor.ts";
import { unpickle } from "./unpickler.ts";

/** A pickle of the number 0x1950a86a20f9469cfc6c. */
export const LEGACY_MAGIC: readonly number[] = [
  ...[0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e],
];
const PROTOCOL = 1001;
/** Most bytes of the pickles in front of the storages. */
const MOST_PICKLES = 2 ** 26;

/**
 * Reads what was saved; tensors are read from `disk` when asked for.
 *
 * @throws {ArchiveError} if the file is damaged, or names what may not be read.
 */
export async function readLegacy(disk: RangedFile, label: string): Promise<unknown> {
  const head = await disk.read(0, Math.min(disk.size, MOST_PICKLES));
  const storages = new Map<string, TorchStorage>(), places = new Map<string, number>();
  const open = (key: string): Promise<StorageReader> => {
    const place = places.get(key);
    if (place === undefined) throw new ArchiveError(label, `storage ${key} is missing`);
    return Promise.resolve((begin, end) => disk.read(place + begin, place + end));
  };
  const options = {
    label,
    find: findTorchName(label),
    persistent(id: unknown) {
      if (id instanceof Array && id[5] !== null && id[5] !== undefined) {
        throw new ArchiveError(label, "it holds views of storages", "save it with a newer PyTorch");
      }
      const storage = storageOf(id, label, open);
      return storages.get(storage.key) ??
        (storages.set(storage.key, storage), storage);
    },
  };
  let at = LEGACY_MAGIC.length;
  const next = () => {
    const { value, end } = unpickle(head, options, at);
    at = end;
    return value;
  };
  if (next() !== PROTOCOL) throw new ArchiveError(label, "its version is not known");
  const system = next();
  if (system instanceof Map && system.get("little_endian") === false) {
    throw new ArchiveError(label, "it was written on a big-endian machine", "write it on another");
  }
  const root = next(), keys = next();
  if (!(keys instanceof Array)) throw new ArchiveError(label, "its list of storages is none");
  for (const key of keys) {
    const storage = storages.get(String(key));
    if (!storage) throw new ArchiveError(label, `storage ${key} belongs to no tensor`);
    if (at + 8 > disk.size) throw new ArchiveError(label, "it ends too early");
    const length = new DataView((await disk.read(at, at + 8)).buffer).getBigInt64(0, true);
    const bytes = storage.length * storage.width;
    if (length !== BigInt(storage.length) || at + 8 + bytes > disk.size) {
      throw new ArchiveError(label, `storage ${key} is not as long as it says, or cut`);
    }
    places.set(storage.key, at + 8);
    at += 8 + bytes;
  }
  return root;
}
