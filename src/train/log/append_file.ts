/**
 * A text file that grows line by line.
 *
 * @module
 */
import { UserError } from "../../errors.ts";

const encoder = new TextEncoder();

/**
 * A file opened for appending. A line goes out in one write, at once: a kill leaves whole lines, and two
 * writers do not mix theirs.
 */
export class AppendFile implements Disposable {
  readonly #file: Deno.FsFile;

  /** @throws {UserError} if the file cannot be opened. */
  constructor(readonly path: string) {
    this.#file = this.#attempt(() => Deno.openSync(path, { append: true, create: true }));
  }

  /** @throws {UserError} if the file system takes no more. */
  writeLine(line: string): void {
    const bytes = encoder.encode(line + "\n");
    this.#attempt(() => {
      for (let done = 0; done < bytes.length;) done += this.#file.writeSync(bytes.subarray(done));
    });
  }

  #attempt<T>(operation: () => T): T {
    try {
      return operation();
    } catch (error) {
      throw new UserError(
        `cannot write ${this.path}: ${
          (error as Error).message
        }; make room, or choose another folder`,
        { cause: error },
      );
    }
  }

  [Symbol.dispose](): void {
    this.#file.close();
  }
}
