// C = epilogue(alpha op(A) op(B)), batched, for small subgroups (software devices): f32, row-major.
//
//   FORM NN: A [M, K], B [K, N]      FORM NT: A [M, K], B [N, K]      FORM TN: A [K, M], B [K, N]
//   epilogue: + bias[N], QuickGELU, + residual [M, N], each behind a constant.
//
// A subgroup owns a tile of 16 rows and 4 L columns; a lane owns 4 columns in 16 vec4 accumulators
// (32 spill on lavapipe). Its lanes load 16 different vec4 of A and shuffle them: lavapipe turns every
// load whose index is no constant into a guarded scalar load per lane, so a uniform load of A would
// cost as much as a gather (10 against 40 GFLOP/s a core). The loops over constant bounds unroll.
//
// Needs K % 4 == 0 (NN, NT), M % 4 == 0 (TN), N % 4 == 0; other shapes take matmul.wgsl. Rows and
// columns past the edge load the last ones and are not stored, so control flow stays uniform.
//
// Dispatch: one subgroup a workgroup; x = ceil(N / 4 L), y = ceil(M / 16), z = batch.

enable subgroups;

struct Params {
  rows: u32, // M
  inner: u32, // K
  cols: u32, // N / 4
  a_stride: u32, // vec4 from one matrix of the batch to the next
  b_stride: u32,
  c_stride: u32,
  alpha: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> a: array<vec4f>;
@group(0) @binding(2) var<storage, read> b: array<vec4f>;
@group(0) @binding(3) var<storage, read> bias: array<vec4f>;
@group(0) @binding(4) var<storage, read> residual: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> c: array<vec4f>;

const NN = 0u;
const NT = 1u;
const TN = 2u;
const FORM = 0u;
const BIAS = false;
const QUICK_GELU = false;
const RESIDUAL = false;
const L = 8u;
const TILE = 16u;

@compute @workgroup_size(L)
fn main(
  @builtin(subgroup_invocation_id) lane: u32,
  @builtin(workgroup_id) group: vec3u,
) {
  let n4 = params.cols;
  let col = group.x * L + lane;
  let row = group.y * TILE;
  let last_row = params.rows - 1u;
  let load_col = min(col, n4 - 1u);
  let a_at = group.z * params.a_stride;
  let b_at = group.z * params.b_stride;
  let steps = (params.inner + 3u) / 4u;
  let m4 = params.rows / 4u;

  var acc: array<vec4f, TILE>;
  for (var k = 0u; k < steps; k++) {
    var bk: array<vec4f, 4>;
    if (FORM == NT) {
      var t: array<vec4f, 4>;
      for (var j = 0u; j < 4u; j++) {
        t[j] = b[b_at + (load_col * 4u + j) * steps + k];
      }
      for (var q = 0u; q < 4u; q++) {
        bk[q] = vec4f(t[0][q], t[1][q], t[2][q], t[3][q]);
      }
    } else {
      for (var q = 0u; q < 4u; q++) {
        bk[q] = b[b_at + min(k * 4u + q, params.inner - 1u) * n4 + load_col];
      }
    }
    for (var h = 0u; h < TILE / L; h++) {
      if (FORM == TN) {
        // Lane f holds rows 4 (f % 4) .. + 3 of inner index 4 k + f / 4.
        let f = h * L + lane;
        let inner = k * 4u + f / 4u;
        var av = a[a_at + min(inner, params.inner - 1u) * m4 + min(row / 4u + f % 4u, m4 - 1u)];
        av = select(vec4f(0.0), av, inner < params.inner);
        for (var i = 0u; i < L; i++) {
          let at = h * L + i;
          for (var q = 0u; q < 4u; q++) {
            acc[(at % 4u) * 4u + q] += subgroupShuffle(av[q], i) * bk[at / 4u];
          }
        }
      } else {
        let av = a[a_at + min(row + h * L + lane, last_row) * steps + k];
        for (var i = 0u; i < L; i++) {
          for (var q = 0u; q < 4u; q++) {
            acc[h * L + i] += subgroupShuffle(av[q], i) * bk[q];
          }
        }
      }
    }
  }

  let c_at = group.z * params.c_stride;
  // No break in this loop: one that cannot be unrolled would move the accumulators to memory.
  for (var i = 0u; i < TILE; i++) {
    if (row + i <= last_row && col < n4) {
      var v = params.alpha * acc[i];
      if (BIAS) {
        v += bias[col];
      }
      if (QUICK_GELU) {
        v = v / (1.0 + exp(-1.702 * v));
      }
      let at = c_at + (row + i) * n4 + col;
      if (RESIDUAL) {
        v += residual[at];
      }
      c[at] = v;
    }
  }
}
