// y = scale * x, where a dimension of size 1 of x stretches to that of y: the gradient of a sum.
//
// Indices and T as in binary.wgsl. Dispatch: 256 lanes, one T each, striding over the grid.

// n: number of T in y. d1, d2, d3: sizes of y, outermost left out. a*: strides of x, 0 if stretched.
struct Params {
  n: u32,
  d1: u32, d2: u32, d3: u32,
  a0: u32, a1: u32, a2: u32, a3: u32,
  scale: f32,
}

alias T = f32;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<T>;
@group(0) @binding(2) var<storage, read_write> y: array<T>;

const LANES = 256u;
const RANK = 1u;

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
  let stride = vec4u(params.a0, params.a1, params.a2, params.a3);
  for (var i = id.x; i < params.n; i += groups.x * LANES) {
    y[i] = params.scale * x[dot(coordinates(i), stride)];
  }
}
