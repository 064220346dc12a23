/**
 * Event files for TensorBoard: TFRecords of `Event` messages (TensorFlow's `event.proto` and
 * `summary.proto`; the field numbers below are theirs).
 *
 * @module
 */

import { BinaryWriter, WireType } from "npm:@bufbuild/protobuf@2.16.0/wire";
import { join } from "node:path";
import { UserError } from "../errors.ts";
import { maskedCrc32c } from "./crc32c.ts";

/** Fills the message that is open in the writer. */
type Fill = (writer: BinaryWriter) => void;

/**
 * Appends events to a new file in a folder that TensorBoard watches. Each event is on disk when its
 * method returns; after a kill, the readers skip a record that was cut short. Where the disk refuses, any
 * method throws a {@link UserError}.
 *
 * @example
 * ```ts
 * import { EventWriter } from "./tfevents.ts";
 *
 * const folder = await Deno.makeTempDir();
 * {
 *   using events = EventWriter.create(folder);
 *   events.scalar("train/sim_loss", 0.25, 100);
 * }
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export class EventWriter implements Disposable {
  /** The file that the events go to. */
  readonly path: string;
  readonly #file: Deno.FsFile;

  private constructor(path: string, file: Deno.FsFile) {
    this.path = path;
    this.#file = file;
    this.#write((event) => event.tag(3, WireType.LengthDelimited).string("brain.Event:2"));
  }

  /**
   * Opens a new event file in `folder`, which is made where it does not exist.
   *
   * @throws {UserError} where the folder cannot be made or written.
   */
  static create(folder: string): EventWriter {
    // Readers look for "tfevents" and play the files of a folder in the order of their names.
    const seconds = String(Math.floor(Date.now() / 1000)).padStart(10, "0");
    const unique = `${Deno.pid}.${crypto.randomUUID().slice(0, 8)}`;
    const path = join(folder, `events.out.tfevents.${seconds}.${unique}`);
    const file = attempt(path, () => {
      Deno.mkdirSync(folder, { recursive: true });
      return Deno.openSync(path, { write: true, createNew: true });
    });
    return new EventWriter(path, file);
  }

  /** Adds a point to the curve `tag`; the value is stored as f32 and may be NaN or infinite. */
  scalar(tag: string, value: number, step: number): void {
    this.#value(tag, step, "scalars", (summary) => summary.tag(2, WireType.Bit32).float(value));
  }

  /** Adds an image to the series `tag`, from the bytes of an RGB PNG of `width` x `height` pixels. */
  image(tag: string, png: Uint8Array, width: number, height: number, step: number): void {
    this.#value(tag, step, "images", (summary) =>
      message(summary, 4, (image) => {
        image.tag(1, WireType.Varint).int32(height).tag(2, WireType.Varint).int32(width);
        image.tag(3, WireType.Varint).int32(3).tag(4, WireType.LengthDelimited).bytes(png);
      }));
  }

  /**
   * Adds a histogram of the finite ones of `values` to the series `tag`, in `bins` equal bins from the
   * least to the greatest.
   */
  histogram(tag: string, values: Iterable<number>, step: number, bins = 30): void {
    const finite = Float64Array.from(values).filter(Number.isFinite);
    const low = finite.reduce((a, b) => Math.min(a, b), finite[0] ?? 0);
    const high = finite.reduce((a, b) => Math.max(a, b), low);
    const width = (high - low) / bins || 1;
    const counts = new Float64Array(bins);
    for (const value of finite) counts[Math.min(bins - 1, Math.floor((value - low) / width))]++;
    const limits = counts.map((_, bin) => low + (bin + 1) * width);
    const sum = finite.reduce((total, value) => total + value, 0);
    const squares = finite.reduce((total, value) => total + value * value, 0);

    this.#value(tag, step, "histograms", (summary) =>
      message(summary, 5, (histogram) => {
        [low, high, finite.length, sum, squares].forEach((figure, i) =>
          histogram.tag(i + 1, WireType.Bit64).double(figure)
        );
        message(histogram, 6, (packed) => limits.forEach((limit) => packed.double(limit)));
        message(histogram, 7, (packed) => counts.forEach((count) => packed.double(count)));
      }));
  }

  /** Closes the file. */
  close(): void {
    this.#file.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** One `Summary.Value`; the plug-in's name tells TensorBoard which page shows it. */
  #value(tag: string, step: number, plugin: string, fill: Fill): void {
    this.#write((event) => {
      event.tag(2, WireType.Varint).int64(step);
      message(event, 5, (summary) =>
        message(summary, 1, (value) => {
          value.tag(1, WireType.LengthDelimited).string(tag);
          fill(value);
          message(value, 9, (metadata) =>
            message(metadata, 1, (data) =>
              data.tag(1, WireType.LengthDelimited).string(plugin)));
        }));
    });
  }

  /** One TFRecord: length, its checksum, the event, its checksum. */
  #write(fill: Fill): void {
    const writer = new BinaryWriter();
    writer.tag(1, WireType.Bit64).double(Date.now() / 1000);
    fill(writer);
    const event = writer.finish();
    const record = new Uint8Array(event.length + 16);
    const view = new DataView(record.buffer);
    view.setBigUint64(0, BigInt(event.length), true);
    view.setUint32(8, maskedCrc32c(record.subarray(0, 8)), true);
    record.set(event, 12);
    view.setUint32(12 + event.length, maskedCrc32c(event), true);
    attempt(this.path, () => {
      for (let done = 0; done < record.length;) done += this.#file.writeSync(record.subarray(done));
    });
  }
}

/** Writes `field` as a message, or as packed numbers, which look the same on the wire. */
function message(writer: BinaryWriter, field: number, fill: Fill): void {
  writer.tag(field, WireType.LengthDelimited).fork();
  fill(writer);
  writer.join();
}

/** Runs a file system operation and turns its refusal into a line for the user. */
function attempt<T>(path: string, operation: () => T): T {
  try {
    return operation();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : cause;
    throw new UserError(
      `cannot write ${path}: ${reason}; choose another folder or make room there`,
      {
        cause,
      },
    );
  }
}
