/**
 * What an epoch holds open: the place of the videos, and a decoder once one is needed.
 *
 * @module
 */

import {
  type Clip,
  type DecodeOptions,
  type Decoder,
  type DecoderOptions,
  openDecoder,
} from "../video/decode.ts";
import { engineIdentity } from "../video/engine.ts";
import { fingerprint } from "./fingerprint.ts";
import { openVideos, type VideoFinder, type VideoPlace } from "./video_source.ts";

/** Which part of a video a clip is, and the form of its frames. */
export type ClipOptions = Omit<DecodeOptions, "choose">;

/** The videos of one epoch and the workers that decode them. */
export class LoaderRun implements AsyncDisposable {
  #decoder: Promise<Decoder> | undefined;
  #closed = false;
  readonly #pending = new Map<string, Promise<Clip>>();

  private constructor(
    readonly videos: VideoFinder,
    private readonly decoding: DecoderOptions,
  ) {}

  /** @throws UserError where the videos' place cannot be opened. */
  static async open(place: VideoPlace, decoding: DecoderOptions): Promise<LoaderRun> {
    return new LoaderRun(await openVideos(place), decoding);
  }

  /** The clip that is on its way under `key`, or the one that `make` now sets out for. */
  share(key: string, make: () => Promise<Clip>): Promise<Clip> {
    let clip = this.#pending.get(key);
    if (clip === undefined) {
      clip = make().finally(() => this.#pending.delete(key));
      this.#pending.set(key, clip);
    }
    return clip;
  }

  /** All that the frames of a clip of the video `file` depend on; nothing where there is no such file. */
  async identify(file: string, clip: ClipOptions): Promise<string | undefined> {
    const decoder = await engineIdentity(this.decoding.prefer);
    this.#checkOpen();
    const video = await fingerprint(file, this.videos.find(file));
    return video && JSON.stringify([decoder, video, clip.start, clip.end, clip.size, clip.resize]);
  }

  /** Decodes a clip of the video `file`. Workers start with the first one: a full cache needs none. */
  async decode(file: string, options: DecodeOptions): Promise<Clip> {
    this.#checkOpen();
    this.#decoder ??= openDecoder(this.decoding);
    const decoder = await this.#decoder;
    return await decoder.decode(() => this.videos.find(file), options);
  }

  /** Ends the workers; what is still to be decoded is rejected. */
  close(): void {
    this.#closed = true;
    // A decoder that could not be opened has been reported to whoever asked for a clip.
    this.#decoder?.then((decoder) => decoder.close(), () => {});
  }

  /** The videos' place may be closed too, and a native library would read memory that it gave back. */
  #checkOpen(): void {
    if (this.#closed) throw new Error("the loader was closed");
  }

  /** Closes everything. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    await this.#decoder?.catch(() => {});
    await this.videos[Symbol.asyncDispose]();
  }
}
