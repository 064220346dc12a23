// QuickGELU (CLIP's activation): y = x * sigmoid(1.702 x).
// dx = dy * (s + 1.702 x s (1 - s)), s = sigmoid(1.702 x).
//
// All are stored as X, f32 or f16; the arithmetic is f32.
//
// Dispatch: 256 lanes, one vector each, striding over the grid (a dimension ends at 65,535 groups). Tensors
// are padded to 16 bytes. On a software device single elements took 9.5 ms instead of 4.1 for [600, 3072].

struct Params { n: u32 } // vectors

alias X = vec4f;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<X>;
@group(0) @binding(2) var<storage, read> dy: array<X>;
@group(0) @binding(3) var<storage, read_write> y: array<X>;
@group(0) @binding(4) var<storage, read_write> dx: array<X>;

const LANES = 256u;

fn sigmoid(z: vec4f) -> vec4f {
  return 1.0 / (1.0 + exp(-z));
}

@compute @workgroup_size(LANES)
fn forward(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id.x; i < params.n; i += groups.x * LANES) {
    let v = vec4f(x[i]);
    y[i] = X(v * sigmoid(1.702 * v));
  }
}

@compute @workgroup_size(LANES)
fn backward(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id.x; i < params.n; i += groups.x * LANES) {
    let v = vec4f(x[i]);
    let s = sigmoid(1.702 * v);
    dx[i] = X(vec4f(dy[i]) * (s + 1.702 * v * s * (1.0 - s)));
  }
}
