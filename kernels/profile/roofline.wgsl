// What a device can do at most: multiply-adds without memory, and a copy without arithmetic.
//
//   multiply_add: 16 chains a lane, each of 4 `rounds` steps x = a x + b: 128 operations a round. A step
//     waits for the one before, about 4 cycles (8 on lavapipe, where it is two instructions); 16 chains hide
//     that. On lavapipe with AVX2 they run at 100 to 107 GFLOP/s, 12 chains at 90, 8 at 78; rounds of 1 step
//     at 50 and of 16, whose order LLVM turns until registers spill, at 31. The chains tend to 1: nothing
//     overflows or is denormal.
//   copy: y = x, in vec4. Every byte is read once and written once.
//
// Dispatch: 64 lanes; `multiply_add` as many workgroups as fill the device, `copy` striding over the grid.

struct Params {
  n: u32, // vec4s to copy
  rounds: u32,
  a: f32, // known at run time only, so that no compiler solves the recurrence
  b: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4f>;

const LANES = 64u;
const STEPS = 4u;

@compute @workgroup_size(LANES)
fn multiply_add(@builtin(global_invocation_id) id: vec3u) {
  let a = params.a;
  let b = params.b;
  var p = vec4f(f32(id.x % LANES));
  var q = p + 1.0;
  var r = p + 2.0;
  var s = p + 3.0;
  for (var round = 0u; round < params.rounds; round++) {
    for (var step = 0u; step < STEPS; step++) {
      p = a * p + b;
      q = a * q + b;
      r = a * r + b;
      s = a * s + b;
    }
  }
  y[id.x] = p + q + r + s;
}

@compute @workgroup_size(LANES)
fn copy(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id.x; i < params.n; i += groups.x * LANES) {
    y[i] = x[i];
  }
}
