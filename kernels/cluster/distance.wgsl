// Distances between the tokens of two sets, or of one set with itself, segment by segment (sums over the
// width):
//   cosine     1 - sum x y / ((|x| + 1e-6) (|y| + 1e-6))
//   squared    sum (x - y)^2             euclidean  its square root
//   manhattan  sum |x - y|               minkowski  (sum |x - y|^p)^(1 / p)
// from the differences themselves rather than from |x|^2 + |y|^2 - 2 x y: half as many operations again,
// but nothing cancels, equal tokens are exactly 0 apart and d(i, j) = d(j, i) bit for bit, so ties are
// ties. Symmetry halves the work.
//
// Tokens are read where they lie: token i of a segment is row
//   (segment * frames + i / patches) * (patches + skip) + skip + i % patches
// that is, a segment is `frames` frames of `patches` tokens with `skip` rows (the class token) before
// those of each frame; in a plain [segments, n, width] tensor frames = 1, patches = n, skip = 0. Segment
// 0 of `d` is segment `first` of the tokens.
//
// Dispatch: workgroups (x, y) own 32 x 32 tiles of segment z; a lane owns 4 x 4 of a tile, at a stride,
// so that neighbouring lanes read neighbouring rows of the staged tiles (32 floats of each token at a
// time, padded against bank conflicts). With SELF, tiles below the diagonal are mirrored instead.

struct Params {
  n: u32,
  m: u32,
  width: u32, // in vec4s
  first: u32,
  frames: u32,
  skip: u32,
  x_patches: u32,
  y_patches: u32,
  p: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read> y: array<vec4f>;
@group(0) @binding(3) var<storage, read> x_norms: array<f32>;
@group(0) @binding(4) var<storage, read> y_norms: array<f32>;
@group(0) @binding(5) var<storage, read_write> d: array<f32>;

const COSINE = 0u;
const SQUARED = 1u;
const MANHATTAN = 2u;
const EUCLIDEAN = 3u;
const MINKOWSKI = 4u;
const METRIC = 3u;
const SELF = true;

const SIDE = 8u; // lanes along a side of the tile
const OWN = 4u; // rows, and columns, of a lane
const TILE = SIDE * OWN;
const DEPTH = 8u; // vec4s of each token that are staged at once
const PITCH = DEPTH + 1u;

var<workgroup> x_tile: array<vec4f, TILE * PITCH>;
var<workgroup> y_tile: array<vec4f, TILE * PITCH>;
var<workgroup> sum_tile: array<f32, TILE * TILE>;

fn start(segment: u32, i: u32, count: u32, patches: u32) -> u32 {
  let token = min(i, count - 1u);
  let frame = (params.first + segment) * params.frames + token / patches;
  return (frame * (patches + params.skip) + params.skip + token % patches) * params.width;
}

fn term(a: vec4f, b: vec4f) -> f32 {
  let t = a - b;
  if (METRIC == COSINE) {
    return dot(a, b);
  } else if (METRIC == MANHATTAN) {
    return dot(abs(t), vec4f(1));
  } else if (METRIC == MINKOWSKI) {
    return dot(select(pow(abs(t), vec4f(params.p)), vec4f(0), t == vec4f(0)), vec4f(1));
  }
  return dot(t, t);
}

fn finish(segment: u32, i: u32, j: u32, sum: f32) -> f32 {
  if (METRIC == COSINE) {
    let x_norm = x_norms[(params.first + segment) * params.n + i] + 1e-6;
    let y_norm = y_norms[(params.first + segment) * params.m + j] + 1e-6;
    return 1.0 - sum / (x_norm * y_norm);
  } else if (METRIC == EUCLIDEAN) {
    return sqrt(sum);
  } else if (METRIC == MINKOWSKI) {
    return select(pow(sum, 1.0 / params.p), 0.0, sum == 0.0);
  }
  return sum;
}

@compute @workgroup_size(SIDE, SIDE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_id) lane: vec3u,
  @builtin(local_invocation_index) index: u32,
) {
  if (SELF && group.y > group.x) {
    return;
  }
  var sums: array<vec4f, OWN>;
  for (var c = 0u; c < params.width; c += DEPTH) {
    workgroupBarrier();
    for (var at = index; at < TILE * DEPTH; at += SIDE * SIDE) {
      let token = at / DEPTH;
      let column = c + at % DEPTH;
      let inside = column < params.width; // zeros add nothing to any sum
      let load = min(column, params.width - 1u);
      let i = start(group.z, group.y * TILE + token, params.n, params.x_patches);
      let j = start(group.z, group.x * TILE + token, params.m, params.y_patches);
      x_tile[token * PITCH + at % DEPTH] = select(vec4f(0), x[i + load], inside);
      y_tile[token * PITCH + at % DEPTH] = select(vec4f(0), y[j + load], inside);
    }
    workgroupBarrier();
    for (var q = 0u; q < DEPTH; q++) {
      var b: array<vec4f, OWN>;
      for (var s = 0u; s < OWN; s++) {
        b[s] = y_tile[(s * SIDE + lane.x) * PITCH + q];
      }
      for (var r = 0u; r < OWN; r++) {
        let a = x_tile[(r * SIDE + lane.y) * PITCH + q];
        sums[r] += vec4f(term(a, b[0]), term(a, b[1]), term(a, b[2]), term(a, b[3]));
      }
    }
  }
  for (var r = 0u; r < OWN; r++) {
    for (var s = 0u; s < OWN; s++) {
      sum_tile[(r * SIDE + lane.y) * TILE + s * SIDE + lane.x] = sums[r][s];
    }
  }
  workgroupBarrier();
  for (var at = index; at < TILE * TILE; at += SIDE * SIDE) {
    let r = group.y * TILE + at / TILE;
    let s = group.x * TILE + at % TILE;
    if (r < params.n && s < params.m && !(SELF && r > s)) {
      let value = finish(group.z, r, s, sum_tile[at]);
      d[(group.z * params.n + r) * params.m + s] = value;
      if (SELF) {
        d[(group.z * params.n + s) * params.m + r] = value;
      }
    }
  }
}
