/**
 * What to install with apt, and from where. Pure functions of the machine's own files.
 *
 * @module
 */

/** A file below `/etc/apt`: `sources.list`, `*.list` (one entry a line) or `*.sources` (deb822). */
export interface SourceFile {
  readonly name: string;
  readonly text: string;
}

/** Packages to install, and the suite to take them from where it is not the release's own. */
export interface AptPlan {
  readonly packages: readonly string[];
  readonly suite?: string;
  /** The sources entry that names {@link suite}; absent where the machine has one already. */
  readonly source?: SourceFile;
}

/** Reads the `KEY=value` lines of `/etc/os-release`. */
export function parseOsRelease(text: string): Record<string, string> {
  const pairs = [...text.matchAll(/^(\w+)=(["']?)(.*)\2$/gm)];
  return Object.fromEntries(pairs.map(([, key, , value]) => [key, value]));
}

/**
 * Decides what gives this machine a WebGPU adapter.
 *
 * An NVIDIA driver brings its own Vulkan library and lacks at most the loader. Else Mesa's package holds
 * the drivers of every other GPU and the software one. Debian 12's own Mesa (22.3) serves Deno's WebGPU
 * but not Dawn, which asks for dynamic indexing of uniform arrays; its backports hold one that does.
 *
 * @param release `/etc/os-release`, as {@link parseOsRelease} reads it.
 * @param sources The machine's apt sources: the mirror is taken from them.
 * @param nvidia Whether an NVIDIA kernel driver is loaded.
 */
export function planInstall(
  release: Readonly<Record<string, string>>,
  sources: readonly SourceFile[],
  nvidia: boolean,
): AptPlan {
  if (nvidia) return { packages: ["libvulkan1"] };
  const packages = ["mesa-vulkan-drivers", "libvulkan1"];
  const codename = release.VERSION_CODENAME;
  if (codename !== "bookworm") return { packages };
  const suite = `${codename}-backports`;
  if (sources.some((file) => entryOf(file, suite))) return { packages, suite };
  for (const file of sources) {
    const entry = entryOf(file, codename);
    if (!entry) continue;
    const extension = isDeb822(file) ? "sources" : "list";
    return { packages, suite, source: { name: `centerclip.${extension}`, text: entry(suite) } };
  }
  return { packages };
}

const isDeb822 = (file: SourceFile) => file.name.endsWith(".sources");

/** Finds the first entry for `suite`, as a function that writes it anew for another suite's `main`. */
function entryOf(file: SourceFile, suite: string): ((suite: string) => string) | undefined {
  if (isDeb822(file)) {
    const stanza = file.text.split(/\n\s*\n/).find((text) =>
      field(text, "Types").includes("deb") && field(text, "Suites").includes(suite) &&
      field(text, "Components").includes("main") && !field(text, "Enabled").includes("no")
    );
    return stanza === undefined
      ? undefined
      : (other) =>
        stanza.trim().replace(/^(Suites:).*$/im, `$1 ${other}`)
          .replace(/^(Components:).*$/im, "$1 main") + "\n";
  }
  for (const line of file.text.split("\n")) {
    const match = line.match(/^\s*deb\s+(\[.*?\]\s+)?(\S+)\s+(\S+)\s+(.*)$/);
    if (match?.[3] !== suite || !match[4].split(/\s+/).includes("main")) continue;
    const [, options = "", mirror] = match;
    return (other) => `deb ${options}${mirror} ${other} main\n`;
  }
}

/** The words of one field of a deb822 stanza. */
function field(stanza: string, name: string): string[] {
  return stanza.match(new RegExp(`^${name}:(.*)$`, "im"))?.[1].trim().split(/\s+/) ?? [];
}

/** The shell commands that a user with root's rights would type to carry out `plan`. */
export function manualCommands({ packages, suite, source }: AptPlan): string {
  const add = source?.name.endsWith(".list")
    ? `echo '${source.text.trim()}' | sudo tee /etc/apt/sources.list.d/${source.name} && `
    : source
    ? `printf '${source.text.replaceAll("\n", "\\n")}' | ` +
      `sudo tee /etc/apt/sources.list.d/${source.name} && `
    : "";
  const from = suite ? ` -t ${suite}` : "";
  return `${add}sudo apt-get update && sudo apt-get install -y${from} ${packages.join(" ")}`;
}
