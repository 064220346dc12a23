// Distances between the tokens of two sets, or of one set with itself, for small subgroups (software
// devices). What it computes, its layout and its constants are those of distance.wgsl.
//
// A subgroup owns a tile of 16 rows and 2 L columns; a lane owns 2 columns in 32 accumulators. Its lanes
// load 16 different rows and shuffle them: lavapipe turns every load whose index is no constant into a
// guarded scalar load per lane, so a uniform load would cost as much as a gather. Of the tiles with 8 to
// 32 rows and 1 to 4 columns a lane, this one was the fastest at N = 98, 196 and 588 (about 4 times the
// plain kernel). The loops over constant bounds unroll.
//
// Dispatch: one subgroup a workgroup; x = ceil(m / 2 L), y = ceil(n / 16), z = set.

enable subgroups;

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

const L = 8u; // lanes of a subgroup
const ROWS = 16u;
const COLUMNS = 2u; // of a lane
const WIDTH = L * COLUMNS;

var<workgroup> tile: array<f32, ROWS * WIDTH>;

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

@compute @workgroup_size(L)
fn main(@builtin(subgroup_invocation_id) lane: u32, @builtin(workgroup_id) group: vec3u) {
  let i = group.y * ROWS;
  let j = group.x * WIDTH + lane * COLUMNS;
  if (SELF && i >= (group.x + 1u) * WIDTH) {
    return;
  }
  var rows: array<u32, ROWS / L>;
  var columns: array<u32, COLUMNS>;
  for (var h = 0u; h < ROWS / L; h++) {
    rows[h] = start(group.z, i + h * L + lane, params.n, params.x_patches);
  }
  for (var s = 0u; s < COLUMNS; s++) {
    columns[s] = start(group.z, j + s, params.m, params.y_patches);
  }
  var sums: array<vec2f, ROWS>;
  for (var c = 0u; c < params.width; c++) {
    let b0 = y[columns[0] + c];
    let b1 = y[columns[1] + c];
    for (var h = 0u; h < ROWS / L; h++) {
      let own = x[rows[h] + c];
      for (var r = 0u; r < L; r++) {
        let a = subgroupShuffle(own, r);
        sums[h * L + r] += vec2f(term(a, b0), term(a, b1));
      }
    }
  }
  for (var r = 0u; r < ROWS; r++) {
    tile[r * WIDTH + lane * COLUMNS] = sums[r].x;
    tile[r * WIDTH + lane * COLUMNS + 1u] = sums[r].y;
  }
  workgroupBarrier();
  // Staged so that one short loop, not 32 copies of it, finishes and stores what a lane owns.
  for (var at = lane; at < ROWS * WIDTH; at += L) {
    let r = i + at / WIDTH;
    let s = group.x * WIDTH + at % WIDTH;
    if (r < params.n && s < params.m && !(SELF && r > s)) {
      let value = finish(group.z, r, s, tile[at]);
      d[(group.z * params.n + r) * params.m + s] = value;
      if (SELF) {
        d[(group.z * params.n + s) * params.m + r] = value;
      }
    }
  }
}
