/**
 * Files of `torch.save` and `torch.jit.save`, read without Python and without running anything.
 *
 * @module
 */
import { ArchiveError } from "./archive_error.ts";
import { LEGACY_MAGIC, readLegacy } from "./torch_legacy.ts";
import { RangedFile } from "./ranged_file.ts";
import { findTorchName } from "./torch_names.ts";
import { storageOf } from "./torch_storage.ts";
import { unpickle } from "./unpickler.ts";
import { ZipIndex } from "./zip_index.ts";

/** Most bytes of the pickle that describes a file's objects. */
const MOST_PICKLE = 2 ** 28;

/** An opened file; its tensors are read when asked for. */
export interface TorchFile extends Disposable {
  /** The path, for messages. */
  readonly label: string;
  /** What was saved: arrays, `Map`s, `TorchTensor`s, and `TorchRecord`s for TorchScript's modules. */
  readonly root: unknown;
}

/**
 * Opens a file of `torch.save` (zip, since PyTorch 1.6, or the older form) or of `torch.jit.save`.
 *
 * @throws {UserError} if it cannot be opened; {@link ArchiveError} if it is no such file, is damaged, or
 *   names anything but tensors and plain containers.
 *
 * @example
 * ```ts ignore
 * using file = await openTorch("ckpt.best.pth.tar");
 * const weights = (file.root as Map<string, unknown>).get("state_dict");
 * ```
 */
export async function openTorch(path: string): Promise<TorchFile> {
  const disk = await RangedFile.open(path);
  try {
    const root = await readRoot(disk, path);
    return { label: path, root, [Symbol.dispose]: () => disk.close() };
  } catch (error) {
    disk.close();
    throw error;
  }
}

async function readRoot(disk: RangedFile, label: string): Promise<unknown> {
  const start = await disk.read(0, Math.min(16, disk.size));
  if (start[0] === 0x50 && start[1] === 0x4b) {
    return await readZip(await ZipIndex.read(disk, label), disk, label);
  }
  if (LEGACY_MAGIC.every((byte, i) => start[i] === byte)) return await readLegacy(disk, label);
  throw new ArchiveError(
    label,
    "it is no file of torch.save",
    "give a .pt, .pth or .pth.tar file; safetensors need no conversion",
  );
}

async function readZip(zip: ZipIndex, disk: RangedFile, label: string): Promise<unknown> {
  const roots = zip.names.filter((name) => /^[^/]+\/data\.pkl$/.test(name));
  if (roots.length !== 1) {
    throw new ArchiveError(label, `it has ${roots.length} entries */data.pkl instead of one`);
  }
  const folder = roots[0].slice(0, -"data.pkl".length);
  if (zip.has(`${folder}byteorder`)) {
    const order = new TextDecoder().decode(await zip.bytes(`${folder}byteorder`));
    if (order.trim() !== "little") {
      throw new ArchiveError(
        label,
        "it was written on a big-endian machine",
        "write it on another",
      );
    }
  }
  const { begin, end } = await zip.range(roots[0]);
  if (end - begin > MOST_PICKLE) throw new ArchiveError(label, "its data.pkl is beyond reason");
  const storage = async (key: string) => {
    const { begin, end } = await zip.range(`${folder}data/${key}`);
    return (from: number, to: number) => disk.read(begin + from, Math.min(begin + to, end));
  };
  const pickle = await disk.read(begin, end);
  return unpickle(pickle, {
    label,
    find: findTorchName(label),
    persistent: (id) => storageOf(id, label, storage),
  }).value;
}
