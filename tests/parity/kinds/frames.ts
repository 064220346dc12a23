/**
 * Frame sampling, the index logic of decoding, and image transforms.
 *
 * @module
 */
import {
  centerCrop,
  compat,
  cropOffset,
  normalizeFrames,
  resizeBicubic,
  segmentIndices,
  shortSideSize,
  uniformIndices,
} from "../../../mod.ts";
import type { Checks } from "../checks.ts";
import type { Fields } from "../fields.ts";
import type { GoldenCase } from "../golden.ts";
import type { Kinds, Table } from "../kind.ts";
import { replay } from "../replay.ts";
import { parseTolerance } from "../tolerance.ts";
import { bytes, floats } from "../values.ts";

/** A table whose rows stand below `key`, or which is itself the list of rows. */
function rows(name: string, key: string | undefined, run: Row): Table {
  return {
    name,
    run: ({ manifest }, checks) => {
      const list = key === undefined ? manifest.objects(name) : manifest.object(name).objects(key);
      for (const row of list) run(row, checks, row.where);
    },
  };
}

type Row = (row: Fields, checks: Checks, where: string) => void;

const uniform: Row = (row, checks, where) =>
  checks.equal(
    where,
    uniformIndices(row.number("clip_length"), row.number("num_frames")),
    row.numbers("indices"),
  );

const uniformTwice: Row = (row, checks, where) =>
  checks.equal(
    where,
    compat.uniformIndicesTwice(row.number("clip_length"), row.number("num_frames")),
    row.numbers("indices"),
  );

const segments: Row = (row, checks, where) => {
  const draw = replay(row.has("draws") ? row.numbers("draws") : []);
  const found = segmentIndices(row.number("clip_length"), row.number("num_frames"), draw);
  checks.equal(where, found, row.numbers("indices"));
};

/**
 * Draws come from a generator that is not rebuilt here, so they are read off the reference's frames:
 * each must lie in its segment, which {@link replay} demands.
 */
const videoFrames: Row = (row, checks, where) => {
  const frames = row.number("num_segments");
  const video = {
    streamFrames: row.number("stream_frames"),
    decodedFrames: row.number("decoded_frames"),
    fps: row.number("fps"),
    start: row.optionalNumber("start"),
    end: row.optionalNumber("end"),
  };
  const numbers = (choose: (count: number) => number[]) =>
    compat.videoFrameNumbers(choose, video, frames);
  if (row.has("error")) {
    let refused = false;
    try {
      numbers((count) => uniformIndices(frames, count));
    } catch (error) {
      refused = error instanceof RangeError;
    }
    return checks.holds(`${where} is accepted, but the original ends there`, refused);
  }
  const expected = row.numbers("frame_numbers");
  const first = numbers(() => [0]).numbers[0];
  const found = numbers((count) => {
    if (!row.flag("train")) return uniformIndices(frames, count);
    const average = Math.floor(count / frames);
    return segmentIndices(frames, count, replay(expected.map((n, i) => n - first - i * average)));
  });
  checks.equal(`${where}.frame_numbers`, found.numbers, expected);
  checks.equal(`${where}.frame_length`, [found.length], [row.number("frame_length")]);
};

const order: Row = (row, checks, where) => {
  const all = Array.from({ length: row.number("T") }, (_, i) => i);
  for (const rule of [0, 1, 2] as const) {
    const expected = row.numbers(`order${rule}`);
    checks.equal(`${where}.order${rule}`, compat.orderFrames(rule, all, expected), expected);
    // The permutation is random: all that is left to hold is that it is one.
    checks.equal(`${where}.order${rule}, sorted`, expected.toSorted((a, b) => a - b), all);
  }
};

const slice: Row = (row, checks, where) => {
  for (const position of [0, 1, 2] as const) {
    const found = compat.sliceFrames(position, row.number("max_frames"), row.number("frames"));
    checks.equal(`${where}.slice${position}`, found, row.numbers(`slice${position}`));
  }
};

const positions: Row = (row, checks, where) => {
  const video = {
    frameCount: row.number("frame_count"),
    fps: row.number("fps"),
    start: row.optionalNumber("start"),
    end: row.optionalNumber("end"),
  };
  const found = compat.secondwisePositions(video, row.number("sample_fp"));
  checks.equal(where, found, row.numbers("frame_positions"));
};

const crops: Row = (row, checks, where) => {
  const found = [row.number("h"), row.number("w")]
    .map((extent) => cropOffset(extent, row.number("size")));
  checks.equal(where, found, [row.number("top"), row.number("left")]);
};

/** Each key says the image's size and the crop's. */
const multiScale: Table = {
  name: "multiscale_crop_unused",
  run: ({ manifest }, checks) => {
    const table = manifest.object("multiscale_crop_unused");
    for (const key of table.keys.filter((key) => key !== "scales")) {
      const [, height, width, crop] = key.match(/^offsets_(\d+)x(\d+)_crop(\d+)$/)!.map(Number);
      const found = compat.multiScaleCropOffsets(width, height, crop, crop);
      checks.same(key, found, table.rows(key));
    }
    checks.equal("scales", compat.MULTI_SCALE_CROPS, table.numbers("scales"));
  },
};

async function transform(golden: GoldenCase, checks: Checks): Promise<void> {
  const { shape: [, height, width], data } = await bytes(golden.input("frames_u8"));
  const size = golden.params.number("size");
  const found = normalizeFrames(centerCrop({ data, height, width }, size));
  const expected = await floats(golden.output("tensor"));
  checks.close("tensor", found, expected.data, parseTolerance(golden.tolerance));
}

async function resize(golden: GoldenCase, checks: Checks): Promise<void> {
  const { shape: [height, width], data } = await bytes(golden.input("image_u8"));
  const size = golden.params.number("n_px"), to = shortSideSize(height, width, size);
  const resized = resizeBicubic({ data, height, width }, to.height, to.width);
  const expected = await bytes(golden.output("resized_u8"));
  const tolerance = parseTolerance(golden.tolerance, "resized_u8");
  checks.close("resized_u8", resized, expected.data, tolerance);
  // One unit of a byte, through the normalisation, is at most 1 / 255 / 0.261.
  const perUnit = 1 / 255 / 0.26130258;
  const cropped = normalizeFrames(centerCrop({ data: resized, ...to }, size));
  checks.close("tensor", cropped, (await floats(golden.output("tensor"))).data, {
    ...tolerance,
    atol: tolerance.atol * perUnit,
  });
}

export const frames: Kinds = {
  kinds: [
    { function: /_val_transform/, run: transform },
    { function: /rawvideo_util transform/, run: resize },
  ],
  tables: [
    rows("uniform_sampling_eval", "cases", uniform),
    rows("uniform_sampling_twice", undefined, uniformTwice),
    rows("multi_segments_sampling_no_shift", undefined, uniform),
    rows("multi_segments_sampling_train", "cases", segments),
    rows("get_video_data", "cases", videoFrames),
    rows("process_frame_order", "cases", order),
    rows("slice_framepos_clip4clip", "cases", slice),
    rows("clip4clip_cv2_positions", "cases", positions),
    rows("center_crop_offsets", undefined, crops),
    multiScale,
  ],
};
