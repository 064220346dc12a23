// x = min(max(x, low), high), elementwise and in place; a NaN, told by its bits, stays.
//
// Dispatch: 256 lanes, one element each, striding over the grid.

struct Params {
  n: u32,
  low: f32,
  high: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> x: array<f32>;

const LANES = 256u;

@compute @workgroup_size(LANES)
fn forward(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id.x; i < params.n; i += groups.x * LANES) {
    let nan = (bitcast<u32>(x[i]) & 0x7fffffffu) > 0x7f800000u;
    if (!nan) {
      x[i] = clamp(x[i], params.low, params.high);
    }
  }
}
