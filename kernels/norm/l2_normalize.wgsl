// y = x / (|x| + eps) over the last dimension, with |x| the Euclidean norm of the row.
// With n = |x|:  dx = dy / (n + eps) - y (y . dy) / n,
// where the second term is 0 for a zero row if eps > 0, as torch.norm defines it. Without eps a zero row
// gives NaN, forward and backward.
//
// Teams of TEAM lanes take rows, ROWS teams a workgroup, as in layer_norm.wgsl. Dispatch: a workgroup
// strides over blocks of ROWS rows.

struct Params {
  rows: u32,
  width: u32, // in T
  eps: f32,
  nan: f32, // 0 / 0 is not sure to be NaN in WGSL
}

alias T = f32;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<T>;
@group(0) @binding(2) var<storage, read_write> y: array<T>;
@group(0) @binding(3) var<storage, read_write> norms: array<f32>;
@group(0) @binding(4) var<storage, read> dy: array<T>;
@group(0) @binding(5) var<storage, read> savedY: array<T>;
@group(0) @binding(6) var<storage, read> savedNorms: array<f32>;
@group(0) @binding(7) var<storage, read_write> dx: array<T>;

const VECTORS = false; // T is vec4f
const TEAM = 1u; // a power of two
const LANES = 16u;
const ROWS = LANES / TEAM;

var<workgroup> partial: array<f32, LANES>;

// The sum over a team, in a fixed order.
fn total(value: T, local: u32) -> f32 {
  let v = vec4f(value);
  let own = select(v[0], (v[0] + v[1]) + (v[2] + v[3]), VECTORS);
  if (TEAM == 1u) {
    return own;
  }
  workgroupBarrier(); // the last sum was read
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
    var squares = T();
    for (var c = lane; c < params.width; c += TEAM) {
      squares += x[at + c] * x[at + c];
    }
    let norm = sqrt(total(squares, local));
    let size = select(norm + params.eps, params.nan, norm + params.eps == 0.0);
    if (first + local / TEAM < params.rows) {
      for (var c = lane; c < params.width; c += TEAM) {
        y[at + c] = x[at + c] / size;
      }
      if (lane == 0u) {
        norms[row] = norm;
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
    let norm = savedNorms[row];
    var product = T();
    for (var c = lane; c < params.width; c += TEAM) {
      product += savedY[at + c] * dy[at + c];
    }
    let along = total(product, local) / select(norm, 1.0, norm == 0.0);
    let size = select(norm + params.eps, params.nan, norm + params.eps == 0.0);
    if (first + local / TEAM < params.rows) {
      for (var c = lane; c < params.width; c += TEAM) {
        dx[at + c] = dy[at + c] / size - savedY[at + c] * along;
      }
    }
  }
}
