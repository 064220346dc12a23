// k-means (Lloyd), one workgroup a segment, from a first assignment to convergence in one dispatch.
//
//   start    the mean of each cluster's members
//   repeat   assign every token to its nearest mean, give every cluster that is left without a token one (the
//            token furthest from its mean among those that are not alone), then move the means to their
//            members, until no token changes its cluster, the means together move less than `threshold`,
//            or `limit` times
//   choose   of each cluster the member nearest to its mean: the medoid of squared distances
//
// Means are never computed. With squared distances d between the tokens, of clusters A and B with a and b
// members, S(i, A) = sum over j in A of d(i, j) and T(A) = sum over i in A of S(i, A):
//
//   |x_i - mean A|^2     = S(i, A) / a - T(A) / 2 a^2
//   |mean A - mean B|^2  = sum over i in B of S(i, A) / a b - T(A) / 2 a^2 - T(B) / 2 b^2
//
// so an iteration takes n^2 additions instead of n k width products.
//
// Ties go to the lowest cluster, or token. A token that is not finite is infinitely far from all but itself: it
// stays alone where the first assignment has it so, and else stands for its cluster.
//
// d is [segments of the launch, n, n] and symmetric; `means`, `won` and `before` are of the launch, too, and the
// other tensors hold all segments, the first of the launch being `first`. `assignment` holds the first
// assignment, without an empty cluster. CAPACITY >= n.
//
// Dispatch: x = segments. Lanes own tokens, or clusters, LANES apart: neighbouring lanes read neighbouring
// elements of a row of `d`.

struct Params {
  n: u32,
  k: u32,
  first: u32,
  limit: u32,
  threshold: f32,
  sorted: u32,
}

struct Mean {
  share: f32, // 1 / a
  spread: f32, // T(A) / 2 a^2
  size: u32, // of the cluster as it is assigned, which the mean may have to move to
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> d: array<f32>;
@group(0) @binding(2) var<storage, read_write> means: array<Mean>; // [k]
@group(0) @binding(3) var<storage, read_write> won: array<f32>; // [n] S(i, the cluster it came to)
@group(0) @binding(4) var<storage, read_write> before: array<u32>; // [n] the last assignment
@group(0) @binding(5) var<storage, read_write> medoids: array<u32>;
@group(0) @binding(6) var<storage, read_write> assignment: array<u32>;
@group(0) @binding(7) var<storage, read_write> iterations: array<u32>;

const LANES = 64u;
const CAPACITY = 1024u;
const FAR = 3.4e38; // finite: an infinity is not portable in WGSL
const NOWHERE = 0xffffffffu;

var<workgroup> head: array<u32, CAPACITY>; // of each cluster a member, at last the one chosen
var<workgroup> next: array<u32, CAPACITY>; // of each token the next member of its cluster, on a ring
var<workgroup> value: array<f32, CAPACITY>;
var<workgroup> partial: array<f32, LANES>;
var<workgroup> partial_at: array<u32, LANES>;

// Whether v is NaN or as good as infinite: by its bits, since comparisons with NaN are not portable either.
fn endless(v: f32) -> bool {
  return (bitcast<u32>(v) & 0x7fffffffu) >= bitcast<u32>(FAR);
}

fn finite(v: f32) -> f32 {
  return select(v, FAR, endless(v));
}

// Base of a segment's rows: of `d`; of `means`, of `won` and `before`; and of tensors of all segments.
struct Base { d: u32, means: u32, tokens: u32, n: u32, k: u32 }

fn distance(base: Base, i: u32, j: u32) -> f32 {
  return select(finite(d[base.d + i * params.n + j]), 0.0, i == j);
}

fn sync() {
  storageBarrier();
  workgroupBarrier();
}

// The sum of the lanes' values.
fn total(lane: u32, mine: f32) -> f32 {
  partial[lane] = mine;
  workgroupBarrier();
  if (lane == 0u) {
    var sum = 0.0;
    for (var i = 0u; i < LANES; i++) {
      sum += partial[i];
    }
    partial[0] = sum;
  }
  return workgroupUniformLoad(&partial[0]);
}

// S(i, A) of the members on ring k.
fn sum_to(base: Base, i: u32, k: u32) -> f32 {
  var sum = 0.0;
  var j = head[k];
  for (var step = 0u; step < params.n; step++) {
    sum += distance(base, j, i);
    j = next[j];
    if (j == head[k]) {
      break;
    }
  }
  return finite(sum);
}

// Threads the members of each cluster on a ring, in ascending order.
fn thread(lane: u32, base: Base) {
  for (var k = lane; k < params.k; k += LANES) {
    var last = NOWHERE;
    for (var i = 0u; i < params.n; i++) {
      if (assignment[base.n + i] == k) {
        if (last == NOWHERE) {
          head[k] = i;
        } else {
          next[last] = i;
        }
        last = i;
      }
    }
    if (last != NOWHERE) {
      next[last] = head[k];
    }
  }
}

// The sums of every token to the members of its own cluster.
fn sum_within(lane: u32, base: Base) {
  for (var i = lane; i < params.n; i += LANES) {
    value[i] = sum_to(base, i, assignment[base.n + i]);
  }
  workgroupBarrier();
}

// Moves the means to the members on the rings; returns how far they moved together.
fn recentre(lane: u32, base: Base) -> f32 {
  var way = 0.0;
  for (var k = lane; k < params.k; k += LANES) {
    var size = 0u;
    var within = 0.0;
    var across = 0.0;
    var i = head[k];
    for (var step = 0u; step < params.n; step++) {
      size++;
      within += value[i];
      across += won[base.tokens + i];
      i = next[i];
      if (i == head[k]) {
        break;
      }
    }
    let old = means[base.means + k];
    let share = 1.0 / f32(size);
    let spread = finite(0.5 * within * share * share);
    means[base.means + k] = Mean(share, spread, size);
    way += sqrt(max(0.0, finite(across) * share * old.share - spread - old.spread));
  }
  sync();
  return total(lane, finite(way));
}

// Assigns every token to its nearest mean; its squared distance becomes its `value`.
fn assign(lane: u32, base: Base) {
  for (var i = lane; i < params.n; i += LANES) {
    var least = FAR;
    var owner = 0u;
    var sum = FAR;
    for (var k = 0u; k < params.k; k++) {
      let mean = means[base.means + k];
      let s = sum_to(base, i, k);
      let away = select(s * mean.share - mean.spread, FAR, endless(s) || endless(mean.spread));
      if (away < least) {
        least = away;
        owner = k;
        sum = s;
      }
    }
    before[base.tokens + i] = assignment[base.n + i];
    assignment[base.n + i] = owner;
    won[base.tokens + i] = sum;
    value[i] = least;
  }
  sync();
}

// The token furthest from its mean among those that are not alone, the lowest on ties.
fn furthest(lane: u32, base: Base) -> u32 {
  var best = -FAR;
  var at = NOWHERE;
  for (var i = lane; i < params.n; i += LANES) {
    if (value[i] > best && means[base.means + assignment[base.n + i]].size > 1u) {
      best = value[i];
      at = i;
    }
  }
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

// Gives a token to every cluster without one, in the order of their numbers.
fn fill(lane: u32, base: Base) {
  var empty = 0.0;
  for (var k = lane; k < params.k; k += LANES) {
    var size = 0u;
    for (var i = 0u; i < params.n; i++) {
      size += u32(assignment[base.n + i] == k);
    }
    means[base.means + k].size = size;
    empty += f32(size == 0u);
  }
  sync();
  if (total(lane, empty) == 0.0) {
    return;
  }
  for (var k = 0u; k < params.k; k++) {
    if (lane == 0u) {
      partial_at[0] = means[base.means + k].size;
    }
    if (workgroupUniformLoad(&partial_at[0]) > 0u) {
      continue;
    }
    let at = furthest(lane, base);
    if (lane == 0u) {
      means[base.means + assignment[base.n + at]].size--;
      means[base.means + k].size = 1u;
      assignment[base.n + at] = k;
      won[base.tokens + at] = sum_to(base, at, k);
      value[at] = 0.0;
    }
    sync();
  }
}

// Whether a token came to another cluster.
fn changed(lane: u32, base: Base) -> bool {
  var count = 0.0;
  for (var i = lane; i < params.n; i += LANES) {
    count += f32(assignment[base.n + i] != before[base.tokens + i]);
  }
  return total(lane, count) > 0.0;
}

// Makes the member nearest to its mean the head of its cluster, or the first that is not finite. `value` tells:
// the distance to the mean, or the sum of those to the members, whose order is the same.
fn choose(lane: u32, base: Base) {
  for (var k = lane; k < params.k; k += LANES) {
    var best = NOWHERE;
    var least = FAR;
    var i = head[k];
    for (var step = 0u; step < params.n; step++) {
      if (endless(d[base.d + i * params.n + i])) {
        best = i;
        break;
      }
      if (best == NOWHERE || value[i] < least) {
        best = i;
        least = value[i];
      }
      i = next[i];
      if (i == head[k]) {
        break;
      }
    }
    head[k] = best;
  }
  workgroupBarrier();
}

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let segment = params.first + group.x;
  let base = Base(
    group.x * params.n * params.n,
    group.x * params.k,
    group.x * params.n,
    segment * params.n,
    segment * params.k,
  );
  var done = 0u;
  loop {
    thread(lane, base);
    workgroupBarrier();
    sum_within(lane, base);
    let way = recentre(lane, base);
    if (done == params.limit || (done > 0u && way < params.threshold)) {
      break;
    }
    done++;
    assign(lane, base);
    fill(lane, base);
    if (!changed(lane, base)) {
      break;
    }
  }

  choose(lane, base);
  for (var k = lane; k < params.k; k += LANES) {
    var rank = k;
    if (params.sorted == 1u) {
      rank = 0u;
      for (var m = 0u; m < params.k; m++) {
        rank += u32(head[m] < head[k]);
      }
    }
    medoids[base.k + rank] = head[k];
    next[k] = rank;
  }
  workgroupBarrier();
  for (var i = lane; i < params.n; i += LANES) {
    assignment[base.n + i] = next[assignment[base.n + i]];
  }
  if (lane == 0u) {
    iterations[segment] = done;
  }
}
