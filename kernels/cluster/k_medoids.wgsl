// k-medoids, one workgroup a segment, from the start to convergence in one dispatch.
//
//   start    (KKZ) the token of largest norm, then k - 1 times the token furthest from its nearest centre
//   repeat   assign every token to its nearest centre, then move each centre to the member with the
//            least sum of distances to the members, until the centres together move less than
//            `threshold`, or `limit` times
//   sort     the centres by token, and assign once more
//
// Ties go to the lowest token, or centre. A token is nearest to itself whatever `d` says, so no cluster
// is ever empty and the centres stay distinct. A token that is infinitely far from the others (or NaN
// away: not finite) is picked first by the start; a cluster that holds one without being alone has no
// least sum and keeps its centre: NaN reaches the output, and never a comparison.
//
// The work of an iteration is n k for the assignment and, over the clusters, the sum of size^2 for the
// move: members are threaded on rings (`next`), in ascending order.
//
// d is [segments of the launch, n, n] and symmetric; the other tensors hold all segments, the first of
// the launch being `first`. `assignment` doubles as working memory. CAPACITY >= n.
//
// Dispatch: x = segments. Lanes own tokens, or centres, LANES apart: neighbouring lanes read neighbouring
// elements of a row of `d`.

struct Params {
  n: u32,
  k: u32,
  first: u32,
  limit: u32,
  threshold: f32,
  started: u32, // 1: `medoids` holds the start
  sorted: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> d: array<f32>;
@group(0) @binding(2) var<storage, read> norms: array<f32>;
@group(0) @binding(3) var<storage, read_write> medoids: array<u32>;
@group(0) @binding(4) var<storage, read_write> assignment: array<u32>;
@group(0) @binding(5) var<storage, read_write> iterations: array<u32>;

const LANES = 64u;
const CAPACITY = 1024u;
const FAR = 3.4e38; // finite: an infinity is not portable in WGSL
const NOWHERE = 0xffffffffu;

var<workgroup> centre: array<u32, CAPACITY>;
var<workgroup> next: array<u32, CAPACITY>;
var<workgroup> value: array<f32, CAPACITY>; // distance to the nearest centre, then sum of distances
var<workgroup> partial: array<f32, LANES>;
var<workgroup> partial_at: array<u32, LANES>;

// Caps infinities and NaN: by their bits, since comparisons with NaN are not portable either.
fn finite(v: f32) -> f32 {
  return select(v, FAR, (bitcast<u32>(v) & 0x7fffffffu) >= bitcast<u32>(FAR));
}

// Base of a segment's rows: of `d`, and of tensors with n or k entries a segment.
struct Base { d: u32, n: u32, k: u32 }

fn distance(base: Base, i: u32, j: u32) -> f32 {
  return finite(d[base.d + i * params.n + j]);
}

fn sync() {
  storageBarrier();
  workgroupBarrier();
}

// The token with the greatest of the lanes' values, the lowest on ties.
fn furthest(lane: u32, best: f32, at: u32) -> u32 {
  partial[lane] = best;
  partial_at[lane] = at;
  for (var half = LANES / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) {
      let other = partial[lane + half];
      let mine = partial[lane];
      if (other > mine || (other == mine && partial_at[lane + half] < partial_at[lane])) {
        partial[lane] = other;
        partial_at[lane] = partial_at[lane + half];
      }
    }
  }
  return workgroupUniformLoad(&partial_at[0]);
}

fn start(lane: u32, base: Base) {
  var latest = 0u;
  for (var m = 0u; m < params.k; m++) {
    var best = -FAR;
    var at = NOWHERE;
    for (var i = lane; i < params.n; i += LANES) {
      var worth = 0.0;
      if (m == 0u) {
        worth = finite(norms[base.n + i]);
        value[i] = FAR;
      } else {
        worth = select(min(value[i], distance(base, latest, i)), -FAR, i == latest);
        value[i] = worth;
      }
      if (worth > best) {
        best = worth;
        at = i;
      }
    }
    latest = furthest(lane, best, at);
    if (lane == 0u) {
      centre[m] = latest;
    }
  }
}

fn assign(lane: u32, base: Base) {
  for (var i = lane; i < params.n; i += LANES) {
    var best = FAR;
    var owner = 0u;
    for (var k = 0u; k < params.k; k++) {
      let c = centre[k];
      let away = select(distance(base, c, i), -FAR, c == i);
      if (away < best) {
        best = away;
        owner = k;
      }
    }
    assignment[base.n + i] = owner;
  }
}

// Threads the members of each cluster on a ring.
fn thread(lane: u32, base: Base) {
  for (var k = lane; k < params.k; k += LANES) {
    var first = NOWHERE;
    var last = NOWHERE;
    for (var i = 0u; i < params.n; i++) {
      if (assignment[base.n + i] == k) {
        if (first == NOWHERE) {
          first = i;
        } else {
          next[last] = i;
        }
        last = i;
      }
    }
    if (first != NOWHERE) {
      next[last] = first;
    }
  }
}

// Sums from a token to the members of its cluster, all members from the same one on: equal tokens have
// equal sums.
fn sum(lane: u32, base: Base) {
  for (var i = lane; i < params.n; i += LANES) {
    var j = centre[assignment[base.n + i]];
    var distances = 0.0;
    for (var step = 0u; step < params.n; step++) {
      distances += select(distance(base, j, i), 0.0, i == j);
      j = next[j];
      if (j == centre[assignment[base.n + i]]) {
        break;
      }
    }
    value[i] = finite(distances);
  }
}

// Moves the centres; returns how far this lane's moved.
fn recentre(lane: u32, base: Base) -> f32 {
  var way = 0.0;
  for (var k = lane; k < params.k; k += LANES) {
    let old = centre[k];
    // A start that names a token twice leaves its second cluster empty.
    if (assignment[base.n + old] != k || value[old] >= FAR) {
      continue;
    }
    var best = old;
    for (var i = next[old]; i != old; i = next[i]) {
      if (value[i] < value[best] || (value[i] == value[best] && i < best)) {
        best = i;
      }
    }
    if (best != old) {
      way += distance(base, best, old);
      centre[k] = best;
    }
  }
  return way;
}

fn sort(lane: u32) {
  for (var k = lane; k < params.k; k += LANES) {
    let c = centre[k];
    var rank = 0u;
    for (var m = 0u; m < params.k; m++) {
      rank += u32(centre[m] < c || (centre[m] == c && m < k));
    }
    next[rank] = c;
  }
  workgroupBarrier();
  for (var k = lane; k < params.k; k += LANES) {
    centre[k] = next[k];
  }
}

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let segment = params.first + group.x;
  let base = Base(group.x * params.n * params.n, segment * params.n, segment * params.k);
  if (params.started == 1u) {
    for (var k = lane; k < params.k; k += LANES) {
      centre[k] = min(medoids[base.k + k], params.n - 1u);
    }
  } else {
    start(lane, base);
  }
  sync();

  var done = 0u;
  var last = params.limit == 0u;
  loop {
    if (last && params.sorted == 1u) {
      sort(lane);
      workgroupBarrier();
    }
    assign(lane, base);
    sync();
    if (last) {
      break;
    }
    thread(lane, base);
    workgroupBarrier();
    sum(lane, base);
    workgroupBarrier();
    partial[lane] = recentre(lane, base);
    workgroupBarrier();
    if (lane == 0u) {
      for (var i = 1u; i < min(LANES, params.k); i++) {
        partial[0] += partial[i];
      }
    }
    done++;
    last = workgroupUniformLoad(&partial[0]) < params.threshold || done == params.limit;
  }

  for (var k = lane; k < params.k; k += LANES) {
    medoids[base.k + k] = centre[k];
  }
  if (lane == 0u) {
    iterations[segment] = done;
  }
}
