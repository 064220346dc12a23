// Weights of a 2-d convolution from the order of PyTorch, [O, C, TAPS], to that of the GEMM, and back.
//
//   pack:   y[t, c, o] = x[o, c, t]
//   turn:   y[t, o, c] = x[o, c, TAPS - 1 - t], the weights with which dy gives the gradient to the images
//   unpack: y[o, c, t] = x[t, c, o], the reverse of `pack`
//
// Dispatch: 256 lanes, all taps of one pair of channels each, striding over the grid; neighbouring lanes
// are neighbours in the order of the GEMM. The other side's accesses lie apart, but a layer's weights stay
// in the cache.

struct Params {
  n: u32, // O * C
  outputs: u32, // O
  channels: u32, // C
  taps: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;

const LANES = 256u;

// Where the taps of pair i, counted with the outputs innermost, begin in PyTorch's order.
fn taps_of(i: u32) -> u32 {
  return (i % params.outputs * params.channels + i / params.outputs) * params.taps;
}

@compute @workgroup_size(LANES)
fn pack(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id.x; i < params.n; i += groups.x * LANES) {
    let at = taps_of(i);
    for (var t = 0u; t < params.taps; t++) {
      y[t * params.n + i] = x[at + t];
    }
  }
}

@compute @workgroup_size(LANES)
fn turn(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id.x; i < params.n; i += groups.x * LANES) {
    for (var t = 0u; t < params.taps; t++) {
      y[t * params.n + i] = x[(i + 1u) * params.taps - 1u - t];
    }
  }
}

@compute @workgroup_size(LANES)
fn unpack(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id.x; i < params.n; i += groups.x * LANES) {
    let at = taps_of(i);
    for (var t = 0u; t < params.taps; t++) {
      y[at + t] = x[t * params.n + i];
    }
  }
}
