/**
 * What a checkpoint holds: the model, the optimiser's moments, the loss scale, and where the run stands.
 *
 * @module
 */
import { TensorLoader } from "../clip/tensor_loader.ts";
import { checkTensor } from "../clip/weights.ts";
import { UserError } from "../errors.ts";
import type { Device } from "../gpu/device.ts";
import {
  type Checkpoint,
  type CheckpointState,
  EXP_AVG,
  EXP_AVG_SQ,
  MODEL,
  openCheckpoint,
  saveCheckpoint,
} from "../io/checkpoint.ts";
import type { TensorEntry } from "../io/safetensors.ts";
import type { LossScale } from "../optim/loss_scale.ts";
import type { Optimizer } from "../optim/optimizer.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { type Settings, settingsFromJson, settingsToJson } from "./config/settings.ts";

/** Key of the loss scale in a checkpoint's state; runs in f32 have none. */
const LOSS_SCALE = "loss_scale";

/** Where a run stands between two optimiser steps. */
export interface Position {
  /** Optimiser steps taken. */
  readonly step: number;
  /** Epoch under way, from 0, and its next batch. */
  readonly epoch: number;
  readonly batch: number;
}

/** The best evaluation of the test split so far. */
export interface Best {
  readonly R1: number;
  readonly epoch: number;
}

/** The state of a run, as a checkpoint keeps it beside the tensors. */
export interface RunState {
  readonly settings: Settings;
  readonly position: Position;
  readonly best: Best | null;
}

/** What changes from step to step besides the model. */
export interface Learner {
  readonly optimizer: Optimizer;
  /** With `--precision amp`. */
  readonly lossScale?: LossScale;
}

/** Tensors on a device as entries of a file; each is read back when it is written. */
function* entries(
  tensors: Iterable<readonly [string, Tensor]>,
  prefix: string,
): Generator<TensorEntry> {
  for (const [name, tensor] of tensors) {
    const bytes = async () => new Uint8Array((await tensor.data()).buffer);
    yield { name: prefix + name, dtype: "F32", shape: [...tensor.shape], bytes };
  }
}

/** Writes a checkpoint, whole or not at all. */
export async function saveRun(
  path: string,
  parameters: Iterable<readonly [string, Tensor]>,
  { optimizer, lossScale }: Learner,
  { settings, position, best }: RunState,
): Promise<void> {
  function* tensors() {
    yield* entries(parameters, MODEL);
    yield* entries(optimizer.moments.averages, EXP_AVG);
    yield* entries(optimizer.moments.squares, EXP_AVG_SQ);
  }
  const state: CheckpointState = {
    settings: settingsToJson(settings),
    position: { ...position },
    best: best && { ...best },
    updates: await optimizer.updates(),
    ...lossScale && { [LOSS_SCALE]: { ...await lossScale.state() } },
  };
  await saveCheckpoint(path, { tensors: tensors(), state });
}

/**
 * Opens a checkpoint and reads where its run stood.
 *
 * @throws {UserError} if it is no checkpoint, or its state is not one of a run.
 */
export async function openRun(path: string): Promise<Checkpoint & { run: RunState }> {
  const checkpoint = await openCheckpoint(path);
  try {
    const { settings, position, best } = checkpoint.state;
    const { step, epoch, batch } = Object(position) as Position;
    if (![step, epoch, batch].every((n) => Number.isInteger(n) && n >= 0)) {
      throw new UserError(`${path} does not say where its run stands; it cannot be continued`);
    }
    return {
      ...checkpoint,
      run: {
        settings: settingsFromJson(settings, path),
        position: { step, epoch, batch },
        best: best as Best | null,
      },
    };
  } catch (error) {
    checkpoint.file.close();
    throw error;
  }
}

/**
 * Puts the optimiser's moments and counts, and the loss scale, back as a checkpoint holds them. A loss scale
 * that a run in f32 left none of stays as it is.
 *
 * @throws {UserError} if another optimiser wrote them, they do not fit the model, or the scale is damaged.
 */
export async function restoreLearner(
  device: Device,
  { file, state: { updates, [LOSS_SCALE]: scale } }: Checkpoint,
  { optimizer, lossScale }: Learner,
): Promise<void> {
  optimizer.resume(updates);
  if (scale !== undefined) lossScale?.resume(scale);
  const { averages, squares } = optimizer.moments;
  const loader = new TensorLoader(device, file);
  for (const [prefix, tensors] of [[EXP_AVG, averages], [EXP_AVG_SQ, squares]] as const) {
    for (const [name, target] of tensors) {
      checkTensor(file, prefix + name, target.shape);
      await loader.fill(target, { parts: [prefix + name], transposed: false });
    }
  }
}
