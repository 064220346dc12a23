/**
 * Sees to a WebGPU adapter before a task needs one. Where there is one it says nothing. Where there is
 * none and apt can be used, it installs a Vulkan driver (Mesa's, which has a software device) and says
 * so; elsewhere it says what to install. It never fails: a task that then finds no adapter exits with 3.
 *
 * @module
 */
import {
  type AptPlan,
  manualCommands,
  parseOsRelease,
  planInstall,
  type SourceFile,
} from "./_setup/apt.ts";

const say = (message: string) => console.error(`setup: ${message}`);

/** Runs a command to its end. `problem` is its last line on standard error where it failed. */
async function exec(
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

/** Which provider finds an adapter: `dawn`, `deno` or `none`. */
async function probe(): Promise<string> {
  const script = import.meta.resolve("./_setup/probe.ts");
  const { out } = await exec(Deno.execPath(), ["run", "-A", script], {
    // The Vulkan loader warns where this is missing.
    XDG_RUNTIME_DIR: Deno.env.get("XDG_RUNTIME_DIR") ?? "/tmp",
    // OpenGL also yields an adapter; it is no substitute for a driver that can be had.
    DENO_WEBGPU_BACKEND: Deno.env.get("DENO_WEBGPU_BACKEND") ?? "vulkan,metal,dx12",
  });
  return out || "none";
}

/** Reads a text file, or gives the empty string where it cannot be read. */
const readText = (path: string) => Deno.readTextFile(path).catch(() => "");

/** Reads the apt sources of this machine. */
async function readSources(): Promise<SourceFile[]> {
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
 * @param prefix What runs a command as root: nothing, or `sudo -n`.
 * @returns The problem, or the empty string.
 */
async function install(plan: AptPlan, sources: SourceFile[], prefix: string[]): Promise<string> {
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

/** What to install by hand where this task cannot. */
function advice(): string {
  if (Deno.build.os !== "linux") return "update the graphics driver";
  return "install a Vulkan loader and driver (Fedora: vulkan-loader mesa-vulkan-drivers; " +
    "Arch: vulkan-icd-loader vulkan-swrast; NVIDIA: its own driver, and in a container " +
    "NVIDIA_DRIVER_CAPABILITIES=all)";
}

/** Sees to an adapter. */
async function setup(): Promise<void> {
  // Fetched here, where Deno shows the download; where it cannot be had, Deno's own WebGPU may do.
  await import("npm:webgpu@0.6.2").catch(() => {});
  if (await probe() !== "none") return;

  if (Deno.build.os !== "linux" || !(await exec("apt-get", ["--version"])).ok) {
    return say(`no WebGPU adapter found, ${advice()}`);
  }
  const sources = await readSources();
  const nvidia = await readText("/proc/driver/nvidia/version") !== "";
  const plan = planInstall(parseOsRelease(await readText("/etc/os-release")), sources, nvidia);
  const root = Deno.uid() === 0;
  if (!root && !(await exec("sudo", ["-n", "true"])).ok) {
    return say(
      `no WebGPU adapter found and no rights to install one, run: ${manualCommands(plan)}`,
    );
  }

  const names = plan.packages.join(" and ");
  say(`no WebGPU adapter found, installing ${names}${plan.suite ? ` (${plan.suite})` : ""} by apt`);
  const start = performance.now();
  const prefix = root ? [] : ["sudo", "-n"];
  let problem = await install(plan, sources, prefix);
  if (problem && plan.suite) {
    say(`${plan.suite} did not serve (${problem}), trying the release's own packages`);
    problem = await install({ packages: plan.packages }, sources, prefix);
  }
  const seconds = ((performance.now() - start) / 1000).toFixed(0);
  if (problem) return say(`apt-get failed (${problem}), run: ${manualCommands(plan)}`);
  const found = await probe();
  say(
    found === "none"
      ? `installed ${names} in ${seconds} s, but there is still no WebGPU adapter, ${advice()}`
      : `done in ${seconds} s, a WebGPU adapter is there (${found})`,
  );
}

if (import.meta.main) await setup();
