/**
 * Checkpoints: one safetensors file that holds all that a run needs to go on. Tensors stand under
 * {@link MODEL}, {@link EXP_AVG} and {@link EXP_AVG_SQ}; settings, counters, the loader's position,
 * random state, loss scale and best metric are JSON texts in the file's metadata. Any safetensors reader
 * can take the weights out.
 *
 * @module
 */

import { isDeepStrictEqual } from "node:util";
import { UserError } from "../errors.ts";
import {
  openSafetensors,
  type SafetensorsFile,
  type TensorEntry,
  writeSafetensors,
} from "./safetensors.ts";
import { quote } from "./safetensors_error.ts";

/** Prefix of the model's tensors: parameters and buffers. */
export const MODEL = "model.";
/** Prefix of the optimiser's first moments, followed by the parameter's name. */
export const EXP_AVG = "optimizer.exp_avg.";
/** Prefix of the optimiser's second moments, followed by the parameter's name. */
export const EXP_AVG_SQ = "optimizer.exp_avg_sq.";

/** What JSON can hold. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
/** All of a run that is not a tensor. */
export type CheckpointState = Record<string, Json>;

/** What {@link saveCheckpoint} writes. */
export interface CheckpointContent {
  /** Tensors under the prefixes above, taken one by one. */
  readonly tensors: Iterable<TensorEntry> | AsyncIterable<TensorEntry>;
  readonly state: CheckpointState;
}

/** An opened checkpoint. */
export interface Checkpoint {
  /** The tensors, read when asked for; close it, or hold it by `using`. */
  readonly file: SafetensorsFile;
  /** Equal to what was saved, every number to the last bit. */
  readonly state: CheckpointState;
}

/** Metadata key whose presence makes a safetensors file a checkpoint; its value is the version. */
const VERSION_KEY = "centerclip_checkpoint";
const VERSION = "1";
const PREFIXES = [MODEL, EXP_AVG, EXP_AVG_SQ];

/**
 * Writes a checkpoint, atomically: a kill at any moment leaves the one before or this one.
 *
 * @throws {UserError} where the file cannot be written.
 * @throws {TypeError} where a tensor stands under none of the prefixes, or the state would not come
 * back as it is: JSON has no NaN, no undefined and no typed arrays.
 *
 * @example
 * ```ts
 * import { MODEL, openCheckpoint, saveCheckpoint } from "./checkpoint.ts";
 * import assert from "node:assert/strict";
 *
 * const path = await Deno.makeTempFile();
 * const bytes = new Uint8Array(Float32Array.of(0.5).buffer);
 * await saveCheckpoint(path, {
 *   tensors: [{ name: `${MODEL}logit_scale`, dtype: "F32", shape: [], bytes }],
 *   state: { epoch: 3, best: { R1: 43.6 } },
 * });
 * const { file, state } = await openCheckpoint(path);
 * assert.deepEqual(state, { epoch: 3, best: { R1: 43.6 } });
 * assert.deepEqual(await file.readF32(`${MODEL}logit_scale`), Float32Array.of(0.5));
 * file.close();
 * await Deno.remove(path);
 * ```
 */
export async function saveCheckpoint(
  path: string,
  { tensors, state }: CheckpointContent,
): Promise<void> {
  const entries = await Array.fromAsync(tensors);
  const stray = entries.find(({ name }) => !PREFIXES.some((prefix) => name.startsWith(prefix)));
  if (stray) throw new TypeError(`checkpoint tensor ${stray.name} is under none of ${PREFIXES}`);
  if (Object.hasOwn(state, VERSION_KEY)) throw new TypeError(`${VERSION_KEY} is a reserved key`);
  const texts = Object.entries(state).map(([key, value]) => [key, encode(key, value)]);
  await writeSafetensors(path, entries, { ...Object.fromEntries(texts), [VERSION_KEY]: VERSION });
}

/**
 * Opens a checkpoint.
 *
 * @throws {UserError} where the file cannot be read, is no well-formed safetensors file, is no
 * checkpoint, or has a version that this code does not know.
 *
 * @example
 * ```ts
 * import { openCheckpoint } from "./checkpoint.ts";
 * import assert from "node:assert/strict";
 *
 * await assert.rejects(openCheckpoint("no/such/file"), { name: "UserError" });
 * ```
 */
export async function openCheckpoint(path: string): Promise<Checkpoint> {
  const file = await openSafetensors(path);
  try {
    return { file, state: decodeState(file) };
  } catch (error) {
    file.close();
    throw error;
  }
}

/**
 * Names of the tensors under `prefix`, without it.
 *
 * @example
 * ```ts
 * import { MODEL, namesUnder } from "./checkpoint.ts";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(namesUnder(["model.a", "optimizer.exp_avg.a"], MODEL), ["a"]);
 * ```
 */
export function namesUnder(names: readonly string[], prefix: string): string[] {
  return names.filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
}

function decodeState({ label, metadata }: SafetensorsFile): CheckpointState {
  const { [VERSION_KEY]: version, ...texts } = metadata;
  if (version === undefined) {
    throw new UserError(
      `${label} holds tensors but is not a checkpoint of a run; give the run's ckpt.safetensors`,
    );
  }
  if (version !== VERSION) {
    throw new UserError(
      `${label} is a checkpoint of version ${
        quote(version)
      } and this program reads version ${VERSION}; ` +
        "use the program that wrote it",
    );
  }
  const decode = ([key, text]: [string, string]): [string, Json] => {
    try {
      return [key, JSON.parse(text)];
    } catch (cause) {
      throw new UserError(`${label}: its ${quote(key)} is not JSON; use another checkpoint`, {
        cause,
      });
    }
  };
  return Object.fromEntries(Object.entries(texts).map(decode));
}

/** JSON that parses back to exactly `value`. */
function encode(key: string, value: Json): string {
  const text = JSON.stringify(value, (_, part) => typeof part === "number" ? exact(part) : part);
  if (text === undefined || !isDeepStrictEqual(JSON.parse(text), value)) {
    throw new TypeError(`checkpoint state ${key} holds what JSON cannot give back unchanged`);
  }
  return text;
}

/**
 * JSON.stringify turns -0 into 0 and infinities into null, though JSON itself can say all three: a
 * number beyond the range of doubles is read as infinity.
 */
function exact(value: number): unknown {
  const { rawJSON } = JSON as typeof JSON & { rawJSON(text: string): unknown };
  if (Object.is(value, -0)) return rawJSON("-0");
  return Math.abs(value) === Infinity ? rawJSON(value > 0 ? "1e999" : "-1e999") : value;
}
