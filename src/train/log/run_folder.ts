/**
 * The folder of a run: its files, how it comes to be, and how the newest one is found.
 *
 * @module
 */
import { dirname, join, resolve } from "node:path";
import { UsageError, UserError } from "../../errors.ts";
import { removeLeftovers } from "../../io/atomic.ts";
import type { Settings } from "../config/settings.ts";
import { timestamp } from "./logger.ts";

/** Where runs go that name no folder, relative to the working directory. */
const RUNS = "runs";

/** The paths of a run's files. */
export class RunFolder {
  readonly settings: string;
  readonly log: string;
  readonly metrics: string;
  readonly tensorboard: string;
  readonly checkpoint: string;
  /** The checkpoint with the highest text-to-video R@1 on the test split. */
  readonly best: string;
  /** What `--profile` leaves. */
  readonly trace: string;
  /** The videos that were left out since they are not there; there is none where all are. */
  readonly missing: string;
  /** The videos that were left out since they cannot be decoded; there is none where all can. */
  readonly bad: string;

  constructor(readonly path: string) {
    this.settings = join(path, "hparams_train.json");
    this.log = join(path, "log.txt");
    this.metrics = join(path, "metrics.jsonl");
    this.tensorboard = join(path, "tensorboard");
    this.checkpoint = join(path, "ckpt.safetensors");
    this.best = join(path, "ckpt.best.safetensors");
    this.trace = join(path, "trace.json");
    this.missing = join(path, "missing.txt");
    this.bad = join(path, "bad_videos.txt");
  }
}

/** True where a run goes on from its checkpoint, not only from the weights of another one. */
export function continues(settings: Settings): boolean {
  return settings.resume !== null && !settings.load_from_pretrained;
}

/**
 * Makes the folder of a run: `--output_dir`; without it the folder of the checkpoint that is continued,
 * or `runs/<date-time>`. What killed writers left behind is removed.
 *
 * @throws {UsageError} if the folder holds another run's checkpoint, which would be overwritten.
 * @throws {UserError} if the folder cannot be made.
 */
export async function openRunFolder(
  settings: Settings,
  now: Date = new Date(),
): Promise<RunFolder> {
  const origin = continues(settings) ? dirname(settings.resume!) : undefined;
  const path = settings.output_dir ?? origin ?? join(RUNS, timestamp(now, "-", "_", "-"));
  const folder = new RunFolder(path);
  const own = origin !== undefined && resolve(origin) === resolve(path);
  if (!own && await modified(folder.checkpoint) !== undefined) {
    throw new UsageError(
      `${path} holds a run; give --resume ${folder.checkpoint} to continue it, or another --output_dir`,
    );
  }
  await makeFolder(path);
  const { settings: hparams, metrics, checkpoint, best, trace, missing } = folder;
  for (const file of [hparams, metrics, checkpoint, best, trace, missing]) {
    await removeLeftovers(file);
  }
  return folder;
}

/**
 * The `log.txt` of an evaluation, and its list of bad videos: in `--output_dir`, where one is given. The
 * folder may be that of a run: the log is added to, and nothing else of the run is touched.
 *
 * @throws {UserError} if the folder cannot be made.
 */
export async function openEvaluationLog(
  { output_dir }: Settings,
): Promise<{ readonly log?: string; readonly bad?: string }> {
  if (output_dir === null) return {};
  await makeFolder(output_dir);
  return { log: new RunFolder(output_dir).log, bad: join(output_dir, "bad_videos.eval.txt") };
}

/**
 * Where `--profile` leaves the trace of an evaluation: in `--output_dir`, without one beside the checkpoint
 * (its run's own trace stays), without that in the working directory.
 */
export function evaluationTrace({ output_dir, resume }: Settings): string {
  return join(output_dir ?? (resume === null ? "." : dirname(resume)), "trace.eval.json");
}

async function makeFolder(path: string): Promise<void> {
  try {
    await Deno.mkdir(path, { recursive: true });
  } catch (error) {
    const reason = (error as Error).message;
    throw new UserError(
      `cannot make the run folder ${path}: ${reason}; choose another --output_dir`,
      { cause: error },
    );
  }
}

/**
 * The newest run below `runs`: the one whose checkpoint was written last.
 *
 * @throws {UserError} if there is none.
 */
export async function newestRun(runs: string = RUNS): Promise<RunFolder> {
  let newest: { folder: RunFolder; time: number } | undefined;
  for (const name of (await folders(runs)).sort()) {
    const folder = new RunFolder(join(runs, name));
    const time = await modified(folder.checkpoint) ?? await modified(folder.best);
    if (time !== undefined && time >= (newest?.time ?? -Infinity)) newest = { folder, time };
  }
  if (newest) return newest.folder;
  throw new UserError(
    `no run with a checkpoint in ${runs}/; train one first (deno task train), or give --resume CHECKPOINT`,
  );
}

/** The checkpoint of a run to evaluate: its best, or its last where none was evaluated yet. */
export async function bestCheckpoint({ best, checkpoint }: RunFolder): Promise<string> {
  return await modified(best) === undefined ? checkpoint : best;
}

async function folders(path: string): Promise<string[]> {
  try {
    const entries = await Array.fromAsync(Deno.readDir(path));
    return entries.filter(({ isFile }) => !isFile).map(({ name }) => name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw new UserError(`cannot read ${path}/: ${(error as Error).message}`, { cause: error });
  }
}

/** When a file was last written, in milliseconds; undefined where there is none. */
async function modified(path: string): Promise<number | undefined> {
  try {
    return (await Deno.stat(path)).mtime?.getTime() ?? 0;
  } catch {
    return undefined;
  }
}
