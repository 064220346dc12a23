// C = epilogue(alpha A B), batched, for small subgroups (software devices): M x K by K x N, in f32.
//
//   A [K, M] or its panels, B [K, N] or its panels, C [M, N]
//   epilogue: + bias[N], QuickGELU, + residual [M, N], each behind a constant.
//
// Both operands are read along K: at each step a subgroup takes 4 L neighbouring rows and 4 L
// neighbouring columns. An operand that is stored the other way comes as panels (pack_panels.wgsl); a
// panel and the layout [K, M] differ only in their strides. Panels are f32; all else is stored as f32 or f16.
//
// A subgroup owns a tile of 4 L rows and 8 L columns; a lane owns 4 columns of each half, in one array of
// vec4 accumulators a half (lavapipe moves an array of 64 to memory). Its lanes load different vec4 of A and shuffle them: lavapipe turns every load whose
// index is no constant into a guarded scalar load per lane, so a uniform load would cost as much as a
// gather. One inner index a step and no more: a longer body leaves the processor's cache of decoded
// instructions and takes twice the time (tests/bench/NOTES.md). The loops over constant bounds unroll.
//
// Needs N % 4 == 0, and M % 4 == 0 where A is stored as [K, M]; other shapes take matmul.wgsl. Rows and
// columns past the edge load the last ones and are not stored, so control flow stays uniform.
//
// Dispatch: one subgroup a workgroup; x = ceil(N / 8 L), y = ceil(M / 4 L), z = batch.

enable subgroups;

struct Params {
  rows: u32, // M
  inner: u32, // K
  cols: u32, // N / 4
  a_batch: u32, // vec4 from one matrix of the batch to the next
  a_panel: u32, // vec4 from one tile to the next
  a_step: u32, // vec4 from one inner index to the next
  b_batch: u32,
  b_panel: u32,
  b_step: u32,
  c_batch: u32,
  alpha: f32,
}

alias A = vec4f;
alias B = vec4f;
alias Bias = vec4f;
alias Residual = vec4f;
alias C = vec4f;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> a: array<A>;
@group(0) @binding(2) var<storage, read> b: array<B>;
@group(0) @binding(3) var<storage, read> bias: array<Bias>;
@group(0) @binding(4) var<storage, read> residual: array<Residual>;
@group(0) @binding(5) var<storage, read_write> c: array<C>;

const BIAS = false;
const QUICK_GELU = false;
const RESIDUAL = false;
const L = 8u;
const TILE = 4u * L;

// Where a lane finds its columns of the first inner index in a panel of B; a panel past the last is the last.
fn b_start(batch: u32, wanted: u32, lane: u32) -> u32 {
  let last = params.cols - 1u;
  let panel = min(wanted, last / L);
  return batch * params.b_batch + panel * params.b_panel + min(lane, last - panel * L);
}

fn store(batch: u32, row: u32, col: u32, sum: vec4f) {
  if (row >= params.rows || col >= params.cols) {
    return;
  }
  var v = params.alpha * sum;
  if (BIAS) {
    v += vec4f(bias[col]);
  }
  if (QUICK_GELU) {
    v = v / (1.0 + exp(-1.702 * v));
  }
  let at = batch * params.c_batch + row * params.cols + col;
  if (RESIDUAL) {
    v += vec4f(residual[at]);
  }
  c[at] = C(v);
}

@compute @workgroup_size(L)
fn main(
  @builtin(subgroup_invocation_id) lane: u32,
  @builtin(workgroup_id) group: vec3u,
) {
  let row = group.y * TILE;
  let last_row4 = (params.rows - 1u) / 4u;
  var a_at = group.z * params.a_batch + group.y * params.a_panel + min(lane, last_row4 - group.y * L);
  var left_at = b_start(group.z, 2u * group.x, lane);
  var right_at = b_start(group.z, 2u * group.x + 1u, lane);

  var left: array<vec4f, TILE>;
  var right: array<vec4f, TILE>;
  for (var k = 0u; k < params.inner; k++) {
    let av = vec4f(a[a_at]);
    let b_left = vec4f(b[left_at]);
    let b_right = vec4f(b[right_at]);
    for (var i = 0u; i < TILE; i++) {
      let x = subgroupShuffle(av[i % 4u], i / 4u);
      left[i] += x * b_left;
      right[i] += x * b_right;
    }
    a_at += params.a_step;
    left_at += params.b_step;
    right_at += params.b_step;
  }

  let col = group.x * 2u * L + lane;
  // No break in this loop: one that cannot be unrolled would move the accumulators to memory.
  for (var i = 0u; i < TILE; i++) {
    store(group.z, row + i, col, left[i]);
    store(group.z, row + i, col + L, right[i]);
  }
}
