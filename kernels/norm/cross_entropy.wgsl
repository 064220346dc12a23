// Cross entropy of the rows of a matrix of logits S, or of its columns:
//   loss_r = log(sum_c exp(S_rc)) - S_rt,  t the row's target.
//   dS_rc = (softmax(S_r)_c - [c = t]) * dloss / rows   for the mean of the losses.
//
// TRANSPOSED: S lies in memory as [classes, rows], so that a column needs no copy. The backward pass
// recomputes the probabilities from the row's peak and sum. max() drops a NaN, but exp(NaN - max) keeps
// it. log() is this file's own: the built-in one may be off by 1e-5.
//
// Teams of TEAM lanes take rows, ROWS teams a workgroup, as in layer_norm.wgsl. Dispatch: `forward` strides
// over blocks of ROWS rows; `backward`: 256 lanes, one element each, striding over the grid.

struct Params {
  rows: u32,
  classes: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> logits: array<f32>;
@group(0) @binding(2) var<storage, read> targets: array<u32>; // not read if DIAGONAL
@group(0) @binding(3) var<storage, read_write> losses: array<f32>;
@group(0) @binding(4) var<storage, read_write> stats: array<vec2f>; // peak and 1 / sum of each row
@group(0) @binding(5) var<storage, read> saved: array<vec2f>; // stats
@group(0) @binding(6) var<storage, read> dloss: array<f32>; // one element
@group(0) @binding(7) var<storage, read_write> dlogits: array<f32>;

const TRANSPOSED = false;
const DIAGONAL = true; // the target of row r is r
const TEAM = 1u; // a power of two
const LANES = 16u;
const ROWS = LANES / TEAM;
const POINTWISE_LANES = 256u;
const LOWEST = -3.4028234e38;
const LN2 = 0.6931472;
const SQRT2 = 1.4142135;

var<workgroup> partial: array<f32, LANES>;

// The sum over a team, in a fixed order.
fn total(value: f32, local: u32) -> f32 {
  if (TEAM == 1u) {
    return value;
  }
  workgroupBarrier(); // the last result was read
  partial[local] = value;
  for (var half = TEAM / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (local % TEAM < half) {
      partial[local] += partial[local + half];
    }
  }
  workgroupBarrier();
  return partial[local - local % TEAM];
}

// The largest value over a team.
fn largest(value: f32, local: u32) -> f32 {
  if (TEAM == 1u) {
    return value;
  }
  workgroupBarrier(); // the last result was read
  partial[local] = value;
  for (var half = TEAM / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (local % TEAM < half) {
      partial[local] = max(partial[local], partial[local + half]);
    }
  }
  workgroupBarrier();
  return partial[local - local % TEAM];
}

// log(v) of a positive normal v, to the last digit or so: v = m 2^e with m near 1, and
// log m = 2 atanh(s), s = (m - 1) / (m + 1), |s| < 0.172, by its series.
fn logarithm(v: f32) -> f32 {
  let bits = bitcast<u32>(v);
  if (bits >= 0x7f800000u) {
    return v; // infinity and NaN
  }
  var exponent = f32(bits >> 23u) - 127.0;
  var m = bitcast<f32>((bits & 0x7fffffu) | 0x3f800000u);
  if (m > SQRT2) {
    m *= 0.5;
    exponent += 1.0;
  }
  let s = (m - 1.0) / (m + 1.0);
  let q = s * s;
  let series = 1.0 + q * (1.0 / 3.0 + q * (1.0 / 5.0 + q * (1.0 / 7.0 + q * (1.0 / 9.0))));
  return exponent * LN2 + 2.0 * s * series;
}

// Where S_rc lies.
fn place(row: u32, label: u32) -> u32 {
  if (TRANSPOSED) {
    return label * params.rows + row;
  }
  return row * params.classes + label;
}

fn targetOf(row: u32) -> u32 {
  if (DIAGONAL) {
    return row;
  }
  return targets[row];
}

@compute @workgroup_size(LANES)
fn forward(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let lane = local % TEAM;
  for (var first = group.x * ROWS; first < params.rows; first += groups.x * ROWS) {
    // Teams past the end do the last row once more, so that barriers stay uniform.
    let row = min(first + local / TEAM, params.rows - 1u);
    var most = LOWEST;
    for (var c = lane; c < params.classes; c += TEAM) {
      most = max(most, logits[place(row, c)]);
    }
    let peak = largest(most, local);
    var own = 0.0;
    for (var c = lane; c < params.classes; c += TEAM) {
      own += exp(logits[place(row, c)] - peak);
    }
    let sum = total(own, local);
    if (lane == 0u && first + local / TEAM < params.rows) {
      // In this order the peak cancels before anything is rounded to its size.
      losses[row] = logarithm(sum) + (peak - logits[place(row, targetOf(row))]);
      stats[row] = vec2f(peak, 1.0 / sum);
    }
  }
}

@compute @workgroup_size(POINTWISE_LANES)
fn backward(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let scale = dloss[0] / f32(params.rows);
  let n = params.rows * params.classes;
  for (var i = id.x; i < n; i += groups.x * POINTWISE_LANES) {
    let width = select(params.classes, params.rows, TRANSPOSED);
    let major = i / width;
    let minor = i - major * width;
    let row = select(major, minor, TRANSPOSED);
    let label = select(minor, major, TRANSPOSED);
    let stat = saved[row];
    let hit = select(0.0, 1.0, label == targetOf(row));
    dlogits[i] = (exp(logits[i] - stat[0]) * stat[1] - hit) * scale;
  }
}
