// Multi-head attention on packed projections, for small subgroups (software devices): width 64 a head.
//
//   qkv [B, T, 3, H, 64], out and dout [B, T, H, 64], lse and delta [B, H, T]
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
// A subgroup owns ROWS queries (or keys) and walks over 4 L of the others at a time; a lane owns four
// of those. Operands of the rows are loaded one row a lane and shuffled, as in matmul_subgroup.wgsl.
// Rows past the end load the last one and are not stored. The bounds of the inner loops are no constants:
// unrolled, a body would leave the processor's cache of decoded instructions.
//
// Dispatch: one subgroup a workgroup; x = ceil(T / ROWS), y = H, z = B.

enable subgroups;

struct Params {
  tokens: u32, // T
  heads: u32, // H
  head4: u32, // vec4 of a head, 16
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
@group(0) @binding(8) var<storage, read> key_bias: array<Bias>;

const CAUSAL = false;
const BIASED = false;
const L = 8u;
const ROWS = 16u;
const HEAD4 = 16u; // vec4 of a head
const LOADS = (ROWS + L - 1u) / L;
const SHARE = min(L, ROWS); // rows that one load of a subgroup covers
const COLS = HEAD4 / L; // vec4 of a head that a lane owns
const MASKED = -1e30;

alias Tile = array<vec4f, ROWS>;
alias Block = array<vec4f, ROWS * COLS>;

struct Place {
  q: u32, // first vec4 of this batch entry and head in qkv: queries, keys, values
  k: u32,
  v: u32,
  grad: u32, // the same in out and dout
  step: u32, // vec4 from token to token in qkv
  grad_step: u32,
  stat: u32, // first element in lse and delta
  lane: u32,
}

fn place(group: vec3u, lane: u32) -> Place {
  let width = params.heads * HEAD4;
  let q = group.z * params.tokens * 3u * width + group.y * HEAD4;
  return Place(
    q,
    q + width,
    q + 2u * width,
    group.z * params.tokens * width + group.y * HEAD4,
    3u * width,
    width,
    (group.z * params.heads + group.y) * params.tokens,
    lane,
  );
}

fn load(grad: bool, at: u32) -> vec4f {
  if (grad) {
    return vec4f(dout[at]);
  }
  return vec4f(qkv[at]);
}

// The inner products of the rows from `row` of x with the lane's four rows from `col` of y.
fn dots(p: Place, x_grad: bool, x: u32, row: u32, y_grad: bool, y: u32, col: u32) -> Tile {
  let x_step = select(p.step, p.grad_step, x_grad);
  let y_step = select(p.step, p.grad_step, y_grad);
  let end = params.tokens - 1u;
  var t: Tile;
  for (var d = 0u; d < params.head4; d++) {
    let c0 = load(y_grad, y + min(col, end) * y_step + d);
    let c1 = load(y_grad, y + min(col + 1u, end) * y_step + d);
    let c2 = load(y_grad, y + min(col + 2u, end) * y_step + d);
    let c3 = load(y_grad, y + min(col + 3u, end) * y_step + d);
    let b = array<vec4f, 4>(
      vec4f(c0.x, c1.x, c2.x, c3.x),
      vec4f(c0.y, c1.y, c2.y, c3.y),
      vec4f(c0.z, c1.z, c2.z, c3.z),
      vec4f(c0.w, c1.w, c2.w, c3.w),
    );
    for (var h = 0u; h < LOADS; h++) {
      let a = load(x_grad, x + min(row + h * L + p.lane % ROWS, end) * x_step + d);
      for (var i = 0u; i < SHARE; i++) {
        for (var e = 0u; e < 4u; e++) {
          t[h * L + i] += subgroupShuffle(a[e], i) * b[e];
        }
      }
    }
  }
  return t;
}

// o += t y over the tile's columns from `first` to `end`: t holds weights of the rows, vec4 over a lane's
// four columns.
fn mix(o: ptr<function, Block>, t: Tile, p: Place, y_grad: bool, y: u32, first: u32, end: u32) {
  let y_step = select(p.step, p.grad_step, y_grad);
  for (var s = 0u; s < min(4u * L, end - first); s++) {
    let at = y + (first + s) * y_step + p.lane;
    var b: array<vec4f, COLS>;
    for (var c = 0u; c < COLS; c++) {
      b[c] = load(y_grad, at + c * L);
    }
    for (var i = 0u; i < ROWS; i++) {
      let weight = subgroupShuffle(t[i][s % 4u], s / 4u);
      for (var c = 0u; c < COLS; c++) {
        (*o)[i * COLS + c] += weight * b[c];
      }
    }
  }
}

// Which of the keys from `col` (four) a query must not see.
fn masked(query: u32, col: u32) -> vec4<bool> {
  let key = vec4u(col) + vec4u(0u, 1u, 2u, 3u);
  var hidden = key >= vec4u(params.tokens);
  if (CAUSAL) {
    hidden = hidden | (key > vec4u(query));
  }
  return hidden;
}

// The biases of the keys from `col` (four).
fn biases(batch: u32, col: u32) -> vec4f {
  if (BIASED) {
    let key = batch * params.tokens +
      min(vec4u(col) + vec4u(0u, 1u, 2u, 3u), vec4u(params.tokens - 1u));
    return vec4f(
      f32(key_bias[key.x]),
      f32(key_bias[key.y]),
      f32(key_bias[key.z]),
      f32(key_bias[key.w]),
    );
  }
  return vec4f();
}

// Keys that the queries from `row` can see.
fn visible(row: u32) -> u32 {
  if (CAUSAL) {
    return min(params.tokens, row + ROWS);
  }
  return params.tokens;
}

@compute @workgroup_size(L)
fn forward(@builtin(subgroup_invocation_id) lane: u32, @builtin(workgroup_id) group: vec3u) {
  let p = place(group, lane);
  let row = group.x * ROWS;
  var o: Block;
  var most: array<f32, ROWS>;
  var total: array<f32, ROWS>;
  for (var i = 0u; i < ROWS; i++) {
    most[i] = MASKED;
  }
  for (var first = 0u; first < visible(row); first += 4u * L) {
    let col = first + 4u * lane;
    let bias = biases(group.z, col);
    var t = dots(p, false, p.q, row, false, p.k, col);
    for (var i = 0u; i < ROWS; i++) {
      let s = select(params.scale * t[i] + bias, vec4f(MASKED), masked(row + i, col));
      let high = subgroupMax(max(max(s.x, s.y), max(s.z, s.w)));
      let now = max(most[i], high);
      let shrink = exp(most[i] - now);
      t[i] = exp(s - now);
      total[i] = total[i] * shrink + subgroupAdd(t[i].x + t[i].y + t[i].z + t[i].w);
      most[i] = now;
      for (var c = 0u; c < COLS; c++) {
        o[i * COLS + c] *= shrink;
      }
    }
    mix(&o, t, p, false, p.v, first, visible(row));
  }
  for (var i = 0u; i < ROWS; i++) {
    if (row + i < params.tokens) {
      for (var c = 0u; c < COLS; c++) {
        out[p.grad + (row + i) * p.grad_step + c * L + lane] = X(o[i * COLS + c] / total[i]);
      }
      if (lane == 0u) {
        lse_out[p.stat + row + i] = most[i] + log(total[i]);
      }
    }
  }
}

@compute @workgroup_size(L)
fn backward_q(@builtin(subgroup_invocation_id) lane: u32, @builtin(workgroup_id) group: vec3u) {
  let p = place(group, lane);
  let row = group.x * ROWS;
  let end = params.tokens - 1u;
  var dq: Block;
  for (var first = 0u; first < visible(row); first += 4u * L) {
    let col = first + 4u * lane;
    let bias = biases(group.z, col);
    var t = dots(p, false, p.q, row, false, p.k, col);
    let dp = dots(p, true, p.grad, row, false, p.v, col);
    for (var i = 0u; i < ROWS; i++) {
      let stat = p.stat + min(row + i, end);
      let weight = exp(params.scale * t[i] + bias - lse[stat]);
      t[i] = select(weight * (dp[i] - delta[stat]), vec4f(0.0), masked(row + i, col));
    }
    mix(&dq, t, p, false, p.k, first, visible(row));
  }
  for (var i = 0u; i < ROWS; i++) {
    if (row + i < params.tokens) {
      for (var c = 0u; c < COLS; c++) {
        dqkv[p.q + (row + i) * p.step + c * L + lane] = X(params.scale * dq[i * COLS + c]);
      }
    }
  }
}

@compute @workgroup_size(L)
fn backward_kv(@builtin(subgroup_invocation_id) lane: u32, @builtin(workgroup_id) group: vec3u) {
  let p = place(group, lane);
  let row = group.x * ROWS;
  let end = params.tokens - 1u;
  var dk: Block;
  var dv: Block;
  // Queries before the first key of these rows see none of them.
  let start = select(0u, row / (4u * L) * 4u * L, CAUSAL);
  for (var first = start; first < params.tokens; first += 4u * L) {
    let col = first + 4u * lane;
    let query = vec4u(col) + vec4u(0u, 1u, 2u, 3u);
    let at = p.stat + min(query, vec4u(end));
    let l = vec4f(lse[at.x], lse[at.y], lse[at.z], lse[at.w]);
    let dl = vec4f(delta[at.x], delta[at.y], delta[at.z], delta[at.w]);
    var t = dots(p, false, p.k, row, false, p.q, col);
    var ds = dots(p, false, p.v, row, true, p.grad, col);
    for (var i = 0u; i < ROWS; i++) {
      var hidden = query > vec4u(end);
      if (CAUSAL) {
        hidden = hidden | (vec4u(row + i) > query);
      }
      let bias = biases(group.z, row + i).x;
      t[i] = select(exp(params.scale * t[i] + bias - l), vec4f(0.0), hidden);
      ds[i] = t[i] * (ds[i] - dl);
    }
    mix(&dv, t, p, true, p.grad, first, params.tokens);
    mix(&dk, ds, p, false, p.q, first, params.tokens);
  }
  for (var i = 0u; i < ROWS; i++) {
    if (row + i < params.tokens) {
      for (var c = 0u; c < COLS; c++) {
        let at = (row + i) * p.step + c * L + lane;
        dqkv[p.k + at] = X(params.scale * dk[i * COLS + c]);
        dqkv[p.v + at] = X(dv[i * COLS + c]);
      }
    }
  }
}
