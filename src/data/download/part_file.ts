/**
 * A file that is on its way: `<target>.part`, and beside it `<target>.part.json`, which says what the
 * bytes are part of, so that a later run can tell whether to go on.
 *
 * @module
 */

import { messageOf, UserError } from "../../errors.ts";
import { removeLeftovers, writeAtomic } from "../../io/atomic.ts";
import { parentFolder } from "../paths.ts";
import { TransferError } from "./transfer_error.ts";

/** The version of a file on the server. */
export interface Version {
  /** A strong ETag or a date: what `If-Range` takes. Without one a transfer begins anew each time. */
  readonly validator?: string;
  /** Bytes of the whole file, where the server tells them. */
  readonly total?: number;
}

/** The file at `path`. It is locked against other processes while it is open. */
export class PartFile implements Disposable {
  /** Bytes that are there. */
  size = 0;
  /** Of these, bytes that an earlier run had fetched. */
  kept = 0;
  /** What they are part of. */
  version: Version = {};

  private constructor(
    readonly target: string,
    readonly url: string,
    private readonly file: Deno.FsFile,
  ) {}

  /** Where the bytes are. */
  get path(): string {
    return `${this.target}.part`;
  }

  get #note(): string {
    return `${this.path}.json`;
  }

  /**
   * Opens what is there of the file that `url` names, and makes its folder.
   *
   * @throws {UserError} where the file system refuses.
   * @throws {TransferError} where another process holds the file.
   */
  static async open(target: string, url: string): Promise<PartFile> {
    const file = await attempt(target, async () => {
      await Deno.mkdir(parentFolder(target), { recursive: true });
      return await Deno.open(`${target}.part`, { read: true, write: true, create: true });
    });
    // Whoever held the lock may have given the file its name meanwhile.
    if (!await file.tryLock(true) || !await isAt(file, `${target}.part`)) {
      file.close();
      throw new TransferError("another process is fetching it", "never");
    }
    const part = new PartFile(target, url, file);
    await removeLeftovers(part.#note);
    const version = await readVersion(part.#note, url);
    if (version === undefined) {
      await part.begin({});
    } else {
      part.version = version;
      part.kept = part.size = await file.seek(0, Deno.SeekMode.End);
    }
    return part;
  }

  /** Whether all bytes are there. */
  get whole(): boolean {
    return this.size === this.version.total;
  }

  /** Lets go of all bytes; those that follow are of `version`. */
  async begin(version: Version): Promise<void> {
    await attempt(this.path, async () => {
      await this.file.truncate(0);
      await this.file.seek(0, Deno.SeekMode.Start);
    });
    this.size = this.kept = 0;
    await this.know(version);
  }

  /** The bytes are of `version`. */
  async know(version: Version): Promise<void> {
    this.version = version;
    await writeAtomic(this.#note, JSON.stringify({ url: this.url, ...version }) + "\n");
  }

  /** Adds bytes. */
  async append(chunk: Uint8Array): Promise<void> {
    for (let done = 0; done < chunk.length;) {
      const count = await attempt(this.path, () => this.file.write(chunk.subarray(done)));
      done += count;
      this.size += count;
    }
  }

  /** Sees to it that the bytes outlive a power cut. */
  async sync(): Promise<void> {
    await attempt(this.path, () => this.file.sync());
  }

  /** Removes what there is of the file and its note. */
  async remove(): Promise<void> {
    await Promise.all([this.path, this.#note].map((path) => Deno.remove(path).catch(() => {})));
  }

  /** Closes the file; what is there stays. */
  [Symbol.dispose](): void {
    this.file.close();
  }
}

/** Whether an open file is the one at `path`. */
async function isAt(file: Deno.FsFile, path: string): Promise<boolean> {
  const [open, there] = await Promise.all([file.stat(), Deno.stat(path).catch(() => undefined)]);
  return there !== undefined && open.ino === there.ino;
}

async function readVersion(note: string, url: string): Promise<Version | undefined> {
  try {
    const { validator, total, ...of } = JSON.parse(await Deno.readTextFile(note));
    if (of.url !== url) return undefined;
    return {
      validator: typeof validator === "string" ? validator : undefined,
      total: Number.isSafeInteger(total) ? total : undefined,
    };
  } catch {
    return undefined; // None, or one that was damaged: the bytes are of nothing known.
  }
}

/** Runs one file operation and turns its refusal into a line for the user. */
async function attempt<T>(path: string, operation: () => Promise<T>): Promise<T> {
  try {
    return await operation();
  } catch (error) {
    throw new UserError(
      `cannot write ${path} (${messageOf(error)}); make room there, or check permissions`,
    );
  }
}
