/**
 * Runs apt: whether it may, from which sources, and with what result.
 *
 * @module
 */
import type { AptPlan, SourceFile } from "./apt.ts";

/** Tells the user what set-up does. */
export const say = (message: string) => console.error(`setup: ${message}`);

/** Runs a command to its end. `problem` is its last line on standard error where it failed. */
export async function exec(
  command: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<{ ok: boolean; out: string; problem: string }> {
  try {
    const { success, stdout, stderr } = await new Deno.Command(command, { args: [...args], env })
      .output();
    const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes).trim());
    return { ok: success, out, problem: err.split("\n").at(-1)! };
  } catch (error) {
    return { ok: false, out: "", problem: (error as Error).message };
  }
}

/** Reads a text file, or gives the empty string where it cannot be read. */
export const readText = (path: string) => Deno.readTextFile(path).catch(() => "");

/** Reads the apt sources of this machine. */
export async function readSources(): Promise<SourceFile[]> {
  const files = [{ name: "sources.list", text: await readText("/etc/apt/sources.list") }];
  const parts = "/etc/apt/sources.list.d";
  try {
    for await (const { name } of Deno.readDir(parts)) {
      if (/\.(list|sources)$/.test(name)) {
        files.push({ name, text: await readText(`${parts}/${name}`) });
      }
    }
  } catch {
    // a machine may keep everything in sources.list
  }
  return files;
}

/**
 * Installs with apt-get. A further source lives in a temporary folder that stands in for
 * `sources.list.d`, so the machine's own configuration is never touched.
 *
 * @param prefix What {@link rootPrefix} gives.
 * @returns The problem, or the empty string.
 */
export async function install(
  plan: AptPlan,
  sources: SourceFile[],
  prefix: string[],
): Promise<string> {
  const parts = await Deno.makeTempDir();
  try {
    await Deno.chmod(parts, 0o755);
    const files = sources.filter(({ name }) => name !== "sources.list");
    for (const { name, text } of plan.source ? [...files, plan.source] : files) {
      await Deno.writeTextFile(`${parts}/${name}`, text);
    }
    const aptGet = async (...args: string[]) => {
      const options = ["-qq", `-oDir::Etc::SourceParts=${parts}`, "-oDPkg::Lock::Timeout=300"];
      const env = ["env", "DEBIAN_FRONTEND=noninteractive"];
      const [command, ...rest] = [...prefix, ...env, "apt-get", ...options, ...args];
      const { ok, problem } = await exec(command, rest);
      return ok ? "" : problem || `apt-get ${args[0]} failed`;
    };
    // Another source's failure need not stop the installation: apt-get install has the last word.
    await aptGet("update");
    const from = plan.suite ? ["-t", plan.suite] : [];
    return await aptGet("install", "-y", "--no-install-recommends", ...from, ...plan.packages);
  } finally {
    await Deno.remove(parts, { recursive: true });
  }
}

/** Whether this machine installs with apt-get. */
export async function hasApt(): Promise<boolean> {
  return Deno.build.os === "linux" && (await exec("apt-get", ["--version"])).ok;
}

/** What runs a command as root: nothing, or `sudo -n`; undefined where there are no rights to. */
export async function rootPrefix(): Promise<string[] | undefined> {
  if (Deno.uid() === 0) return [];
  return (await exec("sudo", ["-n", "true"])).ok ? ["sudo", "-n"] : undefined;
}
