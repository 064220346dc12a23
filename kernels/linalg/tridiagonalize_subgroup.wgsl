// The reduction of tridiagonalize.wgsl in panels, for small subgroups (software devices): a load costs as
// much there as a few dozen multiplications, so A is updated once a panel instead of once a step, and
// of its symmetric halves one is read.
//
//   p_j = A v_j - sum over the panel's earlier i of (V_i (W_i' v_j) + W_i (V_i' v_j)),
//   w_j = tau_j p_j - (tau_j^2 p_j' v_j / 2) v_j,        after PANEL steps A <- A - V W' - W V'
//
// (Dongarra, Hammarling and Sorensen 1989; LAPACK's latrd). One subgroup takes a matrix, a lane four
// columns. Row r counts from column r - r % TILE on: where a tile of TILE rows meets a lane's columns, the
// products go to the rows' sums and to the columns'. The square on the diagonal is whole and counts once.
//
// work [rows, quads] vec4, rows a multiple of TILE, comes from symmetric_part.wgsl and is left with v_j in row
// j. panel [PANEL, quads] holds w. tridiagonal [3, n]: diagonal, off-diagonal, tau. products [panels, PANEL,
// PANEL] keeps V_i' v_j for apply_reflectors.wgsl.
// Dispatch: x = matrices. CAPACITY >= n.

enable subgroups;

struct Params {
  n: u32,
  rows: u32,
  quads: u32, // ceil(n / 4)
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
const PARTS = (PANEL + L - 1u) / L; // registers that hold a value for each column of a panel
const TILE = 8u;
const TILE_QUADS = TILE / 4u;
const NO_NORM = 1e-30; // a column of squared norm below is zero beside entries of up to 1

var<workgroup> v: array<vec4f, QUADS>;
var<workgroup> below: array<vec4f, QUADS + 1u>; // sums of columns; those past the last go to the end
var<workgroup> beside: array<f32, CAPACITY>; // sums of rows
var<workgroup> partial: array<f32, 2u * TILE * L>; // of one tile and of the next
var<workgroup> along: array<vec2f, PANEL>;

fn sync() {
  storageBarrier();
  workgroupBarrier();
}

// x where the column is past `after`, else 0.
fn past(x: vec4f, quad: u32, after: u32) -> vec4f {
  return select(vec4f(0.0), x, vec4u(quad * 4u) + vec4u(0u, 1u, 2u, 3u) > vec4u(after));
}

// below + beside = A v, over rows and columns past j.
fn multiply(lane: u32, base: u32, j: u32) {
  let quads = params.quads;
  let first = (j + 1u) / TILE * TILE_QUADS;
  for (var q = first + lane; q < quads; q += L) {
    below[q] = vec4f(0.0);
  }
  for (var r = first; r < quads; r += TILE_QUADS) {
    let last = r + 1u < quads; // the rows after the last column are zero
    let v0 = v[r];
    let v1 = select(vec4f(0.0), v[min(r + 1u, quads - 1u)], last);
    var sum0 = vec4f(0.0);
    var sum1 = vec4f(0.0);
    for (var left = r; left < quads; left += L) {
      let q = min(left + lane, quads - 1u);
      let inside = left + lane < quads;
      let v_q = select(vec4f(0.0), v[q], inside);
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
      let to = select(QUADS, q, inside && q >= r + TILE_QUADS);
      below[to] += a0 * v0.x + a1 * v0.y + a2 * v0.z + a3 * v0.w +
        a4 * v1.x + a5 * v1.y + a6 * v1.z + a7 * v1.w;
    }
    let half = (r / TILE_QUADS) % 2u * TILE * L;
    for (var i = 0u; i < 4u; i++) {
      partial[half + i * L + lane] = sum0[i];
      partial[half + (i + 4u) * L + lane] = sum1[i];
    }
    workgroupBarrier();
    for (var row = lane; row < TILE; row += L) {
      var sum = 0.0;
      for (var i = 0u; i < L; i++) {
        sum += partial[half + row * L + i];
      }
      beside[r * 4u + row] = sum;
    }
  }
  workgroupBarrier();
}

// A <- A - V W' - W V' past column j, for a whole panel that ends with it.
fn update(lane: u32, base: u32, ws: u32, j: u32) {
  let quads = params.quads;
  let vs = base + (j + 1u - PANEL) * quads;
  for (var left = (j + 1u) / TILE * TILE_QUADS; left < quads; left += L) {
    let q = min(left + lane, quads - 1u);
    var v_q: array<vec4f, PANEL>;
    var w_q: array<vec4f, PANEL>;
    for (var i = 0u; i < PANEL; i++) {
      v_q[i] = work[vs + i * quads + q];
      w_q[i] = panel[ws + i * quads + q];
    }
    let end = min((left + L + TILE_QUADS - 1u) / TILE_QUADS * TILE_QUADS, quads);
    for (var r = (j + 1u) / 4u; r < end; r++) {
      var v_rows: array<vec4f, PARTS>;
      var w_rows: array<vec4f, PARTS>;
      for (var h = 0u; h < PARTS; h++) {
        let i = (h * L + lane) % PANEL;
        v_rows[h] = work[vs + i * quads + r];
        w_rows[h] = panel[ws + i * quads + r];
      }
      let at = base + r * 4u * quads + q;
      var a0 = work[at];
      var a1 = work[at + quads];
      var a2 = work[at + 2u * quads];
      var a3 = work[at + 3u * quads];
      for (var i = 0u; i < PANEL; i++) {
        let v_r = subgroupShuffle(v_rows[i / L], i % L);
        let w_r = subgroupShuffle(w_rows[i / L], i % L);
        a0 -= v_r.x * w_q[i] + w_r.x * v_q[i];
        a1 -= v_r.y * w_q[i] + w_r.y * v_q[i];
        a2 -= v_r.z * w_q[i] + w_r.z * v_q[i];
        a3 -= v_r.w * w_q[i] + w_r.w * v_q[i];
      }
      if (left + lane < quads) {
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

  for (var j = 0u; j < n; j++) {
    let step = j % PANEL;
    let row = base + j * quads;
    let vs = base + (j - step) * quads;
    let start = j / 4u;
    let known = ((group.x * ((n + PANEL - 1u) / PANEL) + j / PANEL) * PANEL) * PANEL + step;

    // Row j, brought up to date.
    for (var i = lane; i < step; i += L) {
      along[i] = vec2f(panel[ws + i * quads + start][j % 4u], work[vs + i * quads + start][j % 4u]);
    }
    workgroupBarrier();
    var squares = 0.0;
    for (var q = start + lane; q < quads; q += L) {
      var x = work[row + q];
      for (var i = 0u; i < step; i++) {
        x -= along[i].x * work[vs + i * quads + q] + along[i].y * panel[ws + i * quads + q];
      }
      v[q] = x;
      let tail = past(x, q, j + 1u);
      squares += dot(tail, tail);
    }
    let rest = subgroupAdd(squares);
    workgroupBarrier();
    let diagonal = v[start][j % 4u];
    let next = min(j + 1u, n - 1u);
    let head = select(0.0, v[next / 4u][next % 4u], j + 1u < n);
    let reflects = rest > NO_NORM;
    let norm = sqrt(head * head + rest);
    let beta = select(head, select(norm, -norm, head > 0.0), reflects);
    let tau = select(0.0, (beta - head) / beta, reflects);
    let shrink = select(0.0, 1.0 / (head - beta), reflects);
    workgroupBarrier(); // all lanes have read v
    for (var q = lane; q < quads; q += L) {
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
    sync();

    multiply(lane, base, j);
    for (var i = 0u; i < step; i++) {
      var sum = vec2f(0.0);
      for (var q = start + lane; q < quads; q += L) {
        sum += vec2f(dot(panel[ws + i * quads + q], v[q]), dot(work[vs + i * quads + q], v[q]));
      }
      sum = subgroupAdd(sum);
      if (lane == 0u) {
        along[i] = sum;
        products[known + i * PANEL] = sum.y;
      }
    }
    workgroupBarrier();
    var product = 0.0;
    for (var q = start + lane; q < quads; q += L) {
      var x = below[q];
      for (var i = 0u; i < 4u; i++) {
        x[i] += beside[q * 4u + i];
      }
      for (var i = 0u; i < step; i++) {
        x -= along[i].x * work[vs + i * quads + q] + along[i].y * panel[ws + i * quads + q];
      }
      x = past(x, q, j);
      below[q] = x;
      product += dot(x, v[q]);
    }
    let half = 0.5 * tau * tau * subgroupAdd(product);
    for (var q = lane; q < quads; q += L) {
      panel[ws + step * quads + q] = select(vec4f(0.0), tau * below[q] - half * v[q], q >= start);
    }
    sync();
    if (step + 1u == PANEL && j + 1u < n) {
      update(lane, base, ws, j);
      sync();
    }
  }
}
