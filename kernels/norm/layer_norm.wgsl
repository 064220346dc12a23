// Layer normalisation over the last dimension, width W:
//   y = gamma * xhat + beta,  xhat = (x - mean) * rstd,  rstd = 1 / sqrt(var + eps).
// With g = gamma * dy and means over the row:
//   dx = rstd * (g - mean(g) - xhat * mean(g * xhat)),
//   dgamma = sum over rows of dy * xhat,  dbeta = sum over rows of dy.
// x and dx are stored as X, y and dy as Y, each f32 or f16; all else is f32, as is all arithmetic.
//
// A team of TEAM lanes takes a row, ROWS teams a workgroup. On a software device a team is one lane:
// at [600, 768] and [4160, 64] that took 1.3 and 1.0 ms against 2.6 and 5.2 with eight lanes and their
// barriers (12 and 31 with 64). T is vec4f where 4 divides W, which halves the time.
//
// Dispatch: a workgroup strides over blocks of ROWS rows; `parameters`: 64 lanes, one column of one part
// of the rows each, striding over the grid.

struct Params {
  rows: u32,
  width: u32, // in T
  parts: u32, // of the rows, for `parameters`
  scale: f32, // 1 / W
  eps: f32,
}

alias T = f32;
alias X = T;
alias Y = T;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<X>;
@group(0) @binding(2) var<storage, read> gamma: array<T>;
@group(0) @binding(3) var<storage, read> beta: array<T>;
@group(0) @binding(4) var<storage, read_write> y: array<Y>;
@group(0) @binding(5) var<storage, read_write> stats: array<vec2f>; // mean and rstd of each row
@group(0) @binding(6) var<storage, read> dy: array<Y>;
@group(0) @binding(7) var<storage, read> saved: array<vec2f>; // stats
@group(0) @binding(8) var<storage, read_write> dx: array<X>;
@group(0) @binding(9) var<storage, read_write> dgamma: array<T>; // [parts, W]
@group(0) @binding(10) var<storage, read_write> dbeta: array<T>; // [parts, W]

const VECTORS = false; // T is vec4f
const TEAM = 1u; // a power of two
const LANES = 16u;
const ROWS = LANES / TEAM;
const COLUMN_LANES = 64u;

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
  for (var first = group.x * ROWS; first < params.rows; first += groups.x * ROWS) {
    // Teams past the end do the last row once more, so that barriers stay uniform.
    let row = min(first + local / TEAM, params.rows - 1u);
    let at = row * params.width;
    var sum = T();
    for (var c = lane; c < params.width; c += TEAM) {
      sum += T(x[at + c]);
    }
    let mean = total(sum, local) * params.scale;
    var squares = T();
    for (var c = lane; c < params.width; c += TEAM) {
      let d = T(x[at + c]) - mean;
      squares += d * d;
    }
    let rstd = 1.0 / sqrt(total(squares, local) * params.scale + params.eps);
    if (first + local / TEAM < params.rows) {
      for (var c = lane; c < params.width; c += TEAM) {
        y[at + c] = Y((T(x[at + c]) - mean) * rstd * gamma[c] + beta[c]);
      }
      if (lane == 0u) {
        stats[row] = vec2f(mean, rstd);
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
  for (var first = group.x * ROWS; first < params.rows; first += groups.x * ROWS) {
    let row = min(first + local / TEAM, params.rows - 1u);
    let at = row * params.width;
    let mean = saved[row][0];
    let rstd = saved[row][1];
    var sum = T();
    var product = T();
    for (var c = lane; c < params.width; c += TEAM) {
      let g = gamma[c] * T(dy[at + c]);
      sum += g;
      product += g * (T(x[at + c]) - mean);
    }
    let meanG = total(sum, local) * params.scale;
    let meanProduct = total(product, local) * params.scale * rstd;
    if (first + local / TEAM < params.rows) {
      for (var c = lane; c < params.width; c += TEAM) {
        let normal = (T(x[at + c]) - mean) * rstd;
        dx[at + c] = X(rstd * (gamma[c] * T(dy[at + c]) - meanG - normal * meanProduct));
      }
    }
  }
}

@compute @workgroup_size(COLUMN_LANES)
fn parameters(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id.x; i < params.parts * params.width; i += groups.x * COLUMN_LANES) {
    let part = i / params.width;
    let c = i - part * params.width;
    var sum = T();
    var product = T();
    for (var row = part; row < params.rows; row += params.parts) {
      let d = T(dy[row * params.width + c]);
      sum += d;
      product += d * ((T(x[row * params.width + c]) - saved[row][0]) * saved[row][1]);
    }
    dgamma[i] = product;
    dbeta[i] = sum;
  }
}
