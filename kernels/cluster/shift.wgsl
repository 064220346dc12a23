// Shifts a part of the channels along the frames of each video, for the tokens from `first` to `last`:
//   y[b, t, i, c] = x[b, t + step, i, c]   c < fold           (step 1: the next frame)
//                   x[b, t - step, i, c]   fold <= c < 2 fold (the previous one)
//                   x[b, t, i, c]          elsewhere, and for the other tokens
// with 0 where there is no such frame. The gradient is the same with the opposite step.
//
// x, y [videos * frames, tokens, width]; sizes of channels are in T, which is vec4f where 4 divides both
// the width and the fold. Dispatch: 256 lanes, one T each, striding over the grid.

struct Params {
  n: u32,
  frames: u32,
  tokens: u32,
  width: u32,
  fold: u32,
  first: u32,
  last: u32,
  step: i32, // 1 or -1
}

alias T = f32;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<T>;
@group(0) @binding(2) var<storage, read_write> y: array<T>;

const LANES = 256u;

@compute @workgroup_size(LANES)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let frame_size = params.tokens * params.width;
  for (var at = id.x; at < params.n; at += groups.x * LANES) {
    let channel = at % params.width;
    let token = at / params.width % params.tokens;
    let shifted = channel < 2u * params.fold && params.first <= token && token < params.last;
    let step = select(0, select(-params.step, params.step, channel < params.fold), shifted);
    let frame = i32(at / frame_size % params.frames) + step;
    if (frame < 0 || frame >= i32(params.frames)) {
      y[at] = T(0);
    } else {
      y[at] = x[u32(i32(at) + step * i32(frame_size))];
    }
  }
}
