// C = epilogue(alpha op(A) op(B)), batched, any size, any device: row-major, stored as f32 or f16, in f32.
//
//   A [M, K] or, with TRANSPOSE_A, [K, M]; B [K, N] or, with TRANSPOSE_B, [N, K]; C [M, N]
//   epilogue: + bias[N], QuickGELU, + residual [M, N], each behind a constant.
//
// A workgroup of 16 x 16 lanes owns a 64 x 64 tile; a lane owns 4 x 4 of it, 16 apart, so that
// neighbouring lanes read neighbouring workgroup memory and store neighbouring columns. 16 inner steps
// at a time go through workgroup memory: 8 KB, within the 16 KB that every device has. Elements past
// the edge count as zero, so control flow stays uniform around the barriers.
//
// Dispatch: x = ceil(N / 64), y = ceil(M / 64), z = batch.

struct Params {
  rows: u32, // M
  inner: u32, // K
  cols: u32, // N
  a_stride: u32, // elements from one matrix of the batch to the next
  b_stride: u32,
  c_stride: u32,
  alpha: f32,
}

alias A = f32;
alias B = f32;
alias Bias = f32;
alias Residual = f32;
alias C = f32;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> a: array<A>;
@group(0) @binding(2) var<storage, read> b: array<B>;
@group(0) @binding(3) var<storage, read> bias: array<Bias>;
@group(0) @binding(4) var<storage, read> residual: array<Residual>;
@group(0) @binding(5) var<storage, read_write> c: array<C>;

const TRANSPOSE_A = false;
const TRANSPOSE_B = false;
const BIAS = false;
const QUICK_GELU = false;
const RESIDUAL = false;
const SIDE = 16u; // lanes along a side of the workgroup, and inner steps a round
const TILE = 64u; // rows and columns of the workgroup's tile
const EACH = 4u; // rows and columns of a lane

var<workgroup> a_tile: array<f32, 1024>; // [inner step][row]
var<workgroup> b_tile: array<f32, 1024>; // [inner step][column]

fn load_a(batch: u32, row: u32, k: u32) -> f32 {
  if (row >= params.rows || k >= params.inner) {
    return 0.0;
  }
  let at = select(row * params.inner + k, k * params.rows + row, TRANSPOSE_A);
  return f32(a[batch * params.a_stride + at]);
}

fn load_b(batch: u32, k: u32, col: u32) -> f32 {
  if (col >= params.cols || k >= params.inner) {
    return 0.0;
  }
  let at = select(k * params.cols + col, col * params.inner + k, TRANSPOSE_B);
  return f32(b[batch * params.b_stride + at]);
}

@compute @workgroup_size(SIDE, SIDE)
fn main(
  @builtin(local_invocation_id) lane: vec3u,
  @builtin(local_invocation_index) index: u32,
  @builtin(workgroup_id) group: vec3u,
) {
  let row = group.y * TILE;
  let col = group.x * TILE;
  // Neighbouring lanes read neighbouring addresses: along k where k is innermost, else across.
  let step = index % SIDE;
  let line = index / SIDE;

  var acc: array<vec4f, EACH>;
  for (var k = 0u; k < params.inner; k += SIDE) {
    for (var i = 0u; i < EACH; i++) {
      if (TRANSPOSE_A) {
        let across = (index + i * 256u) % TILE;
        let inner = (index + i * 256u) / TILE;
        a_tile[inner * TILE + across] = load_a(group.z, row + across, k + inner);
      } else {
        a_tile[step * TILE + line + i * SIDE] = load_a(group.z, row + line + i * SIDE, k + step);
      }
      if (TRANSPOSE_B) {
        b_tile[step * TILE + line + i * SIDE] = load_b(group.z, k + step, col + line + i * SIDE);
      } else {
        let across = (index + i * 256u) % TILE;
        let inner = (index + i * 256u) / TILE;
        b_tile[inner * TILE + across] = load_b(group.z, k + inner, col + across);
      }
    }
    workgroupBarrier();
    for (var q = 0u; q < SIDE; q++) {
      let at = q * TILE + lane.x;
      let bv = vec4f(b_tile[at], b_tile[at + 16u], b_tile[at + 32u], b_tile[at + 48u]);
      for (var i = 0u; i < EACH; i++) {
        acc[i] += a_tile[q * TILE + lane.y + i * SIDE] * bv;
      }
    }
    workgroupBarrier();
  }

  for (var i = 0u; i < EACH; i++) {
    for (var j = 0u; j < EACH; j++) {
      let r = row + lane.y + i * SIDE;
      let n = col + lane.x + j * SIDE;
      if (r >= params.rows || n >= params.cols) {
        continue;
      }
      var v = params.alpha * acc[i][j];
      if (BIAS) {
        v += f32(bias[n]);
      }
      if (QUICK_GELU) {
        v = v / (1.0 + exp(-1.702 * v));
      }
      let at = group.z * params.c_stride + r * params.cols + n;
      if (RESIDUAL) {
        v += f32(residual[at]);
      }
      c[at] = C(v);
    }
  }
}
