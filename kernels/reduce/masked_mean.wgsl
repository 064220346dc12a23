// Mean of the rows that a mask keeps: y[b] = sum_t m[b, t] x[b, t] / s,  s = sum_t m[b, t], or 1 where
// that is 0. dx[b, t] = m[b, t] dy[b] / s. The mask has no gradient.
//
// Sizes in T, which is vec4f where 4 divides the width. Dispatch: 64 lanes, one column of one b each,
// striding over the grid: rows are few (frames of a video).

struct Params {
  n: u32, // batch * width
  rows: u32,
  width: u32,
}

alias T = f32;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<T>;
@group(0) @binding(2) var<storage, read> mask: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<T>;
@group(0) @binding(4) var<storage, read> dy: array<T>;
@group(0) @binding(5) var<storage, read_write> dx: array<T>;

const LANES = 64u;

fn weight(b: u32) -> f32 {
  var sum = 0.0;
  for (var t = 0u; t < params.rows; t++) {
    sum += mask[b * params.rows + t];
  }
  return select(sum, 1.0, sum == 0.0);
}

@compute @workgroup_size(LANES)
fn forward(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id.x; i < params.n; i += groups.x * LANES) {
    let b = i / params.width;
    let column = i - b * params.width;
    var sum = T();
    for (var t = b * params.rows; t < (b + 1u) * params.rows; t++) {
      sum += mask[t] * x[t * params.width + column];
    }
    y[i] = sum / weight(b);
  }
}

@compute @workgroup_size(LANES)
fn backward(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id[0]; i < params.n; i += groups[0] * LANES) {
    let b = i / params.width;
    let column = i - b * params.width;
    let slope = dy[i] / weight(b);
    for (var t = b * params.rows; t < (b + 1u) * params.rows; t++) {
      dx[t * params.width + column] = mask[t] * slope;
    }
  }
}
