// Frames to the rows that the patch embedding multiplies: y [frames * GRID^2, 3, TAPS, PATCH, PATCH], patches
// in reading order, each in the element order of a convolution's weight (channel, tap, row, column). Taps
// are neighbouring frames of the same video: tap t of frame f reads frame f + t - TAPS / 2, and zeros
// before the first frame of a video and behind its last.
//
// from_bytes: RGB bytes [frames, height, width, 3], four to a word. A square of GRID * PATCH pixels that
//   begins at (top, left) is cut out, zeros lie outside the frame, and y = (byte / 255 - mean) / std.
// from_planes: floats [frames, 3, GRID * PATCH, GRID * PATCH], taken as they are.
// to_planes: the gradient of from_planes, which adds up what the taps read.
//
// Dispatch: 256 lanes, one pixel (three elements) each, striding over the grid; neighbouring lanes read
// and write neighbouring columns. PATCH, GRID and TAPS are constants since every index divides by them.

struct Params {
  n: u32, // pixels of y, or, for the gradient, of the frames
  frames: u32, // of a video
  height: u32,
  width: u32,
  top: i32,
  left: i32,
  mean_r: f32,
  mean_g: f32,
  mean_b: f32,
  std_r: f32,
  std_g: f32,
  std_b: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> bytes: array<u32>;
@group(0) @binding(2) var<storage, read> planes: array<f32>;
@group(0) @binding(3) var<storage, read> dy: array<f32>; // as y
@group(0) @binding(4) var<storage, read_write> y: array<f32>;
@group(0) @binding(5) var<storage, read_write> dplanes: array<f32>; // as planes

const PATCH = 32u;
const GRID = 7u;
const TAPS = 1u; // odd
const NONE = 0xffffffffu;
const LANES = 256u;
const AREA = PATCH * PATCH;
const PLANE = TAPS * AREA; // of one channel of a patch
const SIDE = GRID * PATCH;

struct Pixel {
  frame: u32, // that is read, or NONE
  row: u32, // within the square
  column: u32,
}

// A tap's frame, where the video has it.
fn frame_of(frame: u32, tap: u32) -> u32 {
  // Before the first frame the sum wraps round to a large number: outside as well.
  let within = frame % params.frames + tap - TAPS / 2u;
  return select(NONE, frame + tap - TAPS / 2u, within < params.frames);
}

fn pixel_of(i: u32) -> Pixel {
  let tile = i / PLANE;
  let inner = i % AREA;
  let row = tile / GRID % GRID * PATCH + inner / PATCH;
  let frame = frame_of(tile / (GRID * GRID), i / AREA % TAPS);
  return Pixel(frame, row, tile % GRID * PATCH + inner % PATCH);
}

fn store(i: u32, rgb: vec3f) {
  let at = i / PLANE * 3u * PLANE + i % PLANE;
  y[at] = rgb.x;
  y[at + PLANE] = rgb.y;
  y[at + 2u * PLANE] = rgb.z;
}

fn byte(at: u32) -> f32 {
  return f32((bytes[at / 4u] >> (at % 4u * 8u)) & 255u);
}

@compute @workgroup_size(LANES)
fn from_bytes(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let mean = vec3f(params.mean_r, params.mean_g, params.mean_b);
  let deviation = vec3f(params.std_r, params.std_g, params.std_b);
  for (var i = id.x; i < params.n; i += groups.x * LANES) {
    let p = pixel_of(i);
    if (p.frame == NONE) {
      store(i, vec3f()); // the convolution's padding, not a black pixel
      continue;
    }
    // Above and to the left of the frame the sums wrap round to large numbers: outside as well.
    let row = p.row + u32(params.top);
    let column = p.column + u32(params.left);
    var rgb = vec3f();
    if (row < params.height && column < params.width) {
      let at = ((p.frame * params.height + row) * params.width + column) * 3u;
      rgb = vec3f(byte(at), byte(at + 1u), byte(at + 2u));
    }
    store(i, (rgb / 255.0 - mean) / deviation);
  }
}

@compute @workgroup_size(LANES)
fn from_planes(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id.x; i < params.n; i += groups.x * LANES) {
    let p = pixel_of(i);
    var rgb = vec3f();
    if (p.frame != NONE) {
      let at = (p.frame * 3u * SIDE + p.row) * SIDE + p.column;
      rgb = vec3f(planes[at], planes[at + SIDE * SIDE], planes[at + 2u * SIDE * SIDE]);
    }
    store(i, rgb);
  }
}

@compute @workgroup_size(LANES)
fn to_planes(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id.x; i < params.n; i += groups.x * LANES) {
    let frame = i / (SIDE * SIDE);
    let row = i / SIDE % SIDE;
    let column = i % SIDE;
    let tile = row / PATCH * GRID + column / PATCH;
    let inner = row % PATCH * PATCH + column % PATCH;
    var rgb = vec3f();
    for (var tap = 0u; tap < TAPS; tap++) {
      // The frame that reads this one by `tap` is where the opposite tap leads.
      let reader = frame_of(frame, TAPS - 1u - tap);
      if (reader != NONE) {
        let at = (reader * GRID * GRID + tile) * 3u * PLANE + tap * AREA + inner;
        rgb += vec3f(dy[at], dy[at + PLANE], dy[at + 2u * PLANE]);
      }
    }
    let at = (frame * 3u * SIDE + row) * SIDE + column;
    dplanes[at] = rgb.x;
    dplanes[at + SIDE * SIDE] = rgb.y;
    dplanes[at + 2u * SIDE * SIDE] = rgb.z;
  }
}
