/**
 * Sees to a WebGPU adapter before a task needs one. Where there is one it says nothing. Where there is
 * none and apt can be used, it installs a Vulkan driver (Mesa's, which has a software device) and says
 * so; elsewhere it says what to install. It never fails: a task that then finds no adapter exits with 3.
 *
 * @module
 */
import { manualCommands, parseOsRelease, planInstall } from "./_setup/apt.ts";
import { exec, hasApt, install, readSources, readText, rootPrefix, say } from "./_setup/install.ts";

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

  if (!await hasApt()) {
    return say(`no WebGPU adapter found, ${advice()}`);
  }
  const sources = await readSources();
  const nvidia = await readText("/proc/driver/nvidia/version") !== "";
  const plan = planInstall(parseOsRelease(await readText("/etc/os-release")), sources, nvidia);
  const prefix = await rootPrefix();
  if (prefix === undefined) {
    return say(
      `no WebGPU adapter found and no rights to install one, run: ${manualCommands(plan)}`,
    );
  }

  const names = plan.packages.join(" and ");
  say(`no WebGPU adapter found, installing ${names}${plan.suite ? ` (${plan.suite})` : ""} by apt`);
  const start = performance.now();
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
