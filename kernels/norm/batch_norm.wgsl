// Batch normalisation of the rows of x [rows, W], column by column, with what follows it in a ResNet fused:
//   y = act(gamma * xhat + beta + residual),  xhat = (x - mean) * rstd,  rstd = 1 / sqrt(var + eps),
// where act is ReLU behind RELU and the residual is added behind RESIDUAL. With dz = dy where y > 0:
//   dbeta = sum over rows of dz,  dgamma = sum over rows of dz * xhat,  dresidual = dz,
//   dx = gamma * rstd * (dz - (dbeta + xhat * dgamma) / rows) with the batch's own statistics (TRAINING),
//   dx = gamma * rstd * dz with fixed ones.
//
// The statistics go up a tree: `moments` takes mean and sum of squared deviations of 64 rows in two passes
// over them, `merge` joins 64 such pairs (Chan, Golub, LeVeque: "Updating formulae and a pairwise algorithm
// for computing sample variances", 1979) until one is left. Nothing cancels, whatever the mean.
// `finish` makes mean and rstd of it and moves the running statistics: the mean, and the variance divided by
// rows - 1, by `momentum`. `recall` makes mean and rstd of the running statistics.
//
// T is vec4f where 4 divides W.
//
// Dispatch: `moments`, `merge`, `parameters`: 64 lanes, one column of one part each; `finish`, `recall`: 64
// lanes, one column each; `forward`, `backward` (`backward_both` with dresidual): 256 lanes, one T each. All
// stride over the grid.

struct Params {
  n: u32, // rows * width
  rows: u32,
  width: u32, // in T
  parts: u32, // of the rows, or of what `merge` leaves
  span: u32, // rows of one pair that `merge` reads
  eps: f32,
  momentum: f32,
}

alias T = f32;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<T>;
@group(0) @binding(2) var<storage, read> gamma: array<T>;
@group(0) @binding(3) var<storage, read> beta: array<T>;
@group(0) @binding(4) var<storage, read> residual: array<T>;
@group(0) @binding(5) var<storage, read> stats: array<T>; // [2, W]: mean, rstd
@group(0) @binding(6) var<storage, read> pairs: array<T>; // [parts, 2, W]: mean, squared deviations
@group(0) @binding(7) var<storage, read> dy: array<T>;
@group(0) @binding(8) var<storage, read> sums: array<T>; // [2, W]: dbeta, dgamma
@group(0) @binding(9) var<storage, read> y_in: array<T>; // y, for the gradient
@group(0) @binding(10) var<storage, read_write> y: array<T>;
@group(0) @binding(11) var<storage, read_write> out: array<T>; // [parts, 2, W]
@group(0) @binding(12) var<storage, read_write> dx: array<T>;
@group(0) @binding(13) var<storage, read_write> dresidual: array<T>;
@group(0) @binding(14) var<storage, read_write> running_mean: array<T>;
@group(0) @binding(15) var<storage, read_write> running_var: array<T>;
@group(0) @binding(16) var<storage, read_write> count: array<f32>; // batches seen

const RELU = false;
const RESIDUAL = false;
const TRAINING = false;
const LANES = 256u;
const COLUMN_LANES = 64u;
const CHUNK = 64u; // rows of a part, and pairs that are joined at once

@compute @workgroup_size(COLUMN_LANES)
fn moments(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id.x; i < params.parts * params.width; i += groups.x * COLUMN_LANES) {
    let part = i / params.width;
    let c = i - part * params.width;
    let begin = part * CHUNK;
    let end = min(begin + CHUNK, params.rows);
    var sum = T();
    for (var row = begin; row < end; row++) {
      sum += x[row * params.width + c];
    }
    let mean = sum / f32(end - begin);
    var squares = T();
    for (var row = begin; row < end; row++) {
      let d = x[row * params.width + c] - mean;
      squares += d * d;
    }
    out[2u * part * params.width + c] = mean;
    out[(2u * part + 1u) * params.width + c] = squares;
  }
}

@compute @workgroup_size(COLUMN_LANES)
fn merge(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id.x; i < params.parts * params.width; i += groups.x * COLUMN_LANES) {
    let part = i / params.width;
    let c = i - part * params.width;
    let begin = part * CHUNK * params.span;
    let end = min(begin + CHUNK * params.span, params.rows);
    var mean = T();
    var squares = T();
    for (var row = begin; row < end; row += params.span) {
      let pair = row / params.span;
      // Of the rows up to the end of this pair, those in it.
      let own = f32(min(params.span, end - row));
      let before = f32(row - begin);
      let share = own / (before + own);
      let delta = pairs[2u * pair * params.width + c] - mean;
      mean += delta * share;
      squares += pairs[(2u * pair + 1u) * params.width + c] + delta * delta * (before * share);
    }
    out[2u * part * params.width + c] = mean;
    out[(2u * part + 1u) * params.width + c] = squares;
  }
}

@compute @workgroup_size(COLUMN_LANES)
fn finish(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var c = id.x; c < params.width; c += groups.x * COLUMN_LANES) {
    let mean = pairs[c];
    let squares = pairs[params.width + c];
    let rows = f32(params.rows);
    out[c] = mean;
    out[params.width + c] = 1.0 / sqrt(squares / rows + params.eps);
    running_mean[c] += params.momentum * (mean - running_mean[c]);
    running_var[c] += params.momentum * (squares / (rows - 1.0) - running_var[c]);
    if (c == 0u) {
      count[0] += 1.0;
    }
  }
}

@compute @workgroup_size(COLUMN_LANES)
fn recall(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var c = id.x; c < params.width; c += groups.x * COLUMN_LANES) {
    out[c] = running_mean[c];
    out[params.width + c] = 1.0 / sqrt(running_var[c] + params.eps);
  }
}

@compute @workgroup_size(LANES)
fn forward(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id.x; i < params.n; i += groups.x * LANES) {
    let c = i % params.width;
    var v = (x[i] - stats[c]) * (stats[params.width + c] * gamma[c]) + beta[c];
    if (RESIDUAL) {
      v += residual[i];
    }
    if (RELU) {
      v = select(v, T(), v < T()); // a NaN stays one
    }
    y[i] = v;
  }
}

// The gradient behind the activation.
fn inner(i: u32) -> T {
  if (RELU) {
    return select(T(), dy[i], y_in[i] > T());
  }
  return dy[i];
}

@compute @workgroup_size(COLUMN_LANES)
fn parameters(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id.x; i < params.parts * params.width; i += groups.x * COLUMN_LANES) {
    let part = i / params.width;
    let c = i - part * params.width;
    let mean = stats[c];
    let end = min((part + 1u) * CHUNK, params.rows);
    var sum = T();
    var product = T();
    for (var row = part * CHUNK; row < end; row++) {
      let at = row * params.width + c;
      let dz = inner(at);
      sum += dz;
      product += dz * (x[at] - mean);
    }
    out[2u * part * params.width + c] = sum;
    out[(2u * part + 1u) * params.width + c] = product * stats[params.width + c];
  }
}

fn gradient(i: u32, dz: T) -> T {
  let c = i % params.width;
  let rstd = stats[params.width + c];
  var g = dz;
  if (TRAINING) {
    let normal = (x[i] - stats[c]) * rstd;
    g -= (sums[c] + normal * sums[params.width + c]) / f32(params.rows);
  }
  return gamma[c] * rstd * g;
}

@compute @workgroup_size(LANES)
fn backward(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id.x; i < params.n; i += groups.x * LANES) {
    dx[i] = gradient(i, inner(i));
  }
}

@compute @workgroup_size(LANES)
fn backward_both(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id.x; i < params.n; i += groups.x * LANES) {
    let dz = inner(i);
    dx[i] = gradient(i, dz);
    dresidual[i] = dz;
  }
}
