// y = max(x, 0), elementwise; a NaN stays one: only the bits of a number tell that it is below 0.
// dx = dy where y > 0, else 0.
//
// Dispatch: 256 lanes, one vec4f each, striding over the grid. Tensors are padded to 16 bytes.

struct Params { n: u32 } // vectors

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(3) var<storage, read> saved: array<vec4f>; // y
@group(0) @binding(4) var<storage, read> dy: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> dx: array<vec4f>;

const LANES = 256u;
const SIGN = vec4u(0x80000000u);
const MINUS_INFINITY = vec4u(0xff800000u);

@compute @workgroup_size(LANES)
fn forward(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id.x; i < params.n; i += groups.x * LANES) {
    let bits = bitcast<vec4u>(x[i]);
    y[i] = select(x[i], vec4f(), (bits > SIGN) & (bits <= MINUS_INFINITY));
  }
}

@compute @workgroup_size(LANES)
fn backward(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id.x; i < params.n; i += groups.x * LANES) {
    dx[i] = select(vec4f(), dy[i], saved[i] > vec4f());
  }
}
