// y = exp(x - max x) / sum exp(x - max x) over the last dimension.
// dx = y * (dy - sum(y * dy)).
//
// max() drops a NaN, but exp(NaN - max) keeps it, and through the sum it reaches the whole row.
//
// Teams of TEAM lanes take rows, ROWS teams a workgroup, as in layer_norm.wgsl. Dispatch: a workgroup
// strides over blocks of ROWS rows.

struct Params {
  rows: u32,
  width: u32, // in T
}

alias T = f32;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<T>;
@group(0) @binding(2) var<storage, read_write> y: array<T>;
@group(0) @binding(3) var<storage, read> dy: array<T>;
@group(0) @binding(4) var<storage, read> saved: array<T>; // y
@group(0) @binding(5) var<storage, read_write> dx: array<T>;

const VECTORS = false; // T is vec4f
const TEAM = 1u; // a power of two
const LANES = 16u;
const ROWS = LANES / TEAM;
const LOWEST = -3.4028234e38;

var<workgroup> partial: array<f32, LANES>;

// The sum over a team, in a fixed order.
fn total(value: T, local: u32) -> f32 {
  let v = vec4f(value);
  let own = select(v[0], (v[0] + v[1]) + (v[2] + v[3]), VECTORS);
  if (TEAM == 1u) {
    return own;
  }
  workgroupBarrier(); // the last result was read
  partial[local] = own;
  for (var half = TEAM / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (local % TEAM < half) {
      partial[local] += partial[local + half];
    }
  }
  workgroupBarrier();
  return partial[local - local % TEAM];
}

// The largest value over a team; T(v) splats where only v.x counts, so no case for VECTORS.
fn largest(value: T, local: u32) -> f32 {
  let v = vec4f(value);
  let own = max(max(v[0], v[1]), max(v[2], v[3]));
  if (TEAM == 1u) {
    return own;
  }
  workgroupBarrier(); // the last result was read
  partial[local] = own;
  for (var half = TEAM / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (local % TEAM < half) {
      partial[local] = max(partial[local], partial[local + half]);
    }
  }
  workgroupBarrier();
  return partial[local - local % TEAM];
}

@compute @workgroup_size(LANES)
fn forward(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let lane = local % TEAM;
  for (var first = group[0] * ROWS; first < params.rows; first += groups[0] * ROWS) {
    // Teams past the end do the last row once more, so that barriers stay uniform.
    let row = min(first + local / TEAM, params.rows - 1u);
    let at = row * params.width;
    var most = T(LOWEST);
    for (var c = lane; c < params.width; c += TEAM) {
      most = max(most, x[at + c]);
    }
    let peak = largest(most, local);
    var sum = T();
    for (var c = lane; c < params.width; c += TEAM) {
      sum += exp(x[at + c] - peak);
    }
    let share = 1.0 / total(sum, local);
    if (first + local / TEAM < params.rows) {
      for (var c = lane; c < params.width; c += TEAM) {
        y[at + c] = exp(x[at + c] - peak) * share;
      }
    }
  }
}

@compute @workgroup_size(LANES)
fn backward(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let lane = local % TEAM;
  for (var first = group[0] * ROWS; first < params.rows; first += groups[0] * ROWS) {
    let row = min(first + local / TEAM, params.rows - 1u);
    let at = row * params.width;
    var product = T();
    for (var c = lane; c < params.width; c += TEAM) {
      product += saved[at + c] * dy[at + c];
    }
    let sum = total(product, local);
    if (first + local / TEAM < params.rows) {
      for (var c = lane; c < params.width; c += TEAM) {
        dx[at + c] = saved[at + c] * (dy[at + c] - sum);
      }
    }
  }
}
