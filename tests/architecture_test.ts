import { deepStrictEqual, notDeepStrictEqual } from "node:assert/strict";
import * as rules from "./architecture/rules.ts";
import { parseTree, readTree } from "./architecture/tree.ts";

const project = await readTree(new URL("../", import.meta.url));

/** What each rule demands, and the smallest project that breaks it. */
const CASES: readonly (readonly [keyof typeof rules, string, Record<string, string>])[] = [
  ["layers", "dependencies point down", {
    "src/ops/softmax.ts": `import type { Tape } from "../autograd/tape.ts";`,
  }],
  ["layers", "io knows dtypes and errors only", {
    "src/io/safetensors.ts": `import { numel } from "../tensor/shape.ts";`,
  }],
  ["layers", "siblings do not know each other", {
    "src/clip/vision.ts": `export * from "../cluster/k_medoids.ts";`,
  }],
  ["layers", "src imports nothing from tasks", {
    "src/train/loop.ts": `const x = await import("../../tasks/train.ts");`,
  }],
  ["layers", "every room has its place", { "src/misc/helpers.ts": "" }],
  ["noCycles", "no file reaches itself", {
    "src/gpu/a.ts": `import { b } from "./b.ts";`,
    "src/gpu/b.ts": `export { a } from "./a.ts";`,
  }],
  ["denoStaysOutside", "only the outer rooms name Deno", {
    "src/gpu/open.ts": `const version = globalThis.Deno?.version;`,
  }],
  ["publicApiRunsInBrowsers", "mod.ts reaches no native package", {
    "mod.ts": `export * from "./src/data/store.ts";`,
    "src/data/store.ts": `import { open } from "npm:lmdb@3.5.6";`,
  }],
  ["publicApiRunsInBrowsers", "mod.ts reaches no code that names Deno", {
    "mod.ts": `export * from "./src/io/files.ts";`,
    "src/io/files.ts": `export const read = () => Deno.readFile("a");`,
  }],
  ["specifiers", "no bare names", { "tasks/a.ts": `import { open } from "lmdb";` }],
  ["specifiers", "no package without a version", { "tasks/a.ts": `import "npm:lmdb";` }],
  ["specifiers", "no static import from JSR", { "tasks/a.ts": `import "jsr:@std/cli@1";` }],
  ["specifiers", "no file that does not exist", { "tasks/a.ts": `import "./b.ts";` }],
  ["specifiers", "one version of a package", {
    "tasks/a.ts": `import "npm:entities@6.0.0";`,
    "tasks/b.ts": `import "npm:entities@7.0.0/decode";`,
  }],
  ["kernelsHaveHosts", "every kernel has a host", { "kernels/norm/layer_norm.wgsl": "" }],
  ["kernelsHaveHosts", "host and kernel share a name", {
    "kernels/norm/layer_norm.wgsl": "",
    "src/ops/norm.ts":
      `import source from "../../kernels/norm/layer_norm.wgsl" with { type: "text" };`,
  }],
  ["forbiddenText", "nothing is left unfinished", { "README.md": "TO" + "DO: write" }],
  ["forbiddenText", "no host of a registry is named", { "a.json": "registry.npmjs" + ".org" }],
  ["forbiddenText", "no path of one machine is named", { "a.md": "see /ro" + "ot/data" }],
  ["sizes", "no file is long", { "src/gpu/device.ts": "\n".repeat(401) }],
  ["sizes", "the median file is short", { "src/gpu/device.ts": "\n".repeat(100) }],
];

for (const [name, rule] of Object.entries(rules)) {
  Deno.test(`the project keeps the rule ${name}`, () => deepStrictEqual(rule(project), []));
}

for (const [name, sentence, broken] of CASES) {
  Deno.test(`the rule ${name} sees to it that ${sentence}`, () => {
    notDeepStrictEqual(rules[name](parseTree(broken)), []);
  });
}

Deno.test("the rules allow what the design allows", () => {
  const tree = parseTree({
    "mod.ts": `export * from "./src/ops/matmul.ts";`,
    "kernels/linalg/matmul_subgroup.wgsl": "",
    "src/errors.ts": "",
    "src/gpu/open.ts": `// Deno is named here, in "Deno"
      const { create } = await import("npm:webgpu@0.6.2");
      const { parseArgs } = await import("jsr:@std/cli@1/parse-args");`,
    "src/ops/matmul.ts": `import { UserError } from "../errors.ts";
      import { openDevice } from "../gpu/open.ts";
      import source from "../../kernels/linalg/matmul_subgroup.wgsl" with { type: "text" };`,
    "src/tensor/dtype.ts": "",
    "src/io/safetensors.ts": `import { BYTES } from "../tensor/dtype.ts"; Deno.exit();`,
    "src/video/decode.ts": `import { open } from "../io/safetensors.ts"; // Deno
      new Worker(new URL("./decode.ts", import.meta.url), { type: "module" });`,
    "src/compat/frames.ts": `import { decode } from "../video/decode.ts";`,
  });
  for (const rule of Object.values(rules)) deepStrictEqual(rule(tree), []);
});
