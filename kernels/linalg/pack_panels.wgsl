// Cuts the rows of matrices into panels of 4 L and transposes each, as matmul_subgroup.wgsl reads them:
//
//   y[b, p, k, r] = x[b, 4 L p + r, k], x [B, R, K], y [B, ceil(R / 4 L), K, 4 L]
//
// x is f32 or f16, y f32. Rows past the last repeat it. A lane moves 4 rows x 4 inner indices: four loads, a
// transposition in registers, four stores; the lanes of a workgroup write whole lines of a panel. A workgroup
// goes through 16 inner indices at a time, so that the lines of x that it touches are read to their end.
//
// Needs K % 4 == 0. Dispatch: x = ceil(R / 4 L), y = ceil(K / 64), z = B.

struct Params {
  rows: u32, // R
  inner: u32, // K / 4
}

alias X = vec4f;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<X>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4f>;

const L = 8u;
const STEPS = 16u; // vec4 of the inner dimension that a workgroup goes through

@compute @workgroup_size(L)
fn main(
  @builtin(local_invocation_id) local: vec3u,
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
) {
  let row = (group.x * L + local.x) * 4u;
  let panel = group.z * groups.x + group.x;
  let end = min((group.y + 1u) * STEPS, params.inner);
  for (var k = group.y * STEPS; k < end; k++) {
    var t: array<vec4f, 4>;
    for (var i = 0u; i < 4u; i++) {
      t[i] = vec4f(x[(group.z * params.rows + min(row + i, params.rows - 1u)) * params.inner + k]);
    }
    for (var q = 0u; q < 4u; q++) {
      y[((panel * params.inner + k) * 4u + q) * L + local.x] = vec4f(t[0][q], t[1][q], t[2][q], t[3][q]);
    }
  }
}
