import type { FlagTable } from "../flag.ts";

/** What is read: annotations, videos, frames and words. */
export const dataFlags = {
  datatype: {
    kind: "choice",
    choices: ["msrvtt", "msvd", "lsmdc", "activity", "didemo"],
    default: "msrvtt",
    meaning: "data set (activity: ActivityNet Captions)",
  },
  train_csv: {
    kind: "text",
    default: "data/.train.csv",
    meaning: "MSR-VTT: list of the training videos, a column video_id",
  },
  val_csv: {
    kind: "text",
    default: "data/.val.csv",
    meaning: "MSR-VTT: list of the test pairs, columns video_id and sentence",
  },
  data_path: {
    kind: "text",
    default: "data/caption.pickle",
    meaning: "MSR-VTT: JSON file of captions; other data sets: folder of the annotation files",
  },
  features_path: {
    kind: "text",
    default: "data/videos_feature.pickle",
    meaning: "folder of the video files",
  },
  lmdb_dataset: {
    kind: "text",
    default: null,
    meaning:
      "LMDB that holds the videos, from deno task pack or the original's own; without it files are " +
      "read",
  },
  expand_msrvtt_sentences: {
    kind: "flag",
    default: false,
    meaning: "MSR-VTT: one sample for each caption; else one for each video, its caption drawn",
  },
  max_words: { kind: "int", default: 20, min: 2, meaning: "tokens of a caption, ends included" },
  max_frames: { kind: "int", default: 100, min: 1, meaning: "frames sampled from a video" },
  num_thread_reader: {
    kind: "int",
    default: 1,
    min: 1,
    meaning: "workers that decode videos ahead",
  },
  cache_mb: {
    kind: "int",
    default: 256,
    min: 0,
    meaning: "megabytes of decoded frames to keep in memory, for each split",
  },
  frame_cache: {
    kind: "text",
    default: null,
    meaning:
      "file, an LMDB made where missing, that keeps decoded frames for later epochs and runs; the " +
      "batches are the same with it",
  },
  frame_cache_gb: {
    kind: "float",
    default: 100,
    above: 0,
    meaning: "most gigabytes of the frame cache; when it is full nothing more is added",
  },
  decoder: {
    kind: "choice",
    choices: ["auto", "native", "wasm"],
    default: "auto",
    meaning: "ffmpeg on the PATH, or ffmpeg.wasm (faster for many short clips); the same pixels",
  },
  missing: {
    kind: "choice",
    choices: ["skip", "fail"],
    default: "skip",
    meaning:
      "what a video does that a split names and that is not there: before training starts it is " +
      "named and left out, or ends the run",
  },
  bad_video: {
    kind: "choice",
    choices: ["skip", "fail"],
    default: "skip",
    meaning:
      "what a video that cannot be decoded does: it is named and left out (in training another " +
      "sample takes its place), or it ends the run",
  },
  max_bad: {
    kind: "int",
    default: null,
    min: 0,
    meaning:
      "most videos of a split that may be left out since they cannot be decoded: one more ends the " +
      "run; without it --bad_video_limit decides",
  },
  bad_video_limit: {
    kind: "float",
    default: 0.01,
    min: 0,
    max: 1,
    meaning: "the same as a fraction of the split's videos",
  },
} as const satisfies FlagTable;
