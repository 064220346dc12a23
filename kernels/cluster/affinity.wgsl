// Graphs of the tokens of a segment, as weights w [segments, n, n], in place:
//
//   heat     w = exp(-w / (2 sigma^2)) of squared distances
//   nearest  threshold_i = the k-th largest weight of row i, the token's own included
//   keep     w_ij = 0 where w_ij < threshold_i and w_ij < threshold_j: the k nearest, ties kept, of either
//   near     w_ij = 0 unless the tokens are near in space and time: with t = i / frame_tokens,
//            y = i % frame_tokens / side, x = i % frame_tokens % side (and t', y', x' of j),
//              |t - t'| <= reach_t, |y - y'| <= reach_s, |x - x'| <= reach_s
//            where j must lie within the side x side grid; i need not
//
// What is not finite is far from everything: its weights are 0 but for its own, which stays NaN.
//
// Weights are 0 or above, so their order is that of their bits; `nearest` settles the threshold's bits from
// the top, each by counting the weights that reach it.
//
// n is the number of weights, or of rows for `nearest`. Dispatch: LANES lanes, striding over the grid; a
// lane owns a weight, or a row.

struct Params {
  n: u32,
  tokens: u32,
  k: u32,
  factor: f32, // 1 / (2 sigma^2)
  frame_tokens: u32,
  side: u32,
  reach_s: u32,
  reach_t: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> w: array<f32>;
@group(0) @binding(2) var<storage, read_write> thresholds: array<u32>;

const LANES = 256u;
const INFINITY = 0x7f800000u;

@compute @workgroup_size(LANES)
fn heat(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var at = id.x; at < params.n; at += groups.x * LANES) {
    let d = w[at];
    if ((bitcast<u32>(d) & INFINITY) == INFINITY) {
      let itself = at / params.tokens % params.tokens == at % params.tokens;
      w[at] = select(0.0, d, itself);
    } else {
      w[at] = select(exp(-d * params.factor), 1.0, d == 0.0);
    }
  }
}

@compute @workgroup_size(LANES)
fn nearest(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var row = id.x; row < params.n; row += groups.x * LANES) {
    var threshold = 0u;
    for (var bit = 1u << 30u; bit > 0u; bit >>= 1u) {
      var reached = 0u;
      for (var j = 0u; j < params.tokens; j++) {
        reached += u32(bitcast<u32>(w[row * params.tokens + j]) >= (threshold | bit));
      }
      threshold |= select(0u, bit, reached >= params.k);
    }
    thresholds[row] = threshold;
  }
}

@compute @workgroup_size(LANES)
fn keep(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var at = id.x; at < params.n; at += groups.x * LANES) {
    let i = at / params.tokens;
    let j = i / params.tokens * params.tokens + at % params.tokens;
    if (bitcast<u32>(w[at]) < min(thresholds[i], thresholds[j])) {
      w[at] = 0.0;
    }
  }
}

fn apart(a: u32, b: u32) -> u32 {
  return max(a, b) - min(a, b);
}

@compute @workgroup_size(LANES)
fn near(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var at = id.x; at < params.n; at += groups.x * LANES) {
    let i = at / params.tokens % params.tokens;
    let j = at % params.tokens;
    let a = i % params.frame_tokens;
    let b = j % params.frame_tokens;
    if (
      b >= params.side * params.side ||
      apart(i / params.frame_tokens, j / params.frame_tokens) > params.reach_t ||
      apart(a / params.side, b / params.side) > params.reach_s ||
      apart(a % params.side, b % params.side) > params.reach_s
    ) {
      w[at] = 0.0;
    }
  }
}
