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
