/**
 * The rules that hold the house together. Each gives its violations as lines, none where it holds.
 *
 * @module
 */
import { type File, staticReach, type Tree } from "./tree.ts";

/** A rule over the whole project. */
export type Rule = (tree: Tree) => string[];

/** Rooms of src from the ground up: a room imports from lower rows and from itself. */
const ROWS = [
  ["gpu"],
  ["tensor"],
  ["ops"],
  ["autograd"],
  ["nn", "optim"],
  ["clip", "cluster", "video"],
  ["centerclip", "data", "retrieval"],
  ["train"],
];
const ROW = new Map(ROWS.flatMap((rooms, row) => rooms.map((room) => [room, row] as const)));
/** Rooms beside the rows: these know {@link GROUND} alone, and the upper rows may use them. */
const SIDE_ROOMS = new Set(["io", "parallel"]);
/** Files that every room may import. */
const GROUND = new Set(["src/errors.ts", "src/tensor/dtype.ts"]);
const FIRST_UPPER_ROW = ROW.get("clip")!;

const roomOf = (path: string) => path.match(/^src\/(\w+)\//)?.[1] ?? "";
const isTypeScript = ({ path }: File) => path.endsWith(".ts");
const inSource = ({ path }: File) => path.startsWith("src/");

/** Whether `from`, a file of src, may import `to`. */
function mayImport(from: string, to: string): boolean {
  if (GROUND.has(to) || to.startsWith("kernels/")) return true;
  const [a, b] = [roomOf(from), roomOf(to)];
  if (a === b && a !== "") return true;
  if (SIDE_ROOMS.has(a)) return false;
  const train = ROW.get("train")!;
  // What only the reference does may build on any room below training; cycles are a rule of their own.
  const [rowA, rowB] = [a, b].map((room) => room === "compat" ? FIRST_UPPER_ROW : ROW.get(room));
  if (rowA === undefined) return false;
  if (SIDE_ROOMS.has(b) || b === "compat") return rowA >= FIRST_UPPER_ROW;
  if (rowB === undefined) return false;
  return a === "compat" ? rowB < train : rowB < rowA;
}

/** Dependencies point down. */
export const layers: Rule = (tree) =>
  [...tree.values()].filter(inSource).flatMap(({ path, imports }) => {
    const room = roomOf(path);
    if (!GROUND.has(path) && !ROW.has(room) && !SIDE_ROOMS.has(room) && room !== "compat") {
      return [
        `${path}: no rule places this room; add it to the rows in tests/architecture/rules.ts`,
      ];
    }
    return imports.flatMap(({ target }) =>
      target === undefined || mayImport(path, target) ? [] : [`${path} must not import ${target}`]
    );
  });

/** No file of src reaches itself by static imports. */
export const noCycles: Rule = (tree) => {
  const state = new Map<string, "open" | "done">();
  const cycles: string[] = [];
  const visit = (path: string, trail: readonly string[]) => {
    if (state.get(path) === "open") {
      cycles.push([...trail.slice(trail.indexOf(path)), path].join(" -> "));
    }
    if (state.has(path)) return;
    state.set(path, "open");
    for (const { kind, target } of tree.get(path)?.imports ?? []) {
      if (kind === "static" && target !== undefined) visit(target, [...trail, path]);
    }
    state.set(path, "done");
  };
  for (const file of tree.values()) if (inSource(file)) visit(file.path, []);
  return cycles;
};

/** Everything else runs in a browser. */
export const denoStaysOutside: Rule = (tree) =>
  [...tree.values()]
    .filter((file) => inSource(file) && file.namesDeno)
    .filter(({ path }) => !/^src\/((io|video|data|parallel)\/|train\/log)/.test(path))
    .map(({ path }) => `${path}: only io, video, data, parallel and train/log may name Deno`);

/** `mod.ts` statically reaches only what a browser can run. */
export const publicApiRunsInBrowsers: Rule = (tree) =>
  staticReach(tree, "mod.ts").flatMap(({ path, imports, namesDeno }) => [
    ...namesDeno ? [`mod.ts reaches ${path}, which names Deno`] : [],
    ...imports
      .filter(({ kind, specifier }) =>
        kind === "static" && /^(node:|npm:(webgpu|lmdb|@ffmpeg\/))/.test(specifier)
      )
      .map(({ specifier }) => `mod.ts reaches ${path}, which statically imports ${specifier}`),
  ]);

/** A user who imports `mod.ts` by URL has no import map; an air-gapped one has no JSR. */
export const specifiers: Rule = (tree) => {
  const versions = new Map<string, string>();
  return [...tree.values()].filter(isTypeScript).flatMap(({ path, imports }) =>
    imports.flatMap(({ kind, specifier, target }) => {
      if (target !== undefined) {
        return tree.has(target) ? [] : [`${path}: ${specifier} does not exist`];
      }
      if (specifier.startsWith("node:")) return [];
      if (specifier.startsWith("jsr:") && kind === "dynamic") return [];
      const [, name, version] = specifier.match(/^npm:((?:@[^/]+\/)?[^@/]+)@(\d[^/]*)/) ?? [];
      if (name === undefined) {
        return [`${path}: write ${specifier} as a relative path or as npm:NAME@VERSION`];
      }
      const other = versions.get(name) ?? version;
      versions.set(name, other);
      return other === version ? [] : [`${path}: ${name} is used as ${other} and as ${version}`];
    })
  );
};

/** One kernel, one host file, the same base name (a variant adds `_suffix`). */
export const kernelsHaveHosts: Rule = (tree) => {
  const base = (path: string) => path.split("/").at(-1)!.replace(/\.\w+$/, "");
  return [...tree.keys()].filter((path) => /^kernels\/.*\.wgsl$/.test(path)).flatMap((kernel) => {
    const hosts = [...tree.values()].filter(({ path, imports }) =>
      path.startsWith("src/") && imports.some(({ target }) => target === kernel)
    );
    if (hosts.length === 0) return [`${kernel}: no file of src imports it`];
    const paired = kernel.startsWith("kernels/common/") ||
      hosts.some(({ path }) =>
        base(kernel) === base(path) || base(kernel).startsWith(`${base(path)}_`)
      );
    return paired ? [] : [`${kernel}: none of its hosts shares its name`];
  });
};

/** Text that no file may hold. */
const FORBIDDEN: readonly (readonly [RegExp, string])[] = [
  [/\b(?:TO(?:DO)|FIX(?:ME)|XX(?:X))\b/, "an unfinished note"],
  [
    /\b(?:registry\.npmjs\.org|registry\.yarnpkg\.com|npm\.jsr\.io|deb\.debian\.org|archive\.ubuntu\.com|pypi\.org|files\.pythonhosted\.org)\b/,
    "the name of a registry's host",
  ],
  [/(?<![\w.])\/(?:work|root|home\/\w+)\/\w|\/tmp\/w\//, "a path of one machine"],
];

/** Nothing unfinished, and nothing that is true on one machine only. */
export const forbiddenText: Rule = (tree) =>
  [...tree.values()].flatMap(({ path, text }) =>
    text.split("\n").flatMap((line, index) =>
      FORBIDDEN.filter(([pattern]) => pattern.test(line))
        .map(([, what]) => `${path}:${index + 1} holds ${what}`)
    )
  );

/** Small files: at most 400 lines each, and a median below 100. */
export const sizes: Rule = (tree) => {
  const code = [...tree.values()].filter(({ path }) => /\.(ts|wgsl)$/.test(path));
  const lines = (file: File) => file.text.split("\n").length - 1;
  const sorted = code.filter(({ path }) => /^(src|kernels|tasks)\//.test(path)).map(lines)
    .sort((a, b) => a - b);
  const median = sorted[sorted.length >> 1] ?? 0;
  return [
    ...code.filter((file) => lines(file) > 400)
      .map((file) => `${file.path} has ${lines(file)} lines, more than 400`),
    ...median < 100 ? [] : [`the median file has ${median} lines, 100 or more`],
  ];
};
