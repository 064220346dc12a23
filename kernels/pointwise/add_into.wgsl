// y += x, elementwise: gradients that arrive at the same tensor.
//
// Dispatch: 256 lanes, one element each, striding over the grid.

struct Params { n: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<storage, read> x: array<f32>;

const LANES = 256u;

@compute @workgroup_size(LANES)
fn forward(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id.x; i < params.n; i += groups.x * LANES) {
    y[i] += x[i];
  }
}
