// Eigenvalues of symmetric tridiagonal matrices by the QL algorithm with implicit Wilkinson shifts
// (Parlett, The Symmetric Eigenvalue Problem, section 8.9), with a record of the plane rotations:
//
//   T = G_1 G_2 .. G_m diag(values) (G_1 G_2 .. G_m)'
//
// A sweep holds one rotation for each plane (i, i + 1), i from last - 1 down to first, stored by ascending i
// from `base` on. An off-diagonal element counts as zero below half an epsilon of the norm of T: the error
// that every other step makes, too. So there is no matrix on which the iteration lingers, and the vectors are
// orthogonal however close the values are.
//
// The work is a chain, so one lane does it, PACK lanes of a workgroup for as many matrices (one on a
// GPU, which has workgroups to spare; a software device would leave its other lanes idle). A turn of the
// loop is one rotation, so that lanes keep step though their sweeps do not.
//
// tridiagonal [3, n] and scales come from tridiagonalize.wgsl. sweeps [1 + sweep limit] vec4u: the
// number of sweeps, then (first, last, base). Should the rotations not fit, which takes more than twice as many
// as matrices need, or the matrix not be finite, the scale becomes NaN. order [columns] names the columns
// of the k smallest values, and none past k.
//
// Dispatch: x = ceil(matrices / PACK). CAPACITY >= n PACK.

struct Params {
  n: u32,
  k: u32,
  columns: u32, // k, or more
  matrices: u32,
  sweep_limit: u32,
  rotation_limit: u32,
  nan: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> tridiagonal: array<f32>;
@group(0) @binding(2) var<storage, read_write> scales: array<f32>;
@group(0) @binding(3) var<storage, read_write> sweeps: array<vec4u>;
@group(0) @binding(4) var<storage, read_write> rotations: array<vec2f>; // cosine, sine
@group(0) @binding(5) var<storage, read_write> order: array<u32>;
@group(0) @binding(6) var<storage, read_write> values: array<f32>; // [k], ascending

const LANES = 32u;
const PACK = 1u;
const CAPACITY = 2048u;
const HALF_EPSILON = 5.96e-8;
const NO_BULGE = 1e-18; // below, there is nothing to rotate
const NOWHERE = 0xffffffffu;

var<workgroup> d: array<f32, CAPACITY>; // [n, PACK]
var<workgroup> e: array<f32, CAPACITY>; // e[i] couples i and i + 1

fn is_nan(x: f32) -> bool {
  return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u;
}

// Turns d of one matrix into its eigenvalues; returns whether the record of the rotations has room for it.
fn diagonalize(lane: u32, matrix: u32) -> bool {
  let n = params.n;
  let base = matrix * 3u * n;
  let list = matrix * (params.sweep_limit + 1u);
  let store = matrix * params.rotation_limit;
  var norm = 0.0;
  for (var i = 0u; i < n; i++) {
    let diagonal = tridiagonal[base + i];
    let coupling = select(0.0, tridiagonal[base + n + i], i + 1u < n);
    d[i * PACK + lane] = diagonal;
    e[i * PACK + lane] = coupling;
    norm = max(norm, abs(diagonal) + abs(coupling));
  }
  let small = HALF_EPSILON * norm;

  var count = 0u; // sweeps
  var used = 0u; // rotations
  var begin = 0u; // of the blocks that were not looked at
  var first = 0u; // the block in work; one of a single row is done
  var last = 0u;
  var i = 0u; // row that the sweep has come to
  var split = 0u; // row after which this sweep left no coupling
  var at = 0u;
  var g = 0.0;
  var p = 0.0;
  var sine = 0.0;
  var cosine = 0.0;
  var fits = true;
  loop {
    if (i == first) {
      if (last > first) {
        d[first * PACK + lane] -= p;
        e[first * PACK + lane] = g;
        last = split;
        begin = split + 1u;
        if (abs(g) <= small) {
          first++;
        }
      }
      while (first == last && begin < n) {
        first = begin;
        last = begin;
        while (last + 1u < n && abs(e[last * PACK + lane]) > small) {
          last++;
        }
        begin = last + 1u;
      }
      if (first == last) {
        break;
      }
      fits = count < params.sweep_limit && used + last - first <= params.rotation_limit;
      if (!fits) {
        break;
      }
      count++;
      sweeps[list + count] = vec4u(first, last, used, 0u);
      at = store + used - first;
      used += last - first;
      // Shift: the eigenvalue of the leading 2 x 2 block that is nearer to its corner.
      let corner = d[first * PACK + lane];
      let beside = e[first * PACK + lane];
      let t = (d[(first + 1u) * PACK + lane] - corner) / (2.0 * beside);
      let shift = beside / (t + select(-1.0, 1.0, t >= 0.0) * sqrt(t * t + 1.0));
      g = d[last * PACK + lane] - corner + shift;
      sine = 1.0;
      cosine = 1.0;
      p = 0.0;
      i = last;
      split = last;
    }
    let coupling = e[(i - 1u) * PACK + lane];
    let f = sine * coupling;
    let b = cosine * coupling;
    let r = sqrt(f * f + g * g);
    let still = r < NO_BULGE;
    sine = select(f / r, 0.0, still);
    cosine = select(g / r, 1.0, still);
    if (i < last) {
      e[i * PACK + lane] = r;
      split = select(split, i, r <= small);
    }
    let here = d[i * PACK + lane] - p;
    let turn = (d[(i - 1u) * PACK + lane] - here) * sine + 2.0 * cosine * b;
    p = sine * turn;
    d[i * PACK + lane] = here + p;
    g = cosine * turn - b;
    i--;
    rotations[at + i] = vec2f(cosine, sine);
  }
  sweeps[list] = vec4u(count, 0u, 0u, 0u);
  return fits;
}

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let n = params.n;
  let own = group.x * PACK + lane;
  if (lane < PACK && own < params.matrices) {
    if (is_nan(scales[own])) {
      sweeps[own * (params.sweep_limit + 1u)] = vec4u(0u);
    } else if (!diagonalize(lane, own)) {
      scales[own] = params.nan;
    }
  }
  storageBarrier();
  workgroupBarrier();

  // All lanes sort the values of each matrix, by counting.
  for (var m = 0u; m < PACK; m++) {
    let matrix = group.x * PACK + m;
    if (matrix >= params.matrices) {
      break;
    }
    let scale = scales[matrix];
    for (var i = lane; i < n; i += LANES) {
      let mine = d[i * PACK + m];
      var rank = 0u;
      for (var j = 0u; j < n; j++) {
        let other = d[j * PACK + m];
        rank += u32(other < mine || (other == mine && j < i));
      }
      rank = select(rank, i, is_nan(scale));
      if (rank < params.k) {
        order[matrix * params.columns + rank] = i;
        values[matrix * params.k + rank] = mine * scale;
      }
    }
    for (var i = params.k + lane; i < params.columns; i += LANES) {
      order[matrix * params.columns + i] = NOWHERE;
    }
  }
}
