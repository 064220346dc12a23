// 2-d convolution as in conv2d.wgsl, for small subgroups (software devices): f32, channels in vec4.
//
// Tiles as in matmul_subgroup.wgsl: a subgroup owns 16 rows and 4 L columns of the GEMM, a lane 4 columns
// in 16 vec4 accumulators; lanes load different vec4 of x and shuffle them, since on lavapipe a uniform
// load costs as much as a gather.
//
//   forward: a lane holds one pixel of y at a time and steps through (u, v) and four channels.
//   weights: lane f holds four channels of one (u, v), row f % 4 of the tile, of the pixel 4 k + f / 4.
//
// Needs C % 4 == 0 and O % 4 == 0. Rows and columns past the edge load the last ones and are not stored.
//
// Dispatch, one subgroup a workgroup: x = ceil(O / 4 L); `forward`: y and z together at least
// ceil(pixels / 16); `weights`: y = ceil(TAPS * C / 16), z = parts.

enable subgroups;

struct Params {
  pixels: u32, // of y: n * out_height * out_width
  channels: u32, // C / 4
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
  span: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read> w: array<vec4f>; // [taps, C, O / 4]
@group(0) @binding(3) var<storage, read> dy: array<vec4f>; // [pixels, O / 4]
@group(0) @binding(4) var<storage, read_write> y: array<vec4f>; // [pixels, O / 4]
@group(0) @binding(5) var<storage, read_write> dw: array<vec4f>; // [parts, taps, C, O / 4]

const STEP = 1i;
const L = 8u;
const TILE = 16u;
const HELD = TILE / L; // pixels of a lane, in `forward`

// A pixel of y: image, row, column.
fn place_of(pixel: u32) -> vec3u {
  let line = pixel / params.out_width;
  return vec3u(line / params.out_height, line % params.out_height, pixel % params.out_width);
}

// The place `by` pixels on. Divisions cost more than the products between two of them.
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

// The pixel of x that a tap at a place reads, or -1 where that is none.
fn pixel_at(place: vec3u, tap: vec2i) -> i32 {
  let position = vec2i(place.yz) * params.stride - vec2i(params.pad_y, params.pad_x) + tap;
  let pixel = position / STEP;
  let size = vec2i(vec2u(params.height, params.width));
  let outside = any(position < vec2i(0)) || any(position % STEP != vec2i(0)) || any(pixel >= size);
  return select((i32(place.x) * size.x + pixel.x) * size.y + pixel.y, -1, outside);
}

@compute @workgroup_size(L)
fn forward(
  @builtin(subgroup_invocation_id) lane: u32,
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
) {
  let col = group.x * L + lane;
  let row = (group.z * groups.y + group.y) * TILE;
  let last_row = params.pixels - 1u;
  let load_col = min(col, params.cols - 1u);
  var places: array<vec3u, HELD>;
  for (var h = 0u; h < HELD; h++) {
    places[h] = place_of(min(row + h * L + lane, last_row));
  }

  var acc: array<vec4f, TILE>;
  for (var tap = 0u; tap < params.taps; tap++) {
    let uv = vec2i(vec2u(tap / params.taps_x, tap % params.taps_x));
    var pixels: array<i32, HELD>;
    for (var h = 0u; h < HELD; h++) {
      pixels[h] = pixel_at(places[h], uv);
    }
    for (var c = 0u; c < params.channels; c++) {
      var wk: array<vec4f, 4>;
      for (var q = 0u; q < 4u; q++) {
        wk[q] = w[((tap * params.channels + c) * 4u + q) * params.cols + load_col];
      }
      for (var h = 0u; h < HELD; h++) {
        let loaded = x[u32(max(pixels[h], 0)) * params.channels + c];
        let value = select(vec4f(), loaded, pixels[h] >= 0);
        for (var i = 0u; i < L; i++) {
          for (var q = 0u; q < 4u; q++) {
            acc[h * L + i] += subgroupShuffle(value[q], i) * wk[q];
          }
        }
      }
    }
  }

  for (var i = 0u; i < TILE; i++) {
    if (row + i <= last_row && col < params.cols) {
      y[(row + i) * params.cols + col] = acc[i];
    }
  }
}

@compute @workgroup_size(L)
fn weights(
  @builtin(subgroup_invocation_id) lane: u32,
  @builtin(workgroup_id) group: vec3u,
) {
  let col = group.x * L + lane;
  let rows = params.taps * params.channels; // in vec4
  let row = group.y * (TILE / 4u);
  let load_col = min(col, params.cols - 1u);
  let own = min(row + lane % 4u, rows - 1u);
  let tap = own / params.channels;
  let uv = vec2i(vec2u(tap / params.taps_x, tap % params.taps_x));
  let channel = own % params.channels;
  let begin = group.z * params.span;
  let end = min(begin + params.span, params.pixels);
  var places: array<vec3u, HELD>;
  for (var h = 0u; h < HELD; h++) {
    places[h] = place_of(begin + (h * L + lane) / 4u);
  }

  var acc: array<vec4f, TILE>;
  for (var k = begin; k < end; k += 4u) {
    var gk: array<vec4f, 4>;
    for (var q = 0u; q < 4u; q++) {
      gk[q] = dy[min(k + q, end - 1u) * params.cols + load_col];
    }
    for (var h = 0u; h < HELD; h++) {
      // Behind the last pixel of a part lies another part, or nothing: neither counts.
      let inside = k + (h * L + lane) / 4u < end;
      let pixel = select(-1, pixel_at(places[h], uv), inside);
      let loaded = x[u32(max(pixel, 0)) * params.channels + channel];
      let value = select(vec4f(), loaded, pixel >= 0);
      places[h] = advance(places[h], 4u);
      for (var i = 0u; i < L; i++) {
        let at = h * L + i;
        for (var q = 0u; q < 4u; q++) {
          acc[(at % 4u) * 4u + q] += subgroupShuffle(value[q], i) * gk[at / 4u];
        }
      }
    }
  }

  let part = group.z * rows * 4u;
  for (var i = 0u; i < TILE; i++) {
    if (row * 4u + i < rows * 4u && col < params.cols) {
      dw[(part + row * 4u + i) * params.cols + col] = acc[i];
    }
  }
}
