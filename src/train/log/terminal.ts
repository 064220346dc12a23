/**
 * Standard error, where everything goes that is not a result.
 *
 * @module
 */

const encoder = new TextEncoder();

/** Standard error is a terminal: a line may be redrawn. */
export function interactive(): boolean {
  return Deno.stderr.isTerminal();
}

/** Undoes what a progress bar did to the terminal's modes, for a process that ends under it. */
export function restoreTerminal(): void {
  const wrapLines = "\x1b[?7h";
  if (interactive()) writeLine(wrapLines);
}

/**
 * Writes one line to standard error. A progress bar on the current line is wiped first and draws itself
 * anew below. A terminal that is gone does not end a run: the line is dropped.
 */
export function writeLine(line: string): void {
  const bytes = encoder.encode(interactive() ? `\r\x1b[K${line}\n` : `${line}\n`);
  try {
    for (let done = 0; done < bytes.length;) done += Deno.stderr.writeSync(bytes.subarray(done));
  } catch {
    // Closed pipe or terminal.
  }
}
