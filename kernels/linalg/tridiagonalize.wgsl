// T = Q' A Q, tridiagonal, by Householder reflections (Golub and Van Loan, section 8.3.1), for a batch of
// symmetric matrices A [n, n]: one workgroup a matrix.
//
//   Q = H_0 H_1 .. H_{n-2},   H_j = I - tau_j v_j v_j',   v_j = (0 .. 0, 1, ..) with its 1 at j + 1
//   A <- H_j A H_j = A - v_j w_j' - w_j v_j',   p = tau_j A v_j,   w_j = p - (tau_j p' v_j / 2) v_j
//
// Step j brings row j up to date, makes v_j of it, and then, in one pass over the rows below, applies
// H_{j-1} and multiplies by v_j: each element is loaded and stored once a step. A pass sums down
// columns: a lane owns four columns, and with lanes to spare the rows are dealt out to teams.
//
// work [rows, quads] vec4 comes from symmetric_part.wgsl and is left with v_j in row j. tridiagonal [3, n]:
// diagonal, off-diagonal (n - 1 of it), tau. Dispatch: x = matrices. CAPACITY >= n.

struct Params {
  n: u32,
  rows: u32,
  quads: u32, // ceil(n / 4)
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> work: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> tridiagonal: array<f32>;

const LANES = 64u;
const CAPACITY = 1024u;
const QUADS = CAPACITY / 4u;
const SPAN = min(LANES, 16u); // lanes whose values one lane adds
const NO_NORM = 1e-30; // a column of squared norm below is zero beside entries of up to 1

var<workgroup> v: array<vec4f, QUADS>;
var<workgroup> w: array<vec4f, 2u * QUADS>; // of this step and of the last
var<workgroup> partial: array<vec4f, LANES>;

fn sync() {
  storageBarrier();
  workgroupBarrier();
}

// The sum of the lanes' values, in a fixed order.
fn total(value: f32, lane: u32) -> f32 {
  workgroupBarrier(); // the last values were read
  partial[lane].x = value;
  workgroupBarrier();
  if (LANES > SPAN) {
    if (lane < LANES / SPAN) {
      var sum = 0.0;
      for (var i = 0u; i < SPAN; i++) {
        sum += partial[lane * SPAN + i].x;
      }
      partial[lane].y = sum;
    }
    workgroupBarrier();
    var sum = 0.0;
    for (var i = 0u; i < LANES / SPAN; i++) {
      sum += partial[i].y;
    }
    return sum;
  }
  var sum = 0.0;
  for (var i = 0u; i < LANES; i++) {
    sum += partial[i].x;
  }
  return sum;
}

// v where the column is past `after`, else 0.
fn past(v: vec4f, quad: u32, after: u32) -> vec4f {
  return select(vec4f(0.0), v, vec4u(quad * 4u) + vec4u(0u, 1u, 2u, 3u) > vec4u(after));
}

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let n = params.n;
  let quads = params.quads;
  let base = group.x * params.rows * quads;
  let out = group.x * 3u * n;
  for (var q = lane; q < 2u * QUADS; q += LANES) {
    w[q] = vec4f(0.0);
  }
  sync();

  for (var j = 0u; j < n; j++) {
    let row = base + j * quads;
    // Before the first step there is no reflector: w is zero, and any row will do for v.
    let before = base + (max(j, 1u) - 1u) * quads;
    let old = (j % 2u) * QUADS; // w of step j - 1
    let now = QUADS - old;
    let start = j / 4u;

    // Row j, brought up to date.
    let v_j = work[before + start][j % 4u];
    let w_j = w[old + start][j % 4u];
    var squares = 0.0;
    for (var q = start + lane; q < quads; q += LANES) {
      let x = work[row + q] - v_j * w[old + q] - w_j * work[before + q];
      v[q] = x;
      let tail = past(x, q, j + 1u);
      squares += dot(tail, tail);
    }
    let rest = total(squares, lane);
    let diagonal = v[start][j % 4u];
    let next = min(j + 1u, n - 1u);
    let head = select(0.0, v[next / 4u][next % 4u], j + 1u < n);
    let reflects = rest > NO_NORM;
    let norm = sqrt(head * head + rest);
    let beta = select(head, select(norm, -norm, head > 0.0), reflects);
    let tau = select(0.0, (beta - head) / beta, reflects);
    let shrink = select(0.0, 1.0 / (head - beta), reflects);
    workgroupBarrier(); // all lanes have read v
    for (var q = start + lane; q < quads; q += LANES) {
      let one = vec4u(q * 4u) + vec4u(0u, 1u, 2u, 3u) == vec4u(j + 1u);
      let u = select(past(v[q] * shrink, q, j + 1u), vec4f(f32(reflects)), one);
      v[q] = u;
    }
    if (lane == 0u) {
      tridiagonal[out + j] = diagonal;
      tridiagonal[out + n + j] = beta;
      tridiagonal[out + 2u * n + j] = tau;
    }
    workgroupBarrier();

    // The pass: lanes along columns as far as there are columns, then along rows.
    let across = min(LANES, 1u << (32u - countLeadingZeros(max(quads - start, 2u) - 1u)));
    let teams = LANES / across;
    let team = lane / across;
    for (var first = start; first < quads; first += across) {
      let q = first + lane % across;
      var sum = vec4f(0.0);
      if (q < quads) {
        let v_q = work[before + q];
        let w_q = w[old + q];
        for (var r = start + team; r < quads; r += teams) {
          let v_r = work[before + r];
          let w_r = w[old + r];
          let u_r = v[r];
          for (var i = 0u; i < 4u; i++) {
            let at = base + (r * 4u + i) * quads + q;
            if (r * 4u + i > j) {
              let x = work[at] - v_r[i] * w_q - w_r[i] * v_q;
              work[at] = x;
              sum += u_r[i] * x;
            }
          }
        }
      }
      partial[lane] = sum;
      workgroupBarrier();
      if (team == 0u && q < quads) {
        for (var i = 1u; i < teams; i++) {
          sum += partial[lane + i * across];
        }
        w[now + q] = past(sum, q, j);
      }
    }
    sync(); // the rows are up to date, and nobody reads row j - 1 any more

    var product = 0.0;
    for (var q = start + lane; q < quads; q += LANES) {
      product += dot(w[now + q], v[q]);
    }
    for (var q = lane; q < quads; q += LANES) {
      work[row + q] = past(v[q], q, j);
    }
    let half = 0.5 * tau * tau * total(product, lane);
    for (var q = start + lane; q < quads; q += LANES) {
      w[now + q] = tau * w[now + q] - half * v[q];
    }
    sync();
  }
}
