// Signs of singular vectors after Bro, Acar and Kolda (2008), in the variant of the original:
//
//   signs  s_j = sign(sum over i of sign(p_ij) p_ij^2),   p_j = S_j V_j; `zero` where the sum is 0
//   flip   y_ij = s_j u_ij
//   mark   y_ij = NaN where marks_i is NaN, in place
//
// p [segments, n, k] holds a projection a column, as u and y hold a vector. Dispatch: LANES lanes, striding
// over the grid; a lane owns a column (signs) or an element. `count` is the number of these.

struct Params {
  count: u32,
  n: u32,
  k: u32,
  zero: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> p: array<f32>;
@group(0) @binding(2) var<storage, read> u: array<f32>;
@group(0) @binding(3) var<storage, read> marks: array<f32>;
@group(0) @binding(4) var<storage, read_write> s: array<f32>;
@group(0) @binding(5) var<storage, read_write> y: array<f32>;

const LANES = 256u;

@compute @workgroup_size(LANES)
fn signs(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var column = id.x; column < params.count; column += groups.x * LANES) {
    let start = column / params.k * params.n * params.k + column % params.k;
    var sum = 0.0;
    for (var i = 0u; i < params.n; i++) {
      let v = p[start + i * params.k];
      sum += v * abs(v);
    }
    s[column] = select(params.zero, sign(sum), sum != 0.0);
  }
}

@compute @workgroup_size(LANES)
fn flip(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var at = id.x; at < params.count; at += groups.x * LANES) {
    y[at] = u[at] * s[at / params.k / params.n * params.k + at % params.k];
  }
}

@compute @workgroup_size(LANES)
fn mark(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var at = id.x; at < params.count; at += groups.x * LANES) {
    let m = marks[at / params.k];
    if ((bitcast<u32>(m) & 0x7fffffffu) > 0x7f800000u) {
      y[at] = m;
    }
  }
}
