// k-medoids as the original runs it (see k_medoids.wgsl for what this project does): the segments of a
// chunk stop together, once the mean over the chunk of how far a segment's medoids move falls below the
// threshold; distances are shifted to be negative; an empty cluster takes token 0.
//
//   shift   d -= max of the chunk + 1, and 1 more on the diagonal
//   main    start, iterations and sort on such distances
//
// d [rows, n, n]; tokens [rows, n, width] measure moves, always euclidean. Only golden cases run this:
// plain rather than fast.
//
// Dispatch: one workgroup a chunk of `split` rows.

struct Params {
  n: u32,
  k: u32,
  width: u32,
  rows: u32,
  split: u32,
  limit: u32,
  threshold: f32,
  started: u32, // 1: `medoids` holds the start
  sorted: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> d: array<f32>;
@group(0) @binding(2) var<storage, read> tokens: array<f32>;
@group(0) @binding(3) var<storage, read> norms: array<f32>;
@group(0) @binding(4) var<storage, read_write> medoids: array<u32>;
@group(0) @binding(5) var<storage, read_write> sorted: array<u32>;
@group(0) @binding(6) var<storage, read_write> assignment: array<u32>;
@group(0) @binding(7) var<storage, read_write> iterations: array<u32>;
@group(0) @binding(8) var<storage, read_write> nearest: array<f32>;

const LANES = 64u;

var<workgroup> partial: array<f32, LANES>;

fn sync() {
  storageBarrier();
  workgroupBarrier();
}

fn greatest(lane: u32, v: f32) -> f32 {
  partial[lane] = v;
  workgroupBarrier();
  var most = partial[0];
  for (var i = 1u; i < LANES; i++) {
    most = max(most, partial[i]);
  }
  workgroupBarrier();
  return most;
}

@compute @workgroup_size(LANES)
fn shift(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let square = params.n * params.n;
  let begin = group.x * params.split * square;
  let end = min((group.x + 1u) * params.split, params.rows) * square;
  var most = d[begin];
  for (var i = begin + lane; i < end; i += LANES) {
    most = max(most, d[i]);
  }
  most = greatest(lane, most);
  for (var i = begin + lane; i < end; i += LANES) {
    let own = i % square / params.n == i % params.n;
    d[i] = d[i] - most - 1.0 - f32(own);
  }
}

// KKZ by one lane.
fn start(row: u32) {
  let base = row * params.n;
  var best = 0u;
  for (var i = 1u; i < params.n; i++) {
    if (norms[base + i] > norms[base + best]) {
      best = i;
    }
  }
  for (var m = 0u; m < params.k; m++) {
    let latest = best;
    medoids[row * params.k + m] = latest;
    best = 0u;
    for (var i = 0u; i < params.n; i++) {
      let away = d[(base + latest) * params.n + i];
      nearest[base + i] = select(min(nearest[base + i], away), away, m == 0u);
      if (nearest[base + i] > nearest[base + best]) {
        best = i;
      }
    }
  }
}

fn assign(lane: u32, row: u32) {
  for (var i = lane; i < params.n; i += LANES) {
    var owner = 0u;
    var best = 0.0;
    for (var k = 0u; k < params.k; k++) {
      let away = d[(row * params.n + medoids[row * params.k + k]) * params.n + i];
      if (k == 0u || away < best) {
        best = away;
        owner = k;
      }
    }
    assignment[row * params.n + i] = owner;
  }
}

fn member(row: u32, k: u32, i: u32, j: u32) -> f32 {
  return select(0.0, d[(row * params.n + i) * params.n + j], assignment[row * params.n + j] == k);
}

// The sum of a row over a cluster in the order of PyTorch's CPU sum: 8 interleaved sums, each of 4 where
// there are enough, then the tail and the 8. Between equal tokens the order decides.
fn sum(row: u32, k: u32, i: u32) -> f32 {
  let vectors = params.n / 8u;
  var whole = 0.0;
  for (var j = vectors * 8u; j < params.n; j++) {
    whole += member(row, k, i, j);
  }
  for (var q = 0u; q < 8u; q++) {
    var parts = vec4f(0);
    for (var v = 0u; v < vectors; v++) {
      let part = select(0u, v % 4u, v < vectors / 4u * 4u);
      parts += select(
        vec4f(0),
        vec4f(member(row, k, i, v * 8u + q)),
        vec4u(0, 1, 2, 3) == vec4u(part),
      );
    }
    whole += ((parts.x + parts.y) + parts.z) + parts.w;
  }
  return whole;
}

// Moves the medoids; returns how far this lane's moved.
fn recentre(lane: u32, row: u32) -> f32 {
  var way = 0.0;
  for (var k = lane; k < params.k; k += LANES) {
    var best = 0u;
    var least = 0.0; // a token outside the cluster sums to 0, a member below
    for (var i = 0u; i < params.n; i++) {
      if (assignment[row * params.n + i] == k) {
        let distances = sum(row, k, i);
        if (distances < least) {
          least = distances;
          best = i;
        }
      }
    }
    var squares = 0.0;
    for (var c = 0u; c < params.width; c++) {
      let old = tokens[(row * params.n + medoids[row * params.k + k]) * params.width + c];
      let t = tokens[(row * params.n + best) * params.width + c] - old;
      squares += t * t;
    }
    way += sqrt(squares);
    medoids[row * params.k + k] = best;
  }
  return way;
}

fn sort(lane: u32, row: u32) {
  let base = row * params.k;
  for (var k = lane; k < params.k; k += LANES) {
    let c = medoids[base + k];
    var rank = 0u;
    for (var m = 0u; m < params.k; m++) {
      rank += u32(medoids[base + m] < c || (medoids[base + m] == c && m < k));
    }
    sorted[base + rank] = c;
  }
  sync();
  for (var k = lane; k < params.k; k += LANES) {
    medoids[base + k] = sorted[base + k];
  }
}

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let begin = group.x * params.split;
  let end = min(begin + params.split, params.rows);
  if (params.started == 0u) {
    for (var row = begin + lane; row < end; row += LANES) {
      start(row);
    }
  }
  sync();
  var done = 0u;
  while (done < params.limit) {
    for (var row = begin; row < end; row++) {
      assign(lane, row);
    }
    sync();
    var way = 0.0;
    for (var row = begin; row < end; row++) {
      way += recentre(lane, row);
    }
    sync();
    partial[lane] = way;
    workgroupBarrier();
    if (lane == 0u) {
      for (var i = 1u; i < LANES; i++) {
        way += partial[i];
      }
      partial[0] = way / f32(end - begin);
    }
    done++;
    if (workgroupUniformLoad(&partial[0]) < params.threshold) {
      break;
    }
  }
  if (params.sorted == 1u) {
    for (var row = begin; row < end; row++) {
      sort(lane, row);
      sync();
    }
  }
  if (params.sorted == 1u || done == 0u) {
    for (var row = begin; row < end; row++) {
      assign(lane, row);
    }
  }
  for (var row = begin + lane; row < end; row += LANES) {
    iterations[row] = done;
  }
}
