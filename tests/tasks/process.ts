/** Tasks in processes of their own. */

/** Starts a task. */
export function start(task: string, ...words: string[]): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "--quiet", `tasks/${task}.ts`, ...words],
    ...{ stdin: "null", stdout: "piped", stderr: "piped", env: { NO_COLOR: "1" } },
  }).spawn();
}

/** How a task ended. */
export async function outcome(process: Deno.ChildProcess) {
  const { code, stdout, stderr } = await process.output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, out: text(stdout), err: text(stderr) };
}

/** Runs a task to its end. */
export function run(task: string, ...words: string[]) {
  return outcome(start(task, ...words));
}

/** Waits for what a process is to bring about; not for ever, where it ends before. */
export async function until(
  process: Deno.ChildProcess,
  reached: () => boolean | Promise<boolean>,
): Promise<void> {
  let ended = false;
  process.status.then(() => ended = true);
  while (!await reached()) {
    if (ended) throw new Error(`it ended early: ${JSON.stringify(await outcome(process))}`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
