/**
 * Warming up: twice, or once where a run takes so long that what is cold does not show.
 *
 * @module
 */

const RUNS = 2;
/** Milliseconds of a long run. */
const LONG = 10_000;

/** Runs what will be timed until it is warm. */
export async function warmUp(run: () => Promise<number>): Promise<void> {
  for (let i = 0; i < RUNS; i++) if (await run() > LONG) return;
}
