/**
 * Rows over the loader: how fast clips come, and whether a training step has to wait for them.
 *
 * @module
 */

/** One figure of the loader. */
export interface LoaderRow {
  readonly kind: "loader";
  /** Clips a second, milliseconds to read or write a clip of the frame cache, or the wait of a training step. */
  readonly of: "rate" | "read" | "write" | "wait";
  readonly from: "files" | "lmdb" | "cache";
  /** Default: the native one where it is there. */
  readonly decoder?: "native" | "wasm";
  readonly workers: number;
}

/** Every row by its name. */
export const LOADER_ROWS: readonly [string, LoaderRow][] = [
  ...(["files", "lmdb"] as const).flatMap((from) =>
    (["native", "wasm"] as const).flatMap((decoder) =>
      [1, 2].map((workers): [string, LoaderRow] => [
        `loader_${from}_${decoder}_${workers}`,
        { kind: "loader", of: "rate", from, decoder, workers },
      ])
    )
  ),
  ["loader_cache", { kind: "loader", of: "rate", from: "cache", workers: 1 }],
  ["loader_cache_read", { kind: "loader", of: "read", from: "cache", workers: 1 }],
  ["loader_cache_write", { kind: "loader", of: "write", from: "cache", workers: 1 }],
  ...(["files", "cache"] as const).map((from): [string, LoaderRow] => [
    `loader_wait_${from}`,
    { kind: "loader", of: "wait", from, workers: 1 },
  ]),
];

/** The clips: a video of 3 frames a second, as MSR-VTT's are once they are made smaller for training. */
export const CLIP = { seconds: 15, fps: 3, width: 320, height: 240 } as const;
/** Milliseconds a clip that a GPU is taken to need in training, where it is to wait for the loader. */
export const STEP_MS = 50;
/** Clips of an epoch, frames that are taken of each, side of a frame, clips of a batch. */
export const EPOCH = { clips: 10, frames: 12, side: 224, batch: 2 } as const;
