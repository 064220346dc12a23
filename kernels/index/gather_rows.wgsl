// Rows by index: y[b, k] = x[b, id[b, k]], with x [batch, rows, width] and ids [batch, count].
// Gradient: dx[b, r] = sum over k with id[b, k] = r of dy[b, k], on zeros.
//
// The gradient adds without atomics, in the order of k: a lane owns a column of the rows whose id falls
// into its part (id modulo `parts`) and walks all ids. A run of equal ids, such as padding, is summed in
// a register. An id outside the table gives NaN, and takes part in no gradient. T is vec4f where 4
// divides the width.
//
// Dispatch: `forward`: 256 lanes, one T of y each; `backward`: 64 lanes, one column of one part of one
// batch each; both stride over the grid.

struct Params {
  batch: u32,
  rows: u32,
  count: u32,
  width: u32, // in T
  parts: u32, // a power of two
  nan: f32,
}

alias T = f32;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<T>;
@group(0) @binding(2) var<storage, read> ids: array<u32>;
@group(0) @binding(3) var<storage, read_write> y: array<T>;
@group(0) @binding(4) var<storage, read> dy: array<T>;
@group(0) @binding(5) var<storage, read_write> dx: array<T>;

const LANES = 256u;
const COLUMN_LANES = 64u;
const NONE = 0xffffffffu;

@compute @workgroup_size(LANES)
fn forward(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let n = params.batch * params.count * params.width;
  for (var i = id.x; i < n; i += groups.x * LANES) {
    let k = i / params.width;
    let row = ids[k];
    if (row < params.rows) {
      let start = (k / params.count * params.rows + row) * params.width;
      y[i] = x[start + i - k * params.width];
    } else {
      y[i] = T(params.nan);
    }
  }
}

@compute @workgroup_size(COLUMN_LANES)
fn backward(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let n = params.batch * params.parts * params.width;
  for (var i = id[0]; i < n; i += groups[0] * COLUMN_LANES) {
    let part = i / params.width;
    let column = i - part * params.width;
    let b = part / params.parts;
    let own = part & (params.parts - 1u);
    var current = NONE;
    var sum = T();
    for (var k = b * params.count; k < (b + 1u) * params.count; k++) {
      let row = ids[k];
      if (row >= params.rows || (row & (params.parts - 1u)) != own) {
        continue;
      }
      if (row != current) {
        if (current != NONE) {
          dx[(b * params.rows + current) * params.width + column] += sum;
        }
        current = row;
        sum = T();
      }
      sum += dy[k * params.width + column];
    }
    if (current != NONE) {
      dx[(b * params.rows + current) * params.width + column] += sum;
    }
  }
}
