/**
 * Interrupts that reach ffmpeg, too.
 *
 * @module
 */

/** Within what time of each other a Ctrl-C reaches the processes of a terminal, in milliseconds. */
const SPREAD = 100;

/** Waits till a Ctrl-C that may have ended ffmpeg has reached this process. */
export async function interruptHeard(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, SPREAD));
}
