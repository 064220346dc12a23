/**
 * A run small enough for tests: real clips, two blocks, clustering between them.
 */
import { join } from "node:path";
import { parseCommandLine } from "../../src/train/config/parse.ts";
import { flags, type Settings } from "../../src/train/config/settings.ts";
import { type RunResult, train } from "../../src/train/loop.ts";

const SHAPES = "fixtures/shapes";

/** Flags that name a few of the built-in clips. */
export function tinyData(folder: TemporaryFolder): string[] {
  return [
    ...["--train_csv", folder.excerpt("train.csv", 12), "--val_csv", folder.excerpt("test.csv", 5)],
    ...["--data_path", `${SHAPES}/captions.json`, "--features_path", `${SHAPES}/videos`],
  ];
}

/** Flags of the tiny run, as one would type them. */
export function tiny(folder: TemporaryFolder): string[] {
  return [...tinyData(folder), ...tinyModel()];
}

/** Flags of the tiny model and its training, without data. */
export function tinyModel(): string[] {
  return [
    ...["--pretrained_clip_name", "scratch", "--image_resolution", "64"],
    ...["--vision_patch_size", "32", "--vision_width", "64", "--vision_layers", "2"],
    ...["--text_layers", "1", "--text_width", "64", "--embed_dim", "64"],
    ...["--context_length", "24", "--max_words", "24", "--max_frames", "4", "--cluster_inter", "1"],
    ...["--cluster_num_blocks", "4", "4", "--target_frames_blocks", "4", "2"],
    ...["--batch_size", "4", "--batch_size_val", "3", "--epochs", "20", "--n_display", "1"],
    ...["--optim", "AdamW", "--lr", "1e-3", "--freeze_layer_num", "-1", "--eval_every", "100"],
  ];
}

/** The settings that flags give. */
export function given(...words: string[]): Partial<Settings> {
  return parseCommandLine(words, flags).given;
}

/** Trains the tiny run in `path` without end, with further flags, and interrupts it after its first step. */
export async function interrupted(
  folder: TemporaryFolder,
  path: string,
  ...words: string[]
): Promise<RunResult> {
  const interrupt = new AbortController();
  const steps = ["--max_steps", "10000", "--epochs", "10000"];
  const running = train(
    given(...tiny(folder), "--output_dir", path, ...steps, ...words),
    interrupt.signal,
  );
  const watch = setInterval(() => {
    try {
      if (Deno.statSync(`${path}/metrics.jsonl`).size > 0) interrupt.abort();
    } catch { /* not there yet */ }
  }, 10);
  return await running.finally(() => clearInterval(watch));
}

/** A fresh folder that is removed at the end. */
export class TemporaryFolder implements Disposable {
  readonly path: string = Deno.makeTempDirSync({ prefix: "centerclip-" });

  /** A path inside. */
  in(name: string): string {
    return join(this.path, name);
  }

  /** The first rows of an annotation file of the built-in clips (`source`), as a file inside. */
  excerpt(name: string, rows: number, source = name): string {
    const lines = Deno.readTextFileSync(join(SHAPES, source)).split("\n");
    const path = this.in(name);
    Deno.writeTextFileSync(path, lines.slice(0, rows + 1).join("\n") + "\n");
    return path;
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.path, { recursive: true });
  }
}

/** The lines of a run's `metrics.jsonl` that training wrote, without what a clock decides. */
export async function trainingLines(folder: string): Promise<Record<string, number>[]> {
  const text = await Deno.readTextFile(join(folder, "metrics.jsonl"));
  return text.trim().split("\n").map((line) => JSON.parse(line))
    .filter((line) => "loss" in line)
    .map(({ step, epoch, loss, lr, logit_scale, grad_norm }) => ({
      step,
      epoch,
      loss,
      lr,
      logit_scale,
      grad_norm,
    }));
}
