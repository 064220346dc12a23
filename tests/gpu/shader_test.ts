import { deepStrictEqual, match, strictEqual, throws } from "node:assert/strict";
import { readInterface, specialise } from "../../src/gpu/shader.ts";

const SOURCE = `
// struct Params { wrong: u32 }  fn comment() {}
/* @group(0) @binding(9) var<storage, read> hidden: array<f32>;
   @compute @workgroup_size(1) fn gone() {} */
struct Params { n: u32, // count { of things }
  shift: i32, scale: f32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage> y: array<vec4f>;
@group(0)
@binding(3) var<storage, read_write> z: array<f32>;
var<workgroup> w: array<f32, 4>;
const LANES = 4u;

fn twice(at: u32) -> f32 { return 2.0 * inner(at); }
fn inner(at: u32) -> f32 { if (at > 1u) { return 0.0; } return x[at]; }

@compute @workgroup_size(LANES)
fn forward(@builtin(global_invocation_id) id: vec3u) {
  z[id.y] = twice(id.x) * params.scale;
}

@compute @workgroup_size(LANES, 2)
fn fill(@builtin(global_invocation_id) id: vec3u) {
  // x would be here
  let v = vec4f(f32(id.z));
  z[id.x] = v . y + v.x;
}
`;

const bindingsOf = (entry: string) =>
  readInterface(SOURCE).entries.get(entry)!.bindings.map(({ name, binding, type }) =>
    `${binding} ${name} ${type}`
  );

Deno.test("Params are read in order, with their types", () => {
  deepStrictEqual(readInterface(SOURCE).params, [
    { name: "n", type: "u32" },
    { name: "shift", type: "i32" },
    { name: "scale", type: "f32" },
  ]);
});

Deno.test("comments declare nothing", () => {
  deepStrictEqual([...readInterface(SOURCE).entries.keys()], ["forward", "fill"]);
});

Deno.test("an entry point reaches bindings through the functions that it calls", () => {
  deepStrictEqual(bindingsOf("forward"), [
    "0 params uniform",
    "1 x read-only-storage",
    "3 z storage",
  ]);
});

Deno.test("a member of a vector is no binding of that name", () => {
  deepStrictEqual(bindingsOf("fill"), ["3 z storage"]);
});

Deno.test("functions that call each other are walked once", () => {
  const source = `@group(0) @binding(0) var<storage, read> x: array<f32>;
    fn a() { b(); } fn b() { if (false) { a(); } let v = x[0]; }
    @compute @workgroup_size(1) fn main() { a(); }`;
  strictEqual(readInterface(source).entries.get("main")!.bindings.length, 1);
});

Deno.test("a shader without Params has none", () => {
  deepStrictEqual(readInterface("@compute @workgroup_size(1) fn main() {}").params, []);
});

Deno.test("fields that are no 4-byte scalar, and shaders without an entry point, are named", () => {
  throws(() => readInterface("struct Params { at: vec2u }"), /Params field "at: vec2u"/);
  throws(() => readInterface("fn helper() {}"), /no compute entry point/);
});

Deno.test("specialise() keeps the type of the literal that it replaces", () => {
  const cases: [declaration: string, value: number | boolean | string, written: string][] = [
    ["const A = 8u;", 16, "const A = 16u;"],
    ["const A: u32 = 0xffu;", 16, "const A: u32 = 16u;"],
    ["const A = 8i;", -3, "const A = -3i;"],
    ["const A = -8;", 3, "const A = 3;"],
    ["const A = 1.0;", 2, "const A = 2.0;"],
    ["const A = 1.0;", 0.5, "const A = 0.5;"],
    ["const A = 1e-6;", 1e-7, "const A = 1e-7;"],
    ["const A = 2f;", 1.5, "const A = 1.5f;"],
    ["const A = 0xf;", 3, "const A = 3;"],
    ["const A = false;", true, "const A = true;"],
    ["alias A = f32;", "vec4f", "alias A = vec4f;"],
    ["alias A = array<f32, 4>;", "vec4u", "alias A = vec4u;"],
  ];
  for (const [declaration, value, written] of cases) {
    strictEqual(specialise(declaration, { A: value }), written);
  }
});

Deno.test("specialise() enables f16 where a value is made of it", () => {
  strictEqual(specialise("alias A = f32;", { A: "f16" }), "enable f16;\nalias A = f16;");
  const vectors = specialise("alias A = f32;", { A: "vec4<f16>" });
  strictEqual(vectors, "enable f16;\nalias A = vec4<f16>;");
});

Deno.test("readInterface() tells what is f16, through aliases", () => {
  const source = [
    "alias T = f16;",
    "alias V = vec4<T>;",
    ...["f16", "V", "vec2h", "f32", "vec4f"].map((type, i) =>
      `@group(0) @binding(${i}) var<storage, read> b${i}: array<${type}>;`
    ),
    "@compute @workgroup_size(1) fn main() { _ = b0[0]; _ = b1[0]; _ = b2[0]; _ = b3[0]; _ = b4[0]; }",
  ].join("\n");
  const { bindings } = readInterface(source).entries.get("main")!;
  deepStrictEqual(bindings.map(({ half }) => half), [true, true, true, false, false]);
});

Deno.test("specialise() changes what it names and nothing else", () => {
  const source = "const A = 1u;\nconst AB = 1u;\nfn f() {\n  const A = 1u;\n}\n// const A = 1u;\n";
  strictEqual(specialise(source, { A: 2 }), source.replace("1u", "2u"));
  strictEqual(specialise(source, {}), source);
});

Deno.test("specialise() refuses names that are not declared once at the start of a line", () => {
  throws(() => specialise("const A = 1u;", { B: 1 }), /0 declarations of const or alias B/);
  throws(() => specialise("const A = 1u;\nconst A = 2u;", { A: 1 }), /2 declarations/);
  throws(() => specialise("  const A = 1u;", { A: 1 }), /0 declarations/);
});

Deno.test("a specialised kernel has the interface of its new text", () => {
  const source = "alias T = f32;\n@group(0) @binding(4) var<storage, read_write> y: array<T>;\n" +
    "@compute @workgroup_size(1) fn main() { y[0] = T(); }";
  match(specialise(source, { T: "vec4f" }), /alias T = vec4f;/);
  strictEqual(readInterface(specialise(source, { T: "vec4f" })).entries.size, 1);
});
