// y = exp(x), elementwise. dx = y dy is a product of its own.
//
// Dispatch: 256 lanes, one vec4f each, striding over the grid. Tensors are padded to 16 bytes.

struct Params { n: u32 } // vectors

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4f>;

const LANES = 256u;

@compute @workgroup_size(LANES)
fn forward(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id.x; i < params.n; i += groups.x * LANES) {
    y[i] = exp(x[i]);
  }
}
