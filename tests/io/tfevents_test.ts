import assert from "node:assert/strict";
import { basename } from "node:path";
import { BinaryReader, WireType } from "npm:@bufbuild/protobuf@2.16.0/wire";
import { maskedCrc32c } from "../../src/io/crc32c.ts";
import { EventWriter } from "../../src/io/tfevents.ts";
import { listing, withFolder } from "./folder.ts";

/** A protobuf message by field number, in order; sub-messages stay bytes. */
type Fields = Map<number, (number | Uint8Array)[]>;

function fields(bytes: Uint8Array): Fields {
  const reader = new BinaryReader(bytes);
  const read = {
    [WireType.Varint]: () => Number(reader.int64()),
    [WireType.Bit64]: () => reader.double(),
    [WireType.Bit32]: () => reader.float(),
    [WireType.LengthDelimited]: () => reader.bytes(),
  };
  const message: Fields = new Map();
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    const value = read[type as keyof typeof read]();
    message.set(field, [...message.get(field) ?? [], value]);
  }
  return message;
}

/** Follows sub-messages by field number. */
function at(message: Fields, ...path: number[]): number | Uint8Array | undefined {
  const value = message.get(path[0])?.[0];
  return path.length > 1 ? at(fields(value as Uint8Array), ...path.slice(1)) : value;
}

const text = (value: number | Uint8Array | undefined) =>
  new TextDecoder().decode(value as Uint8Array);

/** The events of a file, every length and both checksums of each record verified. */
function events(bytes: Uint8Array<ArrayBuffer>): Fields[] {
  const view = new DataView(bytes.buffer);
  const found: Fields[] = [];
  for (let begin = 0; begin < bytes.length;) {
    const length = Number(view.getBigUint64(begin, true));
    const data = bytes.subarray(begin + 12, begin + 12 + length);
    assert.equal(data.length, length, "the record is whole");
    assert.equal(view.getUint32(begin + 8, true), maskedCrc32c(bytes.subarray(begin, begin + 8)));
    assert.equal(view.getUint32(begin + 12 + length, true), maskedCrc32c(data));
    found.push(fields(data));
    begin += length + 16;
  }
  return found;
}

/** Writes events and reads them back, without the version event. */
async function written(write: (writer: EventWriter) => void): Promise<Fields[]> {
  let found: Fields[] = [];
  await withFolder(async (folder) => {
    const writer = EventWriter.create(folder);
    write(writer);
    writer.close();
    found = events(await Deno.readFile(writer.path));
  });
  assert.equal(text(at(found[0], 3)), "brain.Event:2", "the first event states the version");
  return found.slice(1);
}

Deno.test("scalars come back with tag, step, time and value, NaN and infinity included", async () => {
  const values = [0.1, -2.5, NaN, Infinity];
  const start = Date.now() / 1000;
  const found = await written((writer) => {
    values.forEach((value, i) => writer.scalar("train/größe", value, 3_000_000_000 + i));
  });
  for (const [i, event] of found.entries()) {
    const time = at(event, 1) as number;
    assert.ok(time >= start && time <= Date.now() / 1000);
    assert.equal(at(event, 2), 3_000_000_000 + i);
    assert.equal(text(at(event, 5, 1, 1)), "train/größe");
    assert.equal(at(event, 5, 1, 2), Math.fround(values[i]));
    assert.equal(text(at(event, 5, 1, 9, 1, 1)), "scalars");
  }
  assert.equal(found.length, values.length);
});

Deno.test("an image comes back with its size, its channels and its bytes", async () => {
  const png = Uint8Array.from({ length: 300 }, (_, i) => i);
  const [event] = await written((writer) => writer.image("frames", png, 64, 48, 7));
  assert.equal(at(event, 2), 7);
  assert.equal(text(at(event, 5, 1, 9, 1, 1)), "images");
  assert.deepEqual([1, 2, 3].map((field) => at(event, 5, 1, 4, field)), [48, 64, 3]);
  assert.deepEqual(at(event, 5, 1, 4, 4), png);
});

/** Numbers of a packed field of doubles. */
function doubles(packed: number | Uint8Array | undefined): number[] {
  return Array.from(new Float64Array((packed as Uint8Array).slice().buffer));
}

Deno.test("a histogram counts every finite value once, the greatest in the last bin", async () => {
  const values = [0, 1, 1.5, 2, 4, NaN, Infinity, -Infinity];
  const [event] = await written((writer) => writer.histogram("weights", values, 1, 4));
  const histogram = fields(at(event, 5, 1, 5) as Uint8Array);
  assert.deepEqual([1, 2, 3, 4, 5].map((field) => at(histogram, field)), [0, 4, 5, 8.5, 23.25]);
  assert.deepEqual(doubles(at(histogram, 6)), [1, 2, 3, 4]);
  assert.deepEqual(doubles(at(histogram, 7)), [1, 2, 1, 1]);
  assert.equal(text(at(event, 5, 1, 9, 1, 1)), "histograms");
});

Deno.test("a histogram of equal values, or of none, is well-formed", async () => {
  const [equal, none] = await written((writer) => {
    writer.histogram("x", Float32Array.of(-3, -3), 1, 2);
    writer.histogram("x", [NaN], 1, 2);
  });
  assert.deepEqual(doubles(at(equal, 5, 1, 5, 7)), [2, 0]);
  assert.deepEqual(doubles(at(equal, 5, 1, 5, 6)), [-2, -1]);
  assert.deepEqual(doubles(at(none, 5, 1, 5, 7)), [0, 0]);
});

Deno.test("each event is on disk at once, and writers of one folder have files of their own", () =>
  withFolder(async (folder) => {
    using first = EventWriter.create(`${folder}/a/b`);
    using second = EventWriter.create(`${folder}/a/b`);
    first.scalar("x", 1, 1);
    assert.equal(events(await Deno.readFile(first.path)).length, 2);
    assert.equal(events(await Deno.readFile(second.path)).length, 1);
    const names = await listing(`${folder}/a/b`);
    assert.deepEqual(names, [first.path, second.path].map((path) => basename(path)).sort());
    for (const name of names) assert.match(name, /^events\.out\.tfevents\.\d{10}\./);
  }));

Deno.test("a folder that cannot be made is one line", () =>
  withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/file`, "");
    assert.throws(
      () => EventWriter.create(`${folder}/file/tensorboard`),
      /^UserError: cannot write .*file\/tensorboard\/events[^\n]*; choose another folder/,
    );
  }));
