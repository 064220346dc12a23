// Eigenvalues of symmetric tridiagonal matrices by the QL algorithm with implicit Wilkinson shifts
// (Parlett, The Symmetric Eigenvalue Problem, section 8.9), with a record of the plane rotations:
//
//   T = G_1 G_2 .. G_m diag(values) (G_1 G_2 .. G_m)'
//
// A sweep holds one rotation for each plane (i, i + 1), i from last - 1 down to first, stored by ascending i
// from `base` on. An off-diagonal element counts as zero below half an epsilon of the norm of T: the error
// that every other step makes, too. So there is no matrix on which the iteration lingers, and
// the vectors are orthogonal however close the values are.
//
// The work is a chain, so one lane does it; a batch has as many chains as matrices.
//
// tridiagonal [3, n] and scales as tridiagonalize.wgsl leaves them. sweeps [1 + sweep limit] vec4u: the
// number of sweeps, then (first, last, base). Should the rotations not fit, which takes three times as many
// as matrices need, or the matrix not be finite, the scale becomes NaN.
//
// Dispatch: `main` x = matrices, CAPACITY >= n; `select_smallest` x = ceil(n / LANES), y = matrices.

struct Params {
  n: u32,
  k: u32,
  sweep_limit: u32,
  rotation_limit: u32,
  nan: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> tridiagonal: array<f32>;
@group(0) @binding(2) var<storage, read_write> scales: array<f32>;
@group(0) @binding(3) var<storage, read_write> sweeps: array<vec4u>;
@group(0) @binding(4) var<storage, read_write> rotations: array<vec2f>; // cosine, sine
@group(0) @binding(5) var<storage, read_write> order: array<u32>; // [k], the columns of the smallest
@group(0) @binding(6) var<storage, read_write> values: array<f32>; // [k], ascending

const LANES = 64u; // of select_smallest
const CAPACITY = 1024u;
const HALF_EPSILON = 5.96e-8;

var<workgroup> d: array<f32, CAPACITY>;
var<workgroup> e: array<f32, CAPACITY>;

fn is_nan(x: f32) -> bool {
  return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u;
}

@compute @workgroup_size(1)
fn main(@builtin(workgroup_id) group: vec3u) {
  let n = params.n;
  let source = group.x * 3u * n;
  let list = group.x * (params.sweep_limit + 1u);
  let store = group.x * params.rotation_limit;
  sweeps[list] = vec4u(0u);
  if (is_nan(scales[group.x])) {
    return;
  }
  var norm = 0.0;
  for (var i = 0u; i < n; i++) {
    d[i] = tridiagonal[source + i];
    e[i] = select(0.0, tridiagonal[source + n + i], i + 1u < n);
    norm = max(norm, abs(d[i]) + abs(e[i]));
  }
  let small = HALF_EPSILON * norm;

  var count = 0u; // sweeps
  var used = 0u; // rotations
  var first = 0u;
  while (first + 1u < n) {
    var last = first;
    while (last + 1u < n && abs(e[last]) > small) {
      last++;
    }
    if (last == first) {
      first++;
      continue;
    }
    if (count == params.sweep_limit || used + last - first > params.rotation_limit) {
      scales[group.x] = params.nan;
      break;
    }
    // The eigenvalue of the leading 2 x 2 block that is nearer to its corner.
    let t = (d[first + 1u] - d[first]) / (2.0 * e[first]);
    var g = d[last] - d[first] + e[first] / (t + select(-1.0, 1.0, t >= 0.0) * sqrt(t * t + 1.0));
    var sine = 1.0;
    var cosine = 1.0;
    var p = 0.0;
    for (var i = last; i > first; i--) {
      let f = sine * e[i - 1u];
      let b = cosine * e[i - 1u];
      let r = sqrt(f * f + g * g);
      // A vanishing bulge: nothing is left to rotate here.
      let still = r < 1e-18;
      e[i] = select(r, 0.0, still || i == last);
      sine = select(f / r, 0.0, still);
      cosine = select(g / r, 1.0, still);
      let above = d[i] - p;
      let turn = (d[i - 1u] - above) * sine + 2.0 * cosine * b;
      p = sine * turn;
      d[i] = above + p;
      g = cosine * turn - b;
      rotations[store + used + i - 1u - first] = vec2f(cosine, sine);
    }
    d[first] -= p;
    e[first] = g;
    count++;
    sweeps[list + count] = vec4u(first, last, used, 0u);
    used += last - first;
  }
  sweeps[list] = vec4u(count, used, 0u, 0u);
  for (var i = 0u; i < n; i++) {
    tridiagonal[source + i] = d[i];
  }
}

@compute @workgroup_size(LANES)
fn select_smallest(@builtin(global_invocation_id) id: vec3u) {
  let n = params.n;
  let source = id.y * 3u * n;
  let scale = scales[id.y];
  let i = id.x;
  if (i >= n) {
    return;
  }
  var rank = i;
  var value = scale;
  if (!is_nan(scale)) {
    let mine = tridiagonal[source + i];
    rank = 0u;
    for (var j = 0u; j < n; j++) {
      let other = tridiagonal[source + j];
      rank += u32(other < mine || (other == mine && j < i));
    }
    value = mine * scale;
  }
  if (rank < params.k) {
    order[id.y * params.k + rank] = i;
    values[id.y * params.k + rank] = value;
  }
}
