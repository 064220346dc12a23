// The reduction of tridiagonalize.wgsl in panels, for small subgroups (software devices): a load costs as
// much there as a few dozen multiplications, so A is updated once a panel instead of once a step, and
// of its symmetric halves one is read.
//
//   p_j = A v_j - sum over the panel's earlier i of (V_i (W_i' v_j) + W_i (V_i' v_j)),
//   w_j = tau_j p_j - (tau_j^2 p_j' v_j / 2) v_j,        after PANEL steps A <- A - V W' - W V'
//
// (Dongarra, Hammarling and Sorensen 1989; LAPACK's latrd). Row r counts from column r - r % TILE on: where
// a tile of TILE rows meets a lane's columns, the products go to the rows' sums and to the columns'. The
// square on the diagonal is whole and counts once.
//
// One subgroup takes a matrix. Every vector of four columns, in registers or memory, belongs to the lane of
// its number modulo L, which alone reads and writes it; others get it by a shuffle. So there is no
// barrier: in a kernel with one, lavapipe keeps all values in memory, and a load takes three times as long.
//
// work [rows, quads] vec4 comes from symmetric_part.wgsl, rows a multiple of TILE, quads of L, and is left
// with v_j in row j. panel [PANEL, quads] holds w. tridiagonal [3, n]: diagonal, off-diagonal, tau.
// products [panels, PANEL, PANEL] keeps V_i' v_j for apply_reflectors_subgroup.wgsl.
// Dispatch: x = matrices. CAPACITY >= 4 quads, L >= PANEL.

enable subgroups;

struct Params {
  n: u32,
  rows: u32,
  quads: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> work: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> panel: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> tridiagonal: array<f32>;
@group(0) @binding(4) var<storage, read_write> products: array<f32>;

const L = 8u;
const CAPACITY = 1024u;
const QUADS = CAPACITY / 4u;
const PANEL = 8u;
const TILE = 8u;
const TILE_QUADS = TILE / 4u;
const NO_NORM = 1e-30; // a column of squared norm below is zero beside entries of up to 1

var<workgroup> v: array<vec4f, QUADS>;
var<workgroup> p: array<vec4f, QUADS>;

// The first vector of the round of L that vector `quad` is in.
fn round_of(quad: u32) -> u32 {
  return quad / L * L;
}

// The sum over the subgroup, in a fixed order.
fn total(x: vec4f) -> vec4f {
  var sum = x;
  for (var m = 1u; m < L; m *= 2u) {
    sum += subgroupShuffleXor(sum, m);
  }
  return sum;
}

// x where the column is past `after`, else 0.
fn past(x: vec4f, quad: u32, after: u32) -> vec4f {
  return select(vec4f(0.0), x, vec4u(quad * 4u) + vec4u(0u, 1u, 2u, 3u) > vec4u(after));
}

// p = A v, over rows and columns past j.
fn multiply(lane: u32, base: u32, j: u32) {
  let quads = params.quads;
  let first = (j + 1u) / TILE * TILE_QUADS;
  for (var left = round_of(first); left < quads; left += L) {
    p[left + lane] = vec4f(0.0);
  }
  for (var r = first; r < params.rows / 4u; r += TILE_QUADS) {
    let own = v[round_of(r) + lane];
    let v0 = subgroupShuffle(own, r % L);
    let v1 = subgroupShuffle(own, r % L + 1u);
    var sum0 = vec4f(0.0);
    var sum1 = vec4f(0.0);
    for (var left = round_of(r); left < quads; left += L) {
      let q = left + lane;
      let v_q = select(vec4f(0.0), v[q], q >= r);
      let at = base + r * 4u * quads + q;
      let a0 = work[at];
      let a1 = work[at + quads];
      let a2 = work[at + 2u * quads];
      let a3 = work[at + 3u * quads];
      let a4 = work[at + 4u * quads];
      let a5 = work[at + 5u * quads];
      let a6 = work[at + 6u * quads];
      let a7 = work[at + 7u * quads];
      sum0 += vec4f(dot(a0, v_q), dot(a1, v_q), dot(a2, v_q), dot(a3, v_q));
      sum1 += vec4f(dot(a4, v_q), dot(a5, v_q), dot(a6, v_q), dot(a7, v_q));
      let below = a0 * v0.x + a1 * v0.y + a2 * v0.z + a3 * v0.w +
        a4 * v1.x + a5 * v1.y + a6 * v1.z + a7 * v1.w;
      p[q] += select(vec4f(0.0), below, q >= r + TILE_QUADS);
    }
    sum0 = total(sum0);
    sum1 = total(sum1);
    p[round_of(r) + lane] += select(vec4f(0.0), sum0, lane == r % L) +
      select(vec4f(0.0), sum1, lane == r % L + 1u);
  }
}

// A <- A - V W' - W V' past column j, for a whole panel that ends with it.
fn update(lane: u32, base: u32, ws: u32, j: u32) {
  let quads = params.quads;
  let vs = base + (j + 1u - PANEL) * quads;
  let first = (j + 1u) / 4u;
  for (var left = round_of(first); left < quads; left += L) {
    let q = left + lane;
    var v_q: array<vec4f, PANEL>;
    var w_q: array<vec4f, PANEL>;
    for (var i = 0u; i < PANEL; i++) {
      v_q[i] = work[vs + i * quads + q];
      w_q[i] = panel[ws + i * quads + q];
    }
    let end = min(left + L, params.rows / 4u);
    for (var top = round_of(first); top < end; top += L) {
      var v_own: array<vec4f, PANEL>;
      var w_own: array<vec4f, PANEL>;
      for (var i = 0u; i < PANEL; i++) {
        v_own[i] = work[vs + i * quads + top + lane];
        w_own[i] = panel[ws + i * quads + top + lane];
      }
      for (var r = max(top, first); r < min(top + L, end); r++) {
        let at = base + r * 4u * quads + q;
        var a0 = work[at];
        var a1 = work[at + quads];
        var a2 = work[at + 2u * quads];
        var a3 = work[at + 3u * quads];
        for (var i = 0u; i < PANEL; i++) {
          let v_r = subgroupShuffle(v_own[i], r % L);
          let w_r = subgroupShuffle(w_own[i], r % L);
          a0 -= v_r.x * w_q[i] + w_r.x * v_q[i];
          a1 -= v_r.y * w_q[i] + w_r.y * v_q[i];
          a2 -= v_r.z * w_q[i] + w_r.z * v_q[i];
          a3 -= v_r.w * w_q[i] + w_r.w * v_q[i];
        }
        work[at] = a0;
        work[at + quads] = a1;
        work[at + 2u * quads] = a2;
        work[at + 3u * quads] = a3;
      }
    }
  }
}

@compute @workgroup_size(L)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(subgroup_invocation_id) lane: u32) {
  let n = params.n;
  let quads = params.quads;
  let base = group.x * params.rows * quads;
  let ws = group.x * PANEL * quads;
  let out = group.x * 3u * n;
  let panels = (n + PANEL - 1u) / PANEL;

  for (var j = 0u; j < n; j++) {
    let step = j % PANEL;
    let row = base + j * quads;
    let vs = base + (j - step) * quads;
    let start = j / 4u;
    let begin = round_of(start);

    // Lane i holds (W_i, V_i) at j, for i < step: what row j lacks of W_i and V_i.
    var along = vec2f(0.0);
    for (var i = 0u; i < step; i++) {
      let v_j = subgroupShuffle(work[vs + i * quads + begin + lane], start % L);
      let w_j = subgroupShuffle(panel[ws + i * quads + begin + lane], start % L);
      along = select(along, vec2f(w_j[j % 4u], v_j[j % 4u]), lane == i);
    }
    var squares = vec4f(0.0);
    for (var left = begin; left < quads; left += L) {
      let q = left + lane;
      var x = work[row + q];
      for (var i = 0u; i < step; i++) {
        let share = subgroupShuffle(along, i);
        x -= share.x * work[vs + i * quads + q] + share.y * panel[ws + i * quads + q];
      }
      v[q] = x;
      let tail = past(x, q, j + 1u);
      squares += tail * tail;
    }
    squares = total(squares);
    let rest = (squares.x + squares.y) + (squares.z + squares.w);
    let diagonal = subgroupShuffle(v[begin + lane], start % L)[j % 4u];
    let next = min(j + 1u, n - 1u);
    let beside = subgroupShuffle(v[round_of(next / 4u) + lane], next / 4u % L)[next % 4u];
    let head = select(0.0, beside, j + 1u < n);
    let reflects = rest > NO_NORM;
    let norm = sqrt(head * head + rest);
    let beta = select(head, select(norm, -norm, head > 0.0), reflects);
    let tau = select(0.0, (beta - head) / beta, reflects);
    let shrink = select(0.0, 1.0 / (head - beta), reflects);
    for (var left = 0u; left < begin; left += L) {
      work[row + left + lane] = vec4f(0.0);
    }
    for (var left = begin; left < quads; left += L) {
      let q = left + lane;
      let one = vec4u(q * 4u) + vec4u(0u, 1u, 2u, 3u) == vec4u(j + 1u);
      let u = select(past(v[q] * shrink, q, j + 1u), vec4f(f32(reflects)), one);
      v[q] = u;
      work[row + q] = u;
    }
    if (lane == 0u) {
      tridiagonal[out + j] = diagonal;
      tridiagonal[out + n + j] = beta;
      tridiagonal[out + 2u * n + j] = tau;
    }

    multiply(lane, base, j);
    let known = (group.x * panels + j / PANEL) * PANEL * PANEL + step;
    for (var i = 0u; i < step; i++) {
      var sum = vec4f(0.0);
      for (var left = begin; left < quads; left += L) {
        let q = left + lane;
        sum += vec4f(dot(panel[ws + i * quads + q], v[q]), dot(work[vs + i * quads + q], v[q]), 0.0, 0.0);
      }
      sum = total(sum);
      along = select(along, sum.xy, lane == i);
      if (lane == 0u) {
        products[known + i * PANEL] = sum.y;
      }
    }
    var product = vec4f(0.0);
    for (var left = begin; left < quads; left += L) {
      let q = left + lane;
      var x = p[q];
      for (var i = 0u; i < step; i++) {
        let share = subgroupShuffle(along, i);
        x -= share.x * work[vs + i * quads + q] + share.y * panel[ws + i * quads + q];
      }
      x = past(x, q, j);
      p[q] = x;
      product += x * v[q];
    }
    product = total(product);
    let half = 0.5 * tau * tau * ((product.x + product.y) + (product.z + product.w));
    for (var left = begin; left < quads; left += L) {
      panel[ws + step * quads + left + lane] = tau * p[left + lane] - half * v[left + lane];
    }
    if (step + 1u == PANEL && j + 1u < n) {
      update(lane, base, ws, j);
    }
  }
}
