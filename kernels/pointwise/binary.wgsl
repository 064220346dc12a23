// y = a + b, a - b, a * b or a / b, elementwise; an operand whose size is 1 in a dimension stretches.
//
// The host merges neighbouring dimensions that stretch alike, so that the index of most calls takes no
// division or one. T is vec4f where both operands are contiguous in the innermost dimension: a software
// device loads four floats as fast as one. Each tensor is stored as f32 or f16.
//
// Dispatch: 256 lanes, one T each, striding over the grid.

// n: number of T in y. d1, d2, d3: sizes of y, outermost (d0) left out. a*, b*: strides, 0 if stretched.
struct Params {
  n: u32,
  d1: u32, d2: u32, d3: u32,
  a0: u32, a1: u32, a2: u32, a3: u32,
  b0: u32, b1: u32, b2: u32, b3: u32,
}

alias T = f32;
alias A = T;
alias B = T;
alias Y = T;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> a: array<A>;
@group(0) @binding(2) var<storage, read> b: array<B>;
@group(0) @binding(3) var<storage, read_write> y: array<Y>;

const LANES = 256u;
const RANK = 1u;
const OPERATOR = 0u; // 0: +, 1: -, 2: *, 3: /

fn coordinates(i: u32) -> vec4u {
  var at = vec4u(0u, 0u, 0u, i);
  if (RANK > 1u) {
    at.z = i / params.d3;
    at.w = i - at.z * params.d3;
  }
  if (RANK > 2u) {
    at.y = at.z / params.d2;
    at.z -= at.y * params.d2;
  }
  if (RANK > 3u) {
    at.x = at.y / params.d1;
    at.y -= at.x * params.d1;
  }
  return at;
}

@compute @workgroup_size(LANES)
fn forward(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let strideA = vec4u(params.a0, params.a1, params.a2, params.a3);
  let strideB = vec4u(params.b0, params.b1, params.b2, params.b3);
  for (var i = id.x; i < params.n; i += groups.x * LANES) {
    let at = coordinates(i);
    let u = T(a[dot(at, strideA)]);
    let v = T(b[dot(at, strideB)]);
    switch OPERATOR {
      case 0u: { y[i] = Y(u + v); }
      case 1u: { y[i] = Y(u - v); }
      case 2u: { y[i] = Y(u * v); }
      default: { y[i] = Y(u / v); }
    }
  }
}
