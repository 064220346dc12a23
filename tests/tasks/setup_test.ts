import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import {
  manualCommands,
  parseOsRelease,
  planInstall,
  type SourceFile,
} from "../../tasks/_setup/apt.ts";

const DEBIAN_12 = parseOsRelease(
  'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\nVERSION_CODENAME=bookworm\n',
);
const DEB822: SourceFile = {
  name: "debian.sources",
  text: [
    "Types: deb",
    "# a snapshot",
    "URIs: http://mirror.example/debian",
    "Suites: bookworm bookworm-updates",
    "Components: main contrib",
    "Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg",
    "",
    "Types: deb",
    "URIs: http://mirror.example/debian-security",
    "Suites: bookworm-security",
    "Components: main",
  ].join("\n"),
};
const oneLine = (text: string): SourceFile => ({ name: "sources.list", text });

Deno.test("os-release gives its values with and without quotes", () => {
  deepStrictEqual(parseOsRelease("ID=ubuntu\nNAME='U b'\nA=\"x=1\"\n# no\n"), {
    ID: "ubuntu",
    NAME: "U b",
    A: "x=1",
  });
});

Deno.test("Debian 12 takes Mesa from the backports of the mirror that it uses already", () => {
  const { packages, suite, source } = planInstall(
    DEBIAN_12,
    [oneLine(
      "# deb http://old.example/debian bookworm main\n" +
        "deb http://mirror.example/debian-security bookworm-security main\n" +
        "deb-src http://mirror.example/debian bookworm main\n" +
        "deb  [ arch=amd64 signed-by=/k.gpg ] http://mirror.example/debian bookworm contrib main\n",
    )],
    false,
  );
  deepStrictEqual(packages, ["mesa-vulkan-drivers", "libvulkan1"]);
  strictEqual(suite, "bookworm-backports");
  deepStrictEqual(source, {
    name: "centerclip.list",
    text:
      "deb [ arch=amd64 signed-by=/k.gpg ] http://mirror.example/debian bookworm-backports main\n",
  });
});

Deno.test("a deb822 entry keeps its key and mirror when it names the backports", () => {
  const { source } = planInstall(DEBIAN_12, [oneLine(""), DEB822], false);
  deepStrictEqual(source, {
    name: "centerclip.sources",
    text: [
      "Types: deb",
      "# a snapshot",
      "URIs: http://mirror.example/debian",
      "Suites: bookworm-backports",
      "Components: main",
      "Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg",
      "",
    ].join("\n"),
  });
});

Deno.test("backports that the machine names already need no further source", () => {
  const backports = oneLine("deb http://mirror.example/debian bookworm-backports main");
  deepStrictEqual(planInstall(DEBIAN_12, [DEB822, backports], false), {
    packages: ["mesa-vulkan-drivers", "libvulkan1"],
    suite: "bookworm-backports",
  });
});

Deno.test("without an entry to copy, or with a disabled one, the release's own packages do", () => {
  const disabled = { name: "a.sources", text: `Enabled: no\n${DEB822.text.split("\n\n")[0]}` };
  const plan = { packages: ["mesa-vulkan-drivers", "libvulkan1"] };
  deepStrictEqual(planInstall(DEBIAN_12, [disabled], false), plan);
  deepStrictEqual(planInstall(DEBIAN_12, [], false), plan);
  deepStrictEqual(planInstall({ ID: "debian", VERSION_CODENAME: "trixie" }, [DEB822], false), plan);
});

Deno.test("beside an NVIDIA driver only the Vulkan loader is installed", () => {
  deepStrictEqual(planInstall(DEBIAN_12, [DEB822], true), { packages: ["libvulkan1"] });
});

Deno.test("the commands for the user hold the source, the suite and the packages", () => {
  const plan = planInstall(DEBIAN_12, [oneLine("deb http://m.example/d bookworm main")], false);
  strictEqual(
    manualCommands(plan),
    "echo 'deb http://m.example/d bookworm-backports main' | " +
      "sudo tee /etc/apt/sources.list.d/centerclip.list && sudo apt-get update && " +
      "sudo apt-get install -y -t bookworm-backports mesa-vulkan-drivers libvulkan1",
  );
});

/** Runs a script with neither Vulkan driver nor liblmdb to be found, and `path` as its `PATH`. */
async function run(
  script: string,
  path: string,
  args: string[] = [],
): Promise<{ code: number; stderr: string }> {
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", new URL(`../../tasks/${script}`, import.meta.url).href, ...args],
    env: {
      PATH: path,
      VK_DRIVER_FILES: "/nonexistent",
      CENTERCLIP_LIBLMDB: "/nonexistent/liblmdb.so",
      NO_COLOR: "1",
    },
    stderr: "piped",
  }).output();
  return { code, stderr: new TextDecoder().decode(stderr) };
}

/** Runs `body` with a `PATH` whose apt-get fails for want of space. */
async function withFullDisk(body: (path: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    const script =
      '#!/bin/sh\ncase "$*" in --version) exit 0 ;; esac\necho "E: no space left" >&2; exit 100\n';
    for (const name of ["apt-get", "sudo"]) {
      await Deno.writeTextFile(`${folder}/${name}`, script, { mode: 0o755 });
    }
    await body(`${folder}:/usr/bin:/bin`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("without an adapter and without apt, set-up says in one line what to install", async () => {
  const { code, stderr } = await run("setup.ts", "/nonexistent");
  strictEqual(code, 0);
  match(stderr, /^setup: no WebGPU adapter found, install a Vulkan loader and driver \(.*\)\n$/);
});

Deno.test("set-up that apt cannot serve says why and how, and does not stop the task", () =>
  withFullDisk(async (path) => {
    const { code, stderr } = await run("setup.ts", path);
    strictEqual(code, 0);
    match(stderr, Deno.uid() === 0 ? /apt-get failed \(E: no space left\), run: / : /no rights/);
    match(stderr.trimEnd().split("\n").at(-1)!, /sudo apt-get install -y .*mesa-vulkan-drivers/);
  }));

/** What the test task says before it runs a module of one test, on a machine without liblmdb. */
async function setUpOfTests(path: string): Promise<string[]> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/a_test.ts`, `Deno.test("a", () => {});`);
    const { code, stderr } = await run("test.ts", path, ["--no-check", folder]);
    strictEqual(code, 0, stderr);
    return stderr.split("\n").filter((line) => line.startsWith("setup:"));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("without apt the test task names what its tests need, and runs them", async () => {
  const [line, ...more] = await setUpOfTests("/nonexistent");
  match(line, /^setup: the tests of LMDB need liblmdb0 .*, and there is no apt here$/);
  deepStrictEqual(more, []);
});

Deno.test("where apt cannot serve, the test task says why and how, and runs its tests", () =>
  withFullDisk(async (path) => {
    const lines = await setUpOfTests(path);
    match(lines.join("\n"), Deno.uid() === 0 ? /failed \(E: no space left\), run: / : /no rights/);
    match(lines.at(-1)!, /sudo apt-get install -y liblmdb0/);
  }));
