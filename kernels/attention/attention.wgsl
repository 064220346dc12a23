// Multi-head attention on packed projections, for any device: heads of up to 64.
//
//   qkv [B, T, 3, H, D], out and dout [B, T, H, D], lse and delta [B, H, T], D = 4 HEAD4
//   S = scale Q K' (CAUSAL: keys after the query count as -inf; BIASED: + bias of the key, [B, T])
//   P = softmax(S), out = P V
//   lse = log sum exp S;  delta = sum_d dout out
//   backward: P = exp(S - lse), dP = dout V', dS = P (dP - delta),
//             dV = P' dout, dK = scale dS' Q, dQ = scale dS K
//
// qkv, out and their gradients are stored as X, f32 or f16; lse, delta and the biases are f32, as is all
// arithmetic.
//
// The probabilities are never stored: the forward pass keeps a running maximum and sum (online softmax),
// the backward pass recomputes them from lse. One kernel owns dQ, another dK and dV: no atomics.
//
// A lane owns one query (or one key), in registers; the others come through workgroup memory, 16 at a
// time (8 KB), from where all lanes read the same address: a broadcast on every GPU.
//
// Dispatch: LANES lanes; x = ceil(T / LANES), y = H, z = B.

struct Params {
  tokens: u32, // T
  heads: u32, // H
  scale: f32,
}

alias X = vec4f;
alias Bias = f32; // where BIASED is false, of whatever is bound

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> qkv: array<X>;
@group(0) @binding(2) var<storage, read> dout: array<X>;
@group(0) @binding(3) var<storage, read> lse: array<f32>;
@group(0) @binding(4) var<storage, read> delta: array<f32>;
@group(0) @binding(5) var<storage, read_write> out: array<X>;
@group(0) @binding(6) var<storage, read_write> lse_out: array<f32>;
@group(0) @binding(7) var<storage, read_write> dqkv: array<X>;
@group(0) @binding(8) var<storage, read> out_in: array<X>;
@group(0) @binding(9) var<storage, read_write> delta_out: array<f32>;
@group(0) @binding(10) var<storage, read> key_bias: array<Bias>;

const CAUSAL = false;
const BIASED = false;
const LANES = 64u;
const HEAD4 = 16u; // vec4 of a head
const ROUND = 16u; // tokens in workgroup memory at a time
const OTHER = 256u; // where the values begin in `staged`
const MASKED = -1e30;

// ROUND x HEAD4 keys (or queries), then as many values (or output gradients). One array, since wgpu
// passes no pointer to workgroup memory to a function.
var<workgroup> staged: array<vec4f, 512>;
var<workgroup> stats: array<vec2f, 16>; // lse and delta of the round

alias Row = array<vec4f, HEAD4>;

// First vec4 of a token's head in qkv (part 0, 1, 2 = query, key, value) and in out.
fn packed(group: vec3u, token: u32, part: u32) -> u32 {
  return ((group.z * params.tokens + token) * 3u + part) * params.heads * HEAD4 + group.y * HEAD4;
}

fn plain(group: vec3u, token: u32) -> u32 {
  return ((group.z * params.tokens + token) * params.heads + group.y) * HEAD4;
}

fn stat(group: vec3u, token: u32) -> u32 {
  return (group.z * params.heads + group.y) * params.tokens + token;
}

fn bias(group: vec3u, key: u32) -> f32 {
  if (BIASED) {
    return f32(key_bias[group.z * params.tokens + key]);
  }
  return 0.0;
}

fn inner(row: ptr<function, Row>, at: u32) -> f32 {
  var sum = vec4f(0.0);
  for (var d = 0u; d < HEAD4; d++) {
    sum += (*row)[d] * staged[at + d];
  }
  return sum.x + sum.y + sum.z + sum.w;
}

fn accumulate(row: ptr<function, Row>, w: f32, at: u32) {
  for (var d = 0u; d < HEAD4; d++) {
    (*row)[d] += w * staged[at + d];
  }
}

@compute @workgroup_size(LANES)
fn forward(
  @builtin(local_invocation_index) lane: u32,
  @builtin(workgroup_id) group: vec3u,
) {
  let query = group.x * LANES + lane;
  let row = min(query, params.tokens - 1u);
  var q: Row;
  var o: Row;
  for (var d = 0u; d < HEAD4; d++) {
    q[d] = params.scale * vec4f(qkv[packed(group, row, 0u) + d]);
  }
  var most = MASKED;
  var total = 0.0;
  let visible = select(params.tokens, min(params.tokens, (group.x + 1u) * LANES), CAUSAL);
  for (var start = 0u; start < visible; start += ROUND) {
    workgroupBarrier();
    for (var i = lane; i < ROUND * HEAD4; i += LANES) {
      let token = min(start + i / HEAD4, params.tokens - 1u);
      staged[i] = vec4f(qkv[packed(group, token, 1u) + i % HEAD4]);
      staged[OTHER + i] = vec4f(qkv[packed(group, token, 2u) + i % HEAD4]);
    }
    workgroupBarrier();
    for (var j = 0u; j < min(ROUND, visible - start); j++) {
      if (CAUSAL && start + j > query) {
        continue;
      }
      let s = inner(&q, j * HEAD4) + bias(group, start + j);
      let now = max(most, s);
      let shrink = exp(most - now);
      let w = exp(s - now);
      total = total * shrink + w;
      most = now;
      for (var d = 0u; d < HEAD4; d++) {
        o[d] = o[d] * shrink + w * staged[OTHER + j * HEAD4 + d];
      }
    }
  }
  if (query < params.tokens) {
    for (var d = 0u; d < HEAD4; d++) {
      out[plain(group, query) + d] = X(o[d] / total);
    }
    lse_out[stat(group, query)] = most + log(total);
  }
}

@compute @workgroup_size(LANES)
fn backward_delta(
  @builtin(local_invocation_index) lane: u32,
  @builtin(workgroup_id) group: vec3u,
) {
  let query = group.x * LANES + lane;
  if (query >= params.tokens) {
    return;
  }
  var sum = vec4f(0.0);
  for (var d = 0u; d < HEAD4; d++) {
    let at = plain(group, query) + d;
    sum += vec4f(dout[at]) * vec4f(out_in[at]);
  }
  delta_out[stat(group, query)] = sum.x + sum.y + sum.z + sum.w;
}

@compute @workgroup_size(LANES)
fn backward_q(
  @builtin(local_invocation_index) lane: u32,
  @builtin(workgroup_id) group: vec3u,
) {
  let query = group.x * LANES + lane;
  let row = min(query, params.tokens - 1u);
  var q: Row;
  var g: Row;
  var dq: Row;
  for (var d = 0u; d < HEAD4; d++) {
    q[d] = params.scale * vec4f(qkv[packed(group, row, 0u) + d]);
    g[d] = vec4f(dout[plain(group, row) + d]);
  }
  let own_lse = lse[stat(group, row)];
  let own_delta = delta[stat(group, row)];
  let visible = select(params.tokens, min(params.tokens, (group.x + 1u) * LANES), CAUSAL);
  for (var start = 0u; start < visible; start += ROUND) {
    workgroupBarrier();
    for (var i = lane; i < ROUND * HEAD4; i += LANES) {
      let token = min(start + i / HEAD4, params.tokens - 1u);
      staged[i] = vec4f(qkv[packed(group, token, 1u) + i % HEAD4]);
      staged[OTHER + i] = vec4f(qkv[packed(group, token, 2u) + i % HEAD4]);
    }
    workgroupBarrier();
    for (var j = 0u; j < min(ROUND, visible - start); j++) {
      if (CAUSAL && start + j > query) {
        continue;
      }
      let weight = exp(inner(&q, j * HEAD4) + bias(group, start + j) - own_lse);
      let ds = weight * (inner(&g, OTHER + j * HEAD4) - own_delta);
      accumulate(&dq, params.scale * ds, j * HEAD4);
    }
  }
  if (query < params.tokens) {
    for (var d = 0u; d < HEAD4; d++) {
      dqkv[packed(group, query, 0u) + d] = X(dq[d]);
    }
  }
}

@compute @workgroup_size(LANES)
fn backward_kv(
  @builtin(local_invocation_index) lane: u32,
  @builtin(workgroup_id) group: vec3u,
) {
  let key = group.x * LANES + lane;
  let row = min(key, params.tokens - 1u);
  var k: Row;
  var v: Row;
  var dk: Row;
  var dv: Row;
  for (var d = 0u; d < HEAD4; d++) {
    k[d] = params.scale * vec4f(qkv[packed(group, row, 1u) + d]);
    v[d] = vec4f(qkv[packed(group, row, 2u) + d]);
  }
  let own_bias = bias(group, row);
  // Queries before the first key of this group see none of its keys.
  let from_query = select(0u, group.x * LANES, CAUSAL);
  for (var start = from_query; start < params.tokens; start += ROUND) {
    workgroupBarrier();
    for (var i = lane; i < ROUND * HEAD4; i += LANES) {
      let token = min(start + i / HEAD4, params.tokens - 1u);
      staged[i] = vec4f(qkv[packed(group, token, 0u) + i % HEAD4]);
      staged[OTHER + i] = vec4f(dout[plain(group, token) + i % HEAD4]);
    }
    if (lane < ROUND) {
      let at = stat(group, min(start + lane, params.tokens - 1u));
      stats[lane] = vec2f(lse[at], delta[at]);
    }
    workgroupBarrier();
    for (var j = 0u; j < min(ROUND, params.tokens - start); j++) {
      if (CAUSAL && key > start + j) {
        continue;
      }
      let weight = exp(inner(&k, j * HEAD4) + own_bias - stats[j].x);
      let ds = weight * (inner(&v, OTHER + j * HEAD4) - stats[j].y);
      accumulate(&dv, weight, OTHER + j * HEAD4);
      accumulate(&dk, params.scale * ds, j * HEAD4);
    }
  }
  if (key < params.tokens) {
    for (var d = 0u; d < HEAD4; d++) {
      dqkv[packed(group, key, 1u) + d] = X(dk[d]);
      dqkv[packed(group, key, 2u) + d] = X(dv[d]);
    }
  }
}
