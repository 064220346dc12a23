/**
 * Reads what a kernel's WGSL declares (bindings, `Params`, entry points) and specialises it by rewriting
 * the values of named `const` and `alias` declarations; where one becomes f16, `enable f16;` goes before
 * the text. It does nothing else: a `.wgsl` file is plain WGSL that any tool can parse.
 *
 * @module
 */

/** One storage or uniform variable at module scope. */
export interface BindingDeclaration {
  readonly name: string;
  readonly binding: number;
  readonly type: "uniform" | "read-only-storage" | "storage";
  /** Whether its elements are f16. */
  readonly half: boolean;
}

/** One field of `struct Params`: every field is a 4-byte scalar. */
export interface ParamField {
  readonly name: string;
  readonly type: "u32" | "i32" | "f32";
}

/** What the host needs to know about one entry point of a kernel. */
export interface EntryPoint {
  readonly name: string;
  /** The bindings that this entry point reaches, by itself or through the functions that it calls. */
  readonly bindings: readonly BindingDeclaration[];
}

/** A kernel's text, read once. */
export interface ShaderInterface {
  readonly params: readonly ParamField[];
  readonly entries: ReadonlyMap<string, EntryPoint>;
}

/** Values for `const` declarations (numbers and booleans) and `alias` declarations (type names). */
export type Specialisation = Readonly<Record<string, number | boolean | string>>;

const BINDING =
  /@group\(0\)\s*@binding\((\d+)\)\s*var<(uniform|storage)(?:,\s*(read_write|read))?>\s*(\w+)\s*:([^;]+);/g;

/** Removes comments, so that prose never looks like a declaration. */
function withoutComments(source: string): string {
  return source.replace(/\/\/[^\n]*|\/\*[\s\S]*?\*\//g, "");
}

/** A function of a module: the attributes before `fn`, and what stands between the braces. */
interface ShaderFunction {
  readonly attributes: string;
  readonly body: string;
}

/** The functions of a module by name. */
function functions(source: string): Map<string, ShaderFunction> {
  const found = new Map<string, ShaderFunction>();
  for (const match of source.matchAll(/((?:@\w+(?:\([^)]*\))?\s*)*)\bfn\s+(\w+)\s*\(/g)) {
    let depth = 0, at = source.indexOf("{", match.index);
    const start = at;
    do {
      if (source[at] === "{") depth++;
      else if (source[at] === "}") depth--;
      at++;
    } while (depth > 0 && at < source.length);
    found.set(match[2], { attributes: match[1], body: source.slice(start, at) });
  }
  return found;
}

/** Every identifier that `entry` reaches through the functions that it calls. */
function reachable(entry: string, bodies: ReadonlyMap<string, ShaderFunction>): Set<string> {
  const seen = new Set<string>(), queue = [entry];
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    // What follows a dot is a member: `id.x` does not reach a binding `x`.
    for (const [word] of bodies.get(name)!.body.matchAll(/(?<!\.\s*)\b[A-Za-z_]\w*\b/g)) {
      if (seen.has(word)) continue;
      seen.add(word);
      if (bodies.has(word)) queue.push(word);
    }
  }
  return seen;
}

/** Whether a type is made of f16, by name or through aliases, of which WGSL has no cycles. */
function isHalf(type: string, aliases: ReadonlyMap<string, string>): boolean {
  return type.match(/\w+/g)!.some((word) => {
    const meaning = aliases.get(word);
    return meaning === undefined ? /^(f16|vec[234]h)$/.test(word) : isHalf(meaning, aliases);
  });
}

/**
 * Reads the interface of composed WGSL text.
 *
 * @throws {Error} if the text has no compute entry point, or `Params` holds more than 4-byte scalars.
 */
export function readInterface(text: string): ShaderInterface {
  const source = withoutComments(text);
  const aliases = new Map(
    [...source.matchAll(/^alias\s+(\w+)\s*=\s*([^;]+);/gm)].map((m) => [m[1], m[2]]),
  );
  const bindings = [...source.matchAll(BINDING)].map((m): BindingDeclaration => ({
    binding: Number(m[1]),
    type: m[2] === "uniform" ? "uniform" : m[3] === "read_write" ? "storage" : "read-only-storage",
    name: m[4],
    half: isHalf(m[5], aliases),
  }));
  const struct = source.match(/struct Params\s*\{([^}]*)\}/)?.[1] ?? "";
  const params = struct.split(",").map((f) => f.trim()).filter(Boolean).map((field): ParamField => {
    const match = field.match(/^(\w+)\s*:\s*(u32|i32|f32)$/);
    if (!match) throw new Error(`Params field "${field}" is not a 4-byte scalar`);
    return { name: match[1], type: match[2] as ParamField["type"] };
  });
  const bodies = functions(source);
  const entries = new Map<string, EntryPoint>();
  for (const [name, { attributes }] of bodies) {
    if (!attributes.includes("@compute")) continue;
    const words = reachable(name, bodies);
    entries.set(name, { name, bindings: bindings.filter((b) => words.has(b.name)) });
  }
  if (entries.size === 0) throw new Error("the shader has no compute entry point");
  return { params, entries };
}

/**
 * Rewrites the values of the named module-scope `const` and `alias` declarations, and enables f16 where
 * one of the values is made of it.
 *
 * @throws {Error} if a name is not declared exactly once at the start of a line.
 *
 * @example
 * ```ts
 * import { specialise } from "./shader.ts";
 * import { strictEqual } from "node:assert/strict";
 * strictEqual(
 *   specialise("alias T = f32;\nconst TILE = 8u;", { TILE: 16, T: "vec4f" }),
 *   "alias T = vec4f;\nconst TILE = 16u;",
 * );
 * ```
 */
export function specialise(source: string, values: Specialisation): string {
  let text = source;
  for (const [name, value] of Object.entries(values)) {
    const declaration = new RegExp(`^(const|alias) ${name}((?::\\s*\\w+)?\\s*=\\s*)([^;]+);`, "gm");
    let count = 0;
    text = text.replace(declaration, (_, kind: string, middle: string, old: string) => {
      count++;
      return `${kind} ${name}${middle}${literal(value, old.trim())};`;
    });
    if (count !== 1) throw new Error(`${count} declarations of const or alias ${name}, expected 1`);
  }
  const half = Object.values(values).some((value) => /\bf16\b/.test(String(value)));
  return half ? `enable f16;\n${text}` : text;
}

/** Spells `value` as the literal that it replaces: `8u` stays unsigned, `1.0` stays a float. */
function literal(value: number | boolean | string, old: string): string {
  if (typeof value !== "number") return String(value);
  const [, hex, decimal, suffix = ""] =
    old.match(/^-?(?:(0[xX][\da-fA-F]+?)|([\d.]+(?:[eE][+-]?\d+)?))([iufh])?$/) ?? [];
  const text = String(value);
  const float = !hex && /[.eE]/.test(decimal ?? "");
  return (float && !/[.e]/.test(text) ? `${text}.0` : text) + suffix;
}
