/**
 * What the tests of downloads share: calls of the task, lists of links, servers that want a password.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { Behaviour } from "../data/download/hostile_server.ts";
import { outcome } from "./process.ts";

/** The task. */
export const script = new URL("../../tasks/download_lsmdc.ts", import.meta.url).pathname;

/** What its servers want to hear. */
export const USER = "reader", PASSWORD = "t0p-s3cret!", BASIC = btoa(`${USER}:${PASSWORD}`);
/** Hostile servers are met in seconds. */
export const QUICK = ["--pause", "0.01", "--stall", "0.5", "--retries", "3"];
/** Their place. */
export const ENV = { LSMDC_USER: USER, LSMDC_PASSWORD: PASSWORD };

/** How a call ended, and what it said. */
interface Outcome {
  readonly code: number;
  readonly said: string;
}

/** Starts the task. */
export function start(
  args: readonly string[],
  env: Record<string, string> = ENV,
): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", script, ...args],
    env: { NO_COLOR: "1", LSMDC_USER: "", LSMDC_PASSWORD: "", ...env },
    ...{ stdin: "null", stdout: "piped", stderr: "piped" },
  }).spawn();
}

/** Waits for its end. */
export async function ended(process: Deno.ChildProcess): Promise<Outcome> {
  const { code, out, err } = await outcome(process);
  assert.equal(out, "");
  return { code, said: err };
}

/** Calls the task. */
export function run(
  args: readonly string[],
  env: Record<string, string> = ENV,
): Promise<Outcome> {
  return ended(start(args, env));
}

/** Writes the list of a server's paths. */
export async function listOf(path: string, addresses: readonly string[]): Promise<string> {
  await Deno.writeTextFile(path, addresses.map((address) => `clip: ${address} (AVI)\n`).join(""));
  return path;
}

/** Only who has the password gets an answer. */
export function guarded(behaviours: Record<string, Behaviour>): Record<string, Behaviour> {
  return Object.fromEntries(
    Object.entries(behaviours).map(([path, behaviour]): [string, Behaviour] => [
      path,
      async (asked, wire) => {
        const trusted = asked.headers.get("Authorization") === `Basic ${BASIC}`;
        if (trusted) return await behaviour(asked, wire);
        await wire.send(["401 Who", 'WWW-Authenticate: Basic realm="LSMDC"', "Content-Length: 0"]);
      },
    ]),
  );
}
