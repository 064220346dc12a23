// Average pooling of images [n, height, width, W] over squares of SIDE x SIDE pixels, side by side:
//   y[n, i, j, c] = mean over u, v < SIDE of x[n, SIDE i + u, SIDE j + v, c],
//   dx[n, i, j, c] = dy[n, i / SIDE, j / SIDE, c] / SIDE^2.
// Rows and columns that fill no square are left out, and their gradient is zero.
//
// T is vec4f where 4 divides W.
//
// Dispatch: 256 lanes, one T of the output (`forward`) or of dx (`backward`) each, striding over the grid;
// neighbouring lanes read neighbouring channels.

struct Params {
  n: u32, // T of the output
  height: u32, // of x
  width: u32,
  out_height: u32, // of y
  out_width: u32,
  channels: u32, // in T
}

alias T = f32;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<T>;
@group(0) @binding(2) var<storage, read> dy: array<T>;
@group(0) @binding(3) var<storage, read_write> y: array<T>;
@group(0) @binding(4) var<storage, read_write> dx: array<T>;

const SIDE = 2u;
const LANES = 256u;
const SHARE = 1.0 / f32(SIDE * SIDE);

@compute @workgroup_size(LANES)
fn forward(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var k = id.x; k < params.n; k += groups.x * LANES) {
    let c = k % params.channels;
    let pixel = k / params.channels;
    let j = pixel % params.out_width;
    let line = pixel / params.out_width;
    let i = line % params.out_height;
    let image = line / params.out_height;
    let first = (image * params.height + i * SIDE) * params.width + j * SIDE;
    var sum = T();
    for (var u = 0u; u < SIDE; u++) {
      for (var v = 0u; v < SIDE; v++) {
        sum += x[(first + u * params.width + v) * params.channels + c];
      }
    }
    y[k] = sum * SHARE;
  }
}

@compute @workgroup_size(LANES)
fn backward(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var k = id.x; k < params.n; k += groups.x * LANES) {
    let c = k % params.channels;
    let pixel = k / params.channels;
    let j = pixel % params.width / SIDE;
    let line = pixel / params.width;
    let i = line % params.height / SIDE;
    let image = line / params.height;
    var d = T();
    if (i < params.out_height && j < params.out_width) {
      d = dy[((image * params.out_height + i) * params.out_width + j) * params.channels + c] * SHARE;
    }
    dx[k] = d;
  }
}
