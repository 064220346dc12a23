/**
 * Whether a file is a whole video.
 *
 * @module
 */

import { type Decoder, type DecoderOptions, openDecoder } from "../../video/decode.ts";

/** Opens videos to see whether they can be. The workers start with the first one. */
export class VideoCheck implements Disposable {
  #decoder?: Promise<Decoder>;

  constructor(private readonly options: DecoderOptions) {}

  /**
   * Counts the frames of a video against what its header says, and decodes the first one.
   *
   * @throws {UserError} naming the file where it is none, or cut.
   */
  async check(path: string): Promise<void> {
    const decoder = await (this.#decoder ??= openDecoder(this.options));
    await decoder.decode({ path }, { choose: { rule: "all" }, end: 0 });
  }

  /** Ends the workers. */
  [Symbol.dispose](): void {
    this.#decoder?.then((decoder) => decoder.close(), () => {});
  }
}
