// Keeps the number of the first tensor that held a NaN or an Inf: latch = index + 1 where it was 0.
//
// Dispatches run in order, so the first tensor wins; within one every lane stores the same number. An
// element is not finite where all bits of its exponent are set.
//
// Dispatch: 256 lanes, one vector each, striding over the grid. What lies past the last element is
// undefined and not looked at.

struct Params {
  n: u32, // elements
  index: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4u>;
@group(0) @binding(2) var<storage, read_write> latch: atomic<u32>;

const LANES = 256u;
const EXPONENT = vec4u(0x7f800000u);

@compute @workgroup_size(LANES)
fn forward(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  var found = false;
  for (var i = id.x; i < (params.n + 3u) / 4u; i += groups.x * LANES) {
    let inside = 4u * i + vec4u(0u, 1u, 2u, 3u) < vec4u(params.n);
    found = found || any(inside & ((x[i] & EXPONENT) == EXPONENT));
  }
  if (found && atomicLoad(&latch) == 0u) {
    atomicStore(&latch, params.index + 1u);
  }
}
