/** What `deno task eval` and `deno task train --do_eval 1` share. */
import type { Settings } from "../src/train/config/settings.ts";
import { evaluateRun, timeInference } from "../src/train/evaluate_run.ts";

/** Evaluates, or times the encoders where that is asked for, and prints the result. */
export async function printEvaluation(given: Partial<Settings>, json = false): Promise<void> {
  if (given.inference_speed_test) {
    const time = await timeInference(given);
    const { pairs, seconds } = time;
    console.log(json ? JSON.stringify(time) : `${pairs} pairs encoded in ${seconds.toFixed(2)} s`);
    return;
  }
  const result = await evaluateRun(given);
  const [t2v, v2t] = [result.t2v, result.v2t].map(({ R1 }) => R1.toFixed(1));
  console.log(
    json ? JSON.stringify(result) : `text-to-video R@1 ${t2v}, video-to-text R@1 ${v2t}`,
  );
}
