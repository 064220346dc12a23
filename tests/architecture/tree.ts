/**
 * The project's files as the architecture rules see them: text, imports, and use of `Deno`.
 *
 * @module
 */

/** One import of a module, static, dynamic (`import()` or a worker's URL) or of types only. */
export interface Import {
  readonly kind: "static" | "dynamic" | "type";
  readonly specifier: string;
  /** Path of the imported file from the root of the project, for relative specifiers. */
  readonly target?: string;
}

/** One text file of the project. */
export interface File {
  readonly path: string;
  readonly text: string;
  readonly imports: readonly Import[];
  /** Whether the code (not a comment or a string) names `Deno`. */
  readonly namesDeno: boolean;
}

/** Files by their path from the root of the project. */
export type Tree = ReadonlyMap<string, File>;

const TEXT = /(\.(ts|js|wgsl|json|md|lock|yml|yaml|sh)|\/run|LICENSE|\.gitignore)$/;
const SKIPPED = new Set([".git", ".gpu", "runs", "node_modules"]);

/** Reads and parses every text file below `root`. */
export async function readTree(root: URL): Promise<Tree> {
  const texts: Record<string, string> = {};
  async function walk(folder: string): Promise<void> {
    for await (const { name, isDirectory } of Deno.readDir(new URL(folder || ".", root))) {
      if (SKIPPED.has(name)) continue;
      const path = folder + name;
      if (isDirectory) await walk(`${path}/`);
      else if (TEXT.test(path)) texts[path] = await Deno.readTextFile(new URL(path, root));
    }
  }
  await walk("");
  return parseTree(texts);
}

/** Parses files given by path. */
export function parseTree(texts: Readonly<Record<string, string>>): Tree {
  const parse = ([path, text]: [string, string]): [string, File] => {
    const { imports, namesDeno } = path.endsWith(".ts")
      ? parseModule(path, text)
      : { imports: [], namesDeno: false };
    return [path, { path, text, imports, namesDeno }];
  };
  return new Map(Object.entries(texts).sort().map(parse));
}

/** Walks the syntax tree that Deno's linter makes of a module. */
function parseModule(path: string, text: string): Pick<File, "imports" | "namesDeno"> {
  const imports: Import[] = [];
  let namesDeno = false;
  const add = (kind: Import["kind"], node: { type: string; value?: unknown } | null) => {
    if (node?.type !== "Literal" || typeof node.value !== "string") return;
    const specifier = node.value;
    const target = /^\.\.?\//.test(specifier)
      ? new URL(specifier, `file:///${path}`).pathname.slice(1)
      : undefined;
    imports.push({ kind, specifier, target });
  };
  const plugin: Deno.lint.Plugin = {
    name: "architecture",
    rules: {
      graph: {
        create: () => ({
          ImportDeclaration: (node) =>
            add(node.importKind === "type" ? "type" : "static", node.source),
          ExportAllDeclaration: (node) =>
            add(node.exportKind === "type" ? "type" : "static", node.source),
          ExportNamedDeclaration: (node) =>
            add(node.exportKind === "type" ? "type" : "static", node.source),
          ImportExpression: (node) => add("dynamic", node.source),
          TSImportType: (node) =>
            add("type", node.argument.type === "TSLiteralType" ? node.argument.literal : null),
          NewExpression({ callee, arguments: [url] }) {
            const isWorker = callee.type === "Identifier" && callee.name === "Worker";
            if (isWorker && url?.type === "NewExpression") add("dynamic", url.arguments[0]);
          },
          Identifier(node) {
            namesDeno ||= node.name === "Deno";
          },
        }),
      },
    },
  };
  Deno.lint.runPlugin(plugin, path, text);
  return { imports, namesDeno };
}

/** Files that `root` reaches by static imports, itself included. */
export function staticReach(tree: Tree, root: string): File[] {
  const seen = new Set<string>();
  const visit = (path: string | undefined) => {
    if (path === undefined || seen.has(path) || !tree.has(path)) return;
    seen.add(path);
    for (const { kind, target } of tree.get(path)!.imports) if (kind === "static") visit(target);
  };
  visit(root);
  return [...seen].map((path) => tree.get(path)!);
}
