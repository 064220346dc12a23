// QuickGELU (CLIP's activation): y = x * sigmoid(1.702 x).
// dx = dy * (s + 1.702 x s (1 - s)), s = sigmoid(1.702 x).
//
// Dispatch: 256 lanes, one element each, striding over the grid (a dimension ends at 65,535 groups).

struct Params { n: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> dy: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;
@group(0) @binding(4) var<storage, read_write> dx: array<f32>;

const LANES = 256u;

fn sigmoid(z: f32) -> f32 {
  return 1.0 / (1.0 + exp(-z));
}

@compute @workgroup_size(LANES)
fn forward(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id.x; i < params.n; i += groups.x * LANES) {
    y[i] = x[i] * sigmoid(1.702 * x[i]);
  }
}

@compute @workgroup_size(LANES)
fn backward(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id.x; i < params.n; i += groups.x * LANES) {
    let s = sigmoid(1.702 * x[i]);
    dx[i] = dy[i] * (s + 1.702 * x[i] * s * (1.0 - s));
  }
}
