import assert from "node:assert/strict";

const PROBE = new URL("./_cli_probe.ts", import.meta.url);

function probe(...args: string[]): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", PROBE.href, ...args],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

async function outcome(process: Deno.ChildProcess) {
  const { code, stdout, stderr } = await process.output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, out: text(stdout), err: text(stderr) };
}

/** Starts the probe, sends a signal once it is at work, and once more where told. */
async function interrupted(end: string, signals: Deno.Signal[]) {
  const process = probe("clip.mp4", "--end", end);
  const reader = process.stdout.getReader();
  assert.match(new TextDecoder().decode((await reader.read()).value), /ready/);
  reader.releaseLock();
  for (const signal of signals) {
    process.kill(signal);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return await outcome(process);
}

Deno.test("a task gets its flags and operands, and its result is alone on standard output", async () => {
  const { code, out, err } = await outcome(probe("clip.mp4", "--times", "3"));
  assert.deepEqual(JSON.parse(out), { end: "well", times: 3, operands: ["clip.mp4"] });
  assert.equal(err, "");
  assert.equal(code, 0);
});

Deno.test("a user's error is one line and its own exit code", async () => {
  assert.deepEqual(await outcome(probe("clip.mp4", "--end", "user")), {
    code: 1,
    out: "",
    err: "error: no such video: clip.mp4\n",
  });
  const { code, err } = await outcome(probe("clip.mp4", "--tims", "3"));
  assert.match(err, /^error: unknown flag --tims; did you mean --times\?.*\n$/);
  assert.equal(code, 2);
});

Deno.test("a missing operand is a usage error that shows the usage", async () => {
  const { code, err } = await outcome(probe());
  assert.match(err, /^error: FILE is missing; usage: probe FILE \[OUT\].*\n$/);
  assert.equal(code, 2);
});

Deno.test("help goes to standard output, whatever else is missing", async () => {
  const { code, out, err } = await outcome(probe("--help"));
  assert.match(out, /^probe FILE \[OUT\] \[flags\]\n/);
  assert.match(out, /--times <a whole number of at least 1>\n +a number \(default 1\)/);
  assert.deepEqual([code, err], [0, ""]);
});

Deno.test("a defect shows its stack and asks for a report, wherever it is thrown", async () => {
  const runs = ["defect", "timer"].map((end) => outcome(probe("clip.mp4", "--end", end)));
  const [thrown, late] = await Promise.all(runs);
  assert.match(thrown.err, /^TypeError: .*\n +at /);
  assert.match(late.err, /^RangeError: .*\n +at /);
  for (const { code, err } of [thrown, late]) {
    assert.match(err, /please report/);
    assert.equal(code, 1);
  }
});

const posix = { ignore: Deno.build.os === "windows" }; // which has no signals to send

Deno.test(
  "the first interrupt lets the task finish, and the exit code says so",
  posix,
  async () => {
    const runs = (["SIGINT", "SIGTERM"] as const).map((signal) => interrupted("wait", [signal]));
    for (const { code, out, err } of await Promise.all(runs)) {
      assert.match(out, /saved/);
      assert.equal(err, "Interrupted: writing a checkpoint (Ctrl-C again ends at once)\n");
      assert.equal(code, 130);
    }
  },
);

Deno.test("the second interrupt ends a task that does not come to an end", posix, async () => {
  const { code } = await interrupted("ignore", ["SIGINT", "SIGINT"]);
  assert.equal(code, 130);
});

Deno.test("the first interrupt ends a task that has nothing to finish", posix, async () => {
  const { code, err } = await interrupted("now", ["SIGINT"]);
  assert.deepEqual([code, err], [130, ""]);
});
