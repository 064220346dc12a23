// 2-d convolution as in conv2d.wgsl, for small subgroups (software devices): f32, outputs in vec4.
//
// Tiles as in matmul_subgroup.wgsl: a subgroup owns 4 L rows and 4 L columns of the GEMM in each of its
// halves, a lane 4 columns of each half; one inner index a step, since a longer body leaves the
// processor's cache of decoded instructions.
//
//   forward: rows are pixels of y; a lane loads four channels of four pixels for the next four steps.
//   weights: rows are channels of a tap; a lane loads four channels of one tap.
//
// Needs C % 4 == 0 and O % 4 == 0. Rows and columns past the edge load the last ones and are not stored.
//
// Dispatch, one subgroup a workgroup: x = ceil(O / 4 L HALVES); `forward`: y and z together at least
// ceil(pixels / 4 L); `weights`: y = ceil(taps * C / 4 L).

enable subgroups;

struct Params {
  pixels: u32, // of y: n * out_height * out_width
  channels: u32, // C
  cols: u32, // O / 4
  height: u32, // of x
  width: u32,
  out_height: u32, // of y
  out_width: u32,
  taps: u32, // weights of a channel pair
  taps_x: u32, // of them, in a row
  stride: i32,
  pad_y: i32,
  pad_x: i32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read> w: array<vec4f>; // [taps, C, O / 4]
@group(0) @binding(3) var<storage, read> dy: array<vec4f>; // [pixels, O / 4]
@group(0) @binding(4) var<storage, read_write> y: array<vec4f>; // [pixels, O / 4]
@group(0) @binding(5) var<storage, read_write> dw: array<vec4f>; // [taps, C, O / 4]

const STEP = 1i;
const L = 8u;
const HALVES = 2u; // 1 where the columns fill no more
const TILE = 4u * L;

// Where in x, in pixels, a tap at a pixel of y reads, or -1 where that is outside.
fn pixel_at(pixel: u32, tap: vec2i) -> i32 {
  let line = pixel / params.out_width;
  let place = vec2i(vec2u(line % params.out_height, pixel % params.out_width));
  let position = place * params.stride - vec2i(params.pad_y, params.pad_x) + tap;
  let at = position / STEP;
  let size = vec2i(vec2u(params.height, params.width));
  let outside = any(position < vec2i(0)) || any(position % STEP != vec2i(0)) || any(at >= size);
  let image = i32(line / params.out_height);
  return select((image * size.x + at.x) * size.y + at.y, -1, outside);
}

fn tap_at(tap: u32) -> vec2i {
  return vec2i(vec2u(tap / params.taps_x, tap % params.taps_x));
}

@compute @workgroup_size(L)
fn forward(
  @builtin(subgroup_invocation_id) lane: u32,
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
) {
  let col = group.x * HALVES * L + lane;
  let row = (group.z * groups.y + group.y) * TILE;
  let last_row = params.pixels - 1u;
  let last_col = params.cols - 1u;

  var left: array<vec4f, TILE>;
  var right: array<vec4f, TILE>;
  for (var tap = 0u; tap < params.taps; tap++) {
    var inside: array<bool, 4>;
    var x_at: array<u32, 4>;
    for (var h = 0u; h < 4u; h++) {
      let pixel = pixel_at(min(row + h * L + lane, last_row), tap_at(tap));
      inside[h] = pixel >= 0;
      x_at[h] = u32(max(pixel, 0)) * params.channels / 4u;
    }
    var left_at = tap * params.channels * params.cols + min(col, last_col);
    var right_at = tap * params.channels * params.cols + min(col + L, last_col);
    for (var c = 0u; c < params.channels; c += 4u) {
      var values: array<vec4f, 4>;
      for (var h = 0u; h < 4u; h++) {
        values[h] = select(vec4f(), x[x_at[h] + c / 4u], inside[h]);
      }
      // The bound is no constant: unrolled, the loop would be too long.
      for (var q = 0u; q < min(4u, params.channels - c); q++) {
        let w_left = w[left_at];
        var w_right: vec4f;
        if (HALVES == 2u) {
          w_right = w[right_at];
        }
        for (var h = 0u; h < 4u; h++) {
          let value = values[h][q];
          for (var i = 0u; i < L; i++) {
            let share = subgroupShuffle(value, i);
            left[h * L + i] += share * w_left;
            if (HALVES == 2u) {
              right[h * L + i] += share * w_right;
            }
          }
        }
        left_at += params.cols;
        right_at += params.cols;
      }
    }
  }

  for (var i = 0u; i < TILE; i++) {
    store(row + i, last_row, col, left[i]);
    if (HALVES == 2u) {
      store(row + i, last_row, col + L, right[i]);
    }
  }
}

fn store(row: u32, last_row: u32, col: u32, sum: vec4f) {
  if (row <= last_row && col < params.cols) {
    y[row * params.cols + col] = sum;
  }
}

@compute @workgroup_size(L)
fn weights(
  @builtin(subgroup_invocation_id) lane: u32,
  @builtin(workgroup_id) group: vec3u,
) {
  let col = group.x * HALVES * L + lane;
  let last_col = params.cols - 1u;
  let channels = params.channels / 4u;
  let rows = params.taps * channels; // in vec4
  let own = min(group.y * L + lane, rows - 1u);
  let tap = tap_at(own / channels) - vec2i(params.pad_y, params.pad_x);
  let channel = own % channels;

  var left: array<vec4f, TILE>;
  var right: array<vec4f, TILE>;
  var left_at = min(col, last_col);
  var right_at = min(col + L, last_col);
  for (var line = 0u; line < params.pixels / params.out_width; line++) {
    let image = line / params.out_height;
    let above = i32(line % params.out_height) * params.stride + tap.x; // row of x
    let missing = above < 0 || above >= i32(params.height);
    let start = (image * params.height + u32(select(above, 0, missing))) * params.width;
    // Columns of x that this line may read: none where its row is outside.
    let width = select(i32(params.width), 0, missing);
    var at = tap.y;
    for (var j = 0u; j < params.out_width; j++) {
      let inside = at >= 0 && at < width;
      let loaded = x[(start + u32(select(0, at, inside))) * channels + channel];
      let value = select(vec4f(), loaded, inside);
      let d_left = dy[left_at];
      var d_right: vec4f;
      if (HALVES == 2u) {
        d_right = dy[right_at];
      }
      for (var i = 0u; i < TILE; i++) {
        let share = subgroupShuffle(value[i % 4u], i / 4u);
        left[i] += share * d_left;
        if (HALVES == 2u) {
          right[i] += share * d_right;
        }
      }
      at += params.stride;
      left_at += params.cols;
      right_at += params.cols;
    }
  }

  for (var i = 0u; i < TILE; i++) {
    store_weight(group.y * TILE + i, 4u * rows - 1u, col, left[i]);
    if (HALVES == 2u) {
      store_weight(group.y * TILE + i, 4u * rows - 1u, col + L, right[i]);
    }
  }
}

fn store_weight(row: u32, last_row: u32, col: u32, sum: vec4f) {
  if (row <= last_row && col < params.cols) {
    dw[row * params.cols + col] = sum;
  }
}
