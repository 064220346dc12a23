// y = scale * x + shift, elementwise.
//
// Each is stored as f32 or f16. Dispatch: 256 lanes, one vector each, striding over the grid. Tensors are padded to 16 bytes.

struct Params {
  n: u32, // vectors
  scale: f32,
  shift: f32,
}

alias X = vec4f;
alias Y = vec4f;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<X>;
@group(0) @binding(2) var<storage, read_write> y: array<Y>;

const LANES = 256u;

@compute @workgroup_size(LANES)
fn forward(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id.x; i < params.n; i += groups.x * LANES) {
    y[i] = Y(params.scale * vec4f(x[i]) + params.shift);
  }
}
