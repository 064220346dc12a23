// Swaps the last two dimensions: y[b, j, i] = x[b, i, j], i < rows, j < cols.
//
// Dispatch: workgroups (x, y) own 32 x 32 tiles of entry z of the batch, and stride over the entries. A
// tile goes through workgroup memory, so that both sides are read and written along their rows; the pitch
// of 33 keeps the column reads off one bank.

struct Params {
  batch: u32,
  rows: u32,
  cols: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;

const TILE = 32u;
const PITCH = TILE + 1u;
const LINES = 8u; // rows of the tile that the 256 lanes move at once

var<workgroup> tile: array<f32, TILE * PITCH>;

@compute @workgroup_size(TILE, LINES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_id) lane: vec3u,
) {
  let row = group.y * TILE;
  let col = group.x * TILE;
  for (var b = group.z; b < params.batch; b += groups.z) {
    let entry = b * params.rows * params.cols;
    for (var line = lane.y; line < TILE; line += LINES) {
      if (row + line < params.rows && col + lane.x < params.cols) {
        tile[line * PITCH + lane.x] = x[entry + (row + line) * params.cols + col + lane.x];
      }
    }
    workgroupBarrier();
    for (var line = lane.y; line < TILE; line += LINES) {
      if (col + line < params.cols && row + lane.x < params.rows) {
        y[entry + (col + line) * params.rows + row + lane.x] = tile[lane.x * PITCH + line];
      }
    }
    workgroupBarrier();
  }
}
