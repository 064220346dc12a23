// Copies a block of rows: y[b, to + i] = x[b, from + i], i < count, for every b of the batch. Slices,
// concatenations and their gradients are made of it.
//
// Sizes are in T along the flattened (row, column) of one batch entry; T is f32 or f16, and four of
// them where 4 divides the width. Dispatch: 256 lanes, one T each, striding over the grid.

struct Params {
  n: u32, // batch * count
  count: u32,
  xSize: u32,
  ySize: u32,
  xStart: u32,
  yStart: u32,
}

alias T = f32;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<T>;
@group(0) @binding(2) var<storage, read_write> y: array<T>;

const LANES = 256u;

@compute @workgroup_size(LANES)
fn forward(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id.x; i < params.n; i += groups.x * LANES) {
    let b = i / params.count;
    let at = i - b * params.count;
    y[b * params.ySize + params.yStart + at] = x[b * params.xSize + params.xStart + at];
  }
}
