// C = epilogue(alpha op(A) op(B)), batched, for GPUs: row-major, in vec4, stored as f32 or f16, in f32.
//
//   A [M, K] or, with TRANSPOSE_A, [K, M]; B [K, N] or, with TRANSPOSE_B, [N, K]; C [M, N]
//   epilogue: + bias[N], QuickGELU, + residual [M, N], each behind a constant.
//
// A workgroup owns TILE_ROWS x TILE_COLS of C, a lane 8 x 8 of it in registers, as four quadrants of 4 x 4
// half a tile apart. At each inner step a lane reads 16 floats of workgroup memory for 64 multiply-adds, 4 a
// float, where 4 x 4 results would have 2. 32 neighbouring lanes hold 4 x 8 quadrants, so that a read of
// theirs meets 4 or 8 neighbouring vec4, each in banks of its own, and a store writes lines of 128 bytes.
//
// 16 inner steps a round go through workgroup memory: 16 KB for 128 x 128, within what every device has, and
// 64 bytes of each line that is read along K. From storage come 16 multiply-adds a byte at 128 x 128, 8 at
// 64 x 64. A lane brings BLOCKS blocks of 4 inner steps x 4 lines, transposed in registers
// where they are stored along K, and loads those of the next round before it multiplies: 64 registers of
// results, 16 of operands and 16 to 32 of blocks leave room below 128 to 160 with the addresses, so a file
// of 65,536 registers holds 12 to 16 subgroups of 32 lanes.
//
// Four neighbouring blocks along K would store to the same banks: `tiles` holds line group l of step k in
// place l ^ 2 (k / 4), which spreads them, and a step's reads stay a permutation of eight.
//
// K can be cut into parts of `span` steps, which leave their sums in `c` [batch, parts, M, N] for `finish` to
// add up in order: more workgroups where M x N makes few, and no atomics.
//
// Needs N % 4 == 0, and M % 4 == 0 where A is stored as [K, M], K % 4 == 0 where A or B is stored along K;
// other shapes take matmul.wgsl. Past an edge everything counts as zero and is not stored, so control flow
// stays uniform around the barriers.
//
// Dispatch, `main`: x = ceil(N / TILE_COLS), y = ceil(M / TILE_ROWS), z = batch * parts. Workgroups walk bands
// of 8 tiles of rows, down and then across, so that those that run together share lines of A and of B.
// Dispatch, `finish`: 256 lanes, one vec4 each, striding over the grid.

struct Params {
  rows: u32, // M
  inner: u32, // K
  cols: u32, // N / 4
  a_stride: u32, // vec4 from one matrix of the batch to the next
  b_stride: u32,
  c_stride: u32,
  parts: u32, // of K
  span: u32, // inner steps of a part: a multiple of STEP
  n: u32, // vec4 of the product, for `finish`
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
@group(0) @binding(6) var<storage, read> partial: array<vec4f>; // [batch, parts, M, N / 4]

const TRANSPOSE_A = false;
const TRANSPOSE_B = false;
const BIAS = false;
const QUICK_GELU = false;
const RESIDUAL = false;
const TILE_ROWS = 128u; // a multiple of 32
const TILE_COLS = 128u; // a multiple of 64
const STEP = 16u; // inner steps a round
const ROWS4 = TILE_ROWS / 4u;
const COLS4 = TILE_COLS / 4u;
const LANES = TILE_ROWS * TILE_COLS / 64u;
const BLOCKS = (TILE_ROWS + TILE_COLS) / LANES; // that a lane loads a round
const BAND = 8u; // tiles of rows that share a walk across
const FINISH_LANES = 256u;

// [inner step][row / 4] of A, then [inner step][column / 4] of B. In one array, for lanes that store either.
var<workgroup> tiles: array<vec4f, STEP * (ROWS4 + COLS4)>;

// What a workgroup multiplies: first row and column, matrices of the batch, end of its part of K.
struct Task {
  row: u32,
  col: u32,
  a_at: u32,
  b_at: u32,
  end: u32,
}

// Four vec4 of an operand, `stride` apart; those from `count` on lie past an edge.
struct Lines {
  at: u32,
  stride: u32,
  count: u32,
}

// A block of the round: which four inner steps, which four lines. Neighbouring lanes read neighbouring vec4:
// along K where that is innermost, else across.
fn place(block: u32, along: bool, across: u32) -> vec2u {
  return select(vec2u(block / across, block % across), vec2u(block % 4u, block / 4u), along);
}

// The block at inner step `k` and line `line` of an operand of `lines` lines from `at` on.
fn lines_of(at: u32, along: bool, k: u32, end: u32, line: u32, lines: u32) -> Lines {
  if (along) {
    let stride = params.inner / 4u;
    return Lines(at + line * stride + k / 4u, stride, select(0u, lines - min(line, lines), k < end));
  }
  let stride = lines / 4u;
  return Lines(at + k * stride + line / 4u, stride, select(0u, end - min(k, end), line < lines));
}

fn read_a(lines: Lines, i: u32) -> vec4f {
  let inside = i < lines.count;
  return select(vec4f(), vec4f(a[select(0u, lines.at + i * lines.stride, inside)]), inside);
}

fn read_b(lines: Lines, i: u32) -> vec4f {
  let inside = i < lines.count;
  return select(vec4f(), vec4f(b[select(0u, lines.at + i * lines.stride, inside)]), inside);
}

// Columns of a block are inner steps, whichever way it is stored.
fn turned(block: mat4x4f, along: bool) -> mat4x4f {
  if (along) {
    return transpose(block);
  }
  return block;
}

// Block `i` of the round at `k`: the first TILE_ROWS are A's.
fn load(i: u32, k: u32, task: Task) -> mat4x4f {
  if (i < TILE_ROWS) {
    let to = 4u * place(i, !TRANSPOSE_A, ROWS4);
    let lines = lines_of(task.a_at, !TRANSPOSE_A, k + to.x, task.end, task.row + to.y, params.rows);
    let block = mat4x4f(read_a(lines, 0u), read_a(lines, 1u), read_a(lines, 2u), read_a(lines, 3u));
    return turned(block, !TRANSPOSE_A);
  }
  let to = 4u * place(i - TILE_ROWS, TRANSPOSE_B, COLS4);
  let lines = lines_of(task.b_at, TRANSPOSE_B, k + to.x, task.end, task.col + to.y, 4u * params.cols);
  let block = mat4x4f(read_b(lines, 0u), read_b(lines, 1u), read_b(lines, 2u), read_b(lines, 3u));
  return turned(block, TRANSPOSE_B);
}

fn keep(i: u32, block: mat4x4f) {
  let of_a = i < TILE_ROWS;
  let across = select(COLS4, ROWS4, of_a);
  let to = select(
    place(i - TILE_ROWS, TRANSPOSE_B, COLS4),
    place(i, !TRANSPOSE_A, ROWS4),
    of_a,
  );
  let at = select(STEP * ROWS4, 0u, of_a) + 4u * to.x * across + (to.y ^ (2u * to.x));
  tiles[at] = block[0];
  tiles[at + across] = block[1];
  tiles[at + 2u * across] = block[2];
  tiles[at + 3u * across] = block[3];
}

// A row of the result for each element of `x`.
fn outer(x: vec4f, y: vec4f) -> mat4x4f {
  return mat4x4f(x.x * y, x.y * y, x.z * y, x.w * y);
}

// `at` in the product, in vec4.
fn epilogue(sum: vec4f, at: u32, col: u32) -> vec4f {
  var v = params.alpha * sum;
  if (BIAS) {
    v += vec4f(bias[col]);
  }
  if (QUICK_GELU) {
    v = v / (1.0 + exp(-1.702 * v));
  }
  if (RESIDUAL) {
    v += vec4f(residual[at]);
  }
  return v;
}

fn store_row(sum: vec4f, first: u32, row: u32, col: u32) {
  if (row < params.rows && col < params.cols) {
    let at = first + row * params.cols + col;
    c[at] = C(epilogue(sum, at, col));
  }
}

fn store(quadrant: mat4x4f, first: u32, row: u32, col: u32) {
  store_row(quadrant[0], first, row, col);
  store_row(quadrant[1], first, row + 1u, col);
  store_row(quadrant[2], first, row + 2u, col);
  store_row(quadrant[3], first, row + 3u, col);
}

// The tile of a workgroup: column and row.
fn tile_of(group: vec3u, groups: vec3u) -> vec2u {
  let number = group.y * groups.x + group.x;
  let first = number / (BAND * groups.x) * BAND;
  let height = min(BAND, groups.y - first);
  let within = number - first * groups.x;
  return vec2u(within / height, first + within % height);
}

@compute @workgroup_size(LANES)
fn main(
  @builtin(local_invocation_index) index: u32,
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
) {
  let tile = tile_of(group, groups);
  let matrix = group.z / params.parts;
  let begin = group.z % params.parts * params.span;
  let task = Task(
    tile.y * TILE_ROWS,
    tile.x * TILE_COLS,
    matrix * params.a_stride,
    matrix * params.b_stride,
    min(begin + params.span, params.inner),
  );
  // Quadrants of the lane: 8 lanes across, 4 down, then the next 32 lanes.
  let x = index % 8u + index / 32u % (TILE_COLS / 64u) * 8u;
  let y = index / 8u % 4u + index / 32u / (TILE_COLS / 64u) * 4u;

  // Named, not in an array: whether a compiler unrolls the loop decides nothing.
  var c00 = mat4x4f();
  var c01 = mat4x4f();
  var c10 = mat4x4f();
  var c11 = mat4x4f();
  var next: array<mat4x4f, BLOCKS>;
  for (var i = 0u; i < BLOCKS; i++) {
    next[i] = load(index + i * LANES, begin, task);
  }
  for (var k = begin; k < task.end; k += STEP) {
    for (var i = 0u; i < BLOCKS; i++) {
      keep(index + i * LANES, next[i]);
    }
    workgroupBarrier();
    for (var i = 0u; i < BLOCKS; i++) {
      next[i] = load(index + i * LANES, k + STEP, task);
    }
    for (var q = 0u; q < STEP; q++) {
      let flip = q / 4u * 2u;
      let a_at = q * ROWS4;
      let b_at = STEP * ROWS4 + q * COLS4;
      let a0 = tiles[a_at + (y ^ flip)];
      let a1 = tiles[a_at + ((y + ROWS4 / 2u) ^ flip)];
      let b0 = tiles[b_at + (x ^ flip)];
      let b1 = tiles[b_at + ((x + COLS4 / 2u) ^ flip)];
      c00 += outer(a0, b0);
      c01 += outer(a0, b1);
      c10 += outer(a1, b0);
      c11 += outer(a1, b1);
    }
    workgroupBarrier();
  }

  let first = group.z * params.c_stride;
  let row = task.row + 4u * y;
  let col = task.col / 4u + x;
  store(c00, first, row, col);
  store(c01, first, row, col + COLS4 / 2u);
  store(c10, first, row + TILE_ROWS / 2u, col);
  store(c11, first, row + TILE_ROWS / 2u, col + COLS4 / 2u);
}

@compute @workgroup_size(FINISH_LANES)
fn finish(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id.x; i < params.n; i += groups.x * FINISH_LANES) {
    let matrix = i / params.c_stride;
    var at = i + matrix * (params.parts - 1u) * params.c_stride;
    var sum = partial[at];
    for (var part = 1u; part < params.parts; part++) {
      at += params.c_stride;
      sum += partial[at];
    }
    c[i] = C(epilogue(sum, i, i % params.cols));
  }
}
