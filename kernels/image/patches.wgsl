// Frames to the rows that the patch embedding multiplies: y [frames * GRID^2, 3, PATCH, PATCH], patches in
// reading order, each in the element order of a convolution's weight (channel, row, column).
//
// from_bytes: RGB bytes [frames, height, width, 3], four to a word. A square of GRID * PATCH pixels that
//   begins at (top, left) is cut out, zeros lie outside the frame, and y = (byte / 255 - mean) / std.
// from_planes: floats [frames, 3, GRID * PATCH, GRID * PATCH], taken as they are.
//
// Dispatch: 256 lanes, one pixel (three elements) each, striding over the grid; neighbouring lanes read
// and write neighbouring columns. PATCH and GRID are constants since every index divides by them.

struct Params {
  n: u32, // pixels of y
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
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

const PATCH = 32u;
const GRID = 7u;
const LANES = 256u;
const AREA = PATCH * PATCH;
const SIDE = GRID * PATCH;

struct Pixel {
  frame: u32,
  row: u32, // within the square
  column: u32,
}

fn pixel_of(i: u32) -> Pixel {
  let tile = i / AREA;
  let inner = i % AREA;
  let row = tile / GRID % GRID * PATCH + inner / PATCH;
  return Pixel(tile / (GRID * GRID), row, tile % GRID * PATCH + inner % PATCH);
}

fn store(i: u32, rgb: vec3f) {
  let at = i / AREA * 3u * AREA + i % AREA;
  y[at] = rgb.x;
  y[at + AREA] = rgb.y;
  y[at + 2u * AREA] = rgb.z;
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
    let at = (p.frame * 3u * SIDE + p.row) * SIDE + p.column;
    store(i, vec3f(planes[at], planes[at + SIDE * SIDE], planes[at + 2u * SIDE * SIDE]));
  }
}
