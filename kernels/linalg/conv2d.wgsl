// 2-d convolution of images [n, height, width, channel] as an implicit GEMM: any size, any device, f32.
//
//   forward: y[n, i, j, o] = sum over u, v, c of x[n, i', j', c] * w[u, v, c, o],
//     i' = (i * stride + u - pad) / STEP and j' likewise; where that is no pixel of x, it counts as zero.
//     Rows of the GEMM are pixels of y, the inner dimension is (u, v, c), columns are the channels o.
//   The gradient to x is `forward` over dy with the weights turned by 180 degrees and their channels
//     swapped: stride 1, and the stride as STEP, so that only positions that it divides are pixels.
//   weights: dw[u, v, c, o] = sum over pixels of x[n, i', j', c] * dy[n, i, j, o]. The pixels are cut into
//     parts of `span`, since they are many and the weights few: dw [parts, TAPS * C, O], for the host to sum.
//
// Tiles as in matmul.wgsl: a workgroup of 16 x 16 lanes owns 64 x 64 of the output, a lane 4 x 4 of it, 16
// apart; 16 inner steps at a time go through 8 KB of workgroup memory. Lanes that store along the inner
// dimension would all meet in one bank of it, were a row of the tile 64 wide: hence PITCH. Elements past an
// edge count as zero, so control flow stays uniform around the barriers.
//
// Dispatch, `forward`: x = ceil(O / 64), y and z together at least ceil(pixels / 64), which can be more
// than one dimension holds.
// Dispatch, `weights`: x = ceil(O / 64), y = ceil(TAPS * C / 64), z = parts.

struct Params {
  pixels: u32, // of y: n * out_height * out_width
  channels: u32, // C, of x
  cols: u32, // O, channels of y
  height: u32, // of x
  width: u32,
  out_height: u32, // of y
  out_width: u32,
  taps: u32, // weights of a channel pair
  taps_x: u32, // of them, in a row
  stride: i32,
  pad_y: i32,
  pad_x: i32,
  span: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> w: array<f32>; // [taps, C, O]
@group(0) @binding(3) var<storage, read> dy: array<f32>; // [pixels, O]
@group(0) @binding(4) var<storage, read_write> y: array<f32>; // [pixels, O]
@group(0) @binding(5) var<storage, read_write> dw: array<f32>; // [parts, taps, C, O]

const STEP = 1i;
const SIDE = 16u; // lanes along a side of the workgroup, and inner steps a round
const TILE = 64u; // rows and columns of the workgroup's tile
const EACH = 4u; // rows and columns of a lane
const PITCH = TILE + 1u; // of the rows' tile

var<workgroup> a_tile: array<f32, SIDE * PITCH>; // [inner step][row]
var<workgroup> b_tile: array<f32, SIDE * TILE>; // [inner step][column]

// A pixel of y: image, row, column.
fn place_of(pixel: u32) -> vec3u {
  let line = pixel / params.out_width;
  return vec3u(line / params.out_height, line % params.out_height, pixel % params.out_width);
}

// The place `by` pixels on.
fn advance(place: vec3u, by: u32) -> vec3u {
  var next = vec3u(place.xy, place.z + by);
  while (next.z >= params.out_width) {
    next = vec3u(next.x, next.y + 1u, next.z - params.out_width);
  }
  while (next.y >= params.out_height) {
    next = vec3u(next.x + 1u, next.y - params.out_height, next.z);
  }
  return next;
}

// A tap and a channel: row and column within the weights, then the channel.
fn tap_of(k: u32) -> vec3i {
  let tap = k / params.channels;
  return vec3i(vec3u(tap / params.taps_x, tap % params.taps_x, k % params.channels));
}

fn load_x(place: vec3u, tap: vec3i) -> f32 {
  let position = vec2i(place.yz) * params.stride - vec2i(params.pad_y, params.pad_x) + tap.xy;
  let pixel = position / STEP;
  let size = vec2i(vec2u(params.height, params.width));
  if (any(position < vec2i(0)) || any(position % STEP != vec2i(0)) || any(pixel >= size)) {
    return 0.0;
  }
  let row = i32(place.x) * size.x + pixel.x;
  return x[u32(row * size.y + pixel.y) * params.channels + u32(tap.z)];
}

// One round: every lane multiplies its 4 x 4 over the inner steps that the tiles hold.
fn multiply(lane: vec3u, acc: ptr<function, array<vec4f, EACH>>) {
  workgroupBarrier();
  for (var q = 0u; q < SIDE; q++) {
    let at = q * TILE + lane.x;
    let bv = vec4f(b_tile[at], b_tile[at + 16u], b_tile[at + 32u], b_tile[at + 48u]);
    for (var i = 0u; i < EACH; i++) {
      (*acc)[i] += a_tile[q * PITCH + lane.y + i * SIDE] * bv;
    }
  }
  workgroupBarrier();
}

@compute @workgroup_size(SIDE, SIDE)
fn forward(
  @builtin(local_invocation_id) lane: vec3u,
  @builtin(local_invocation_index) index: u32,
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
) {
  let row = (group.z * groups.y + group.y) * TILE;
  let col = group.x * TILE;
  let inner = params.taps * params.channels;
  // Neighbouring lanes read neighbouring channels of x and neighbouring columns of w.
  let step = index % SIDE;
  let line = index / SIDE;
  let across = index % TILE;
  var places: array<vec3u, EACH>;
  for (var i = 0u; i < EACH; i++) {
    places[i] = place_of(row + line + i * SIDE);
  }

  var acc: array<vec4f, EACH>;
  for (var k = 0u; k < inner; k += SIDE) {
    let tap = tap_of(k + step);
    for (var i = 0u; i < EACH; i++) {
      var value = 0.0;
      if (k + step < inner && row + line + i * SIDE < params.pixels) {
        value = load_x(places[i], tap);
      }
      a_tile[step * PITCH + line + i * SIDE] = value;
      let q = index / TILE + i * EACH;
      value = 0.0;
      if (k + q < inner && col + across < params.cols) {
        value = w[(k + q) * params.cols + col + across];
      }
      b_tile[q * TILE + across] = value;
    }
    multiply(lane, &acc);
  }

  for (var i = 0u; i < EACH; i++) {
    for (var j = 0u; j < EACH; j++) {
      let r = row + lane.y + i * SIDE;
      let n = col + lane.x + j * SIDE;
      if (r < params.pixels && n < params.cols) {
        y[r * params.cols + n] = acc[i][j];
      }
    }
  }
}

@compute @workgroup_size(SIDE, SIDE)
fn weights(
  @builtin(local_invocation_id) lane: vec3u,
  @builtin(local_invocation_index) index: u32,
  @builtin(workgroup_id) group: vec3u,
) {
  let row = group.y * TILE;
  let col = group.x * TILE;
  let rows = params.taps * params.channels;
  let begin = group.z * params.span;
  let end = min(begin + params.span, params.pixels);
  let across = index % TILE;
  let tap = tap_of(row + across);
  var places: array<vec3u, EACH>;
  for (var i = 0u; i < EACH; i++) {
    places[i] = place_of(begin + index / TILE + i * EACH);
  }

  var acc: array<vec4f, EACH>;
  for (var k = begin; k < end; k += SIDE) {
    for (var i = 0u; i < EACH; i++) {
      let q = index / TILE + i * EACH;
      var value = 0.0;
      if (k + q < end && row + across < rows) {
        value = load_x(places[i], tap);
      }
      places[i] = advance(places[i], SIDE);
      a_tile[q * PITCH + across] = value;
      value = 0.0;
      if (k + q < end && col + across < params.cols) {
        value = dy[(k + q) * params.cols + col + across];
      }
      b_tile[q * TILE + across] = value;
    }
    multiply(lane, &acc);
  }

  for (var i = 0u; i < EACH; i++) {
    for (var j = 0u; j < EACH; j++) {
      let r = row + lane.y + i * SIDE;
      let n = col + lane.x + j * SIDE;
      if (r < rows && n < params.cols) {
        dw[(group.z * rows + r) * params.cols + n] = acc[i][j];
      }
    }
  }
}
