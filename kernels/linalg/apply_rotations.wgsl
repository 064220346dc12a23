// X = G_1 G_2 .. G_m E, with the rotations that implicit_ql.wgsl recorded and the columns E of the
// identity that `order` names: the eigenvectors of a tridiagonal matrix.
//
// Columns are independent: a lane owns one (T = f32) or four (T = vec4f), and the rotations run over its rows
// from the last one to the first. A sweep then ascends through the planes, so a lane carries one row and
// loads and stores each other one once. DEPTH sweeps run in one pass, each a row behind the one before:
// where one has no rotation it passes the rows on.
//
// x [n, width] of T, order [width] of U. A matrix whose scale is NaN gets NaN.
// Dispatch: x = ceil(width / LANES), y = matrices.

struct Params {
  n: u32,
  width: u32,
  sweep_limit: u32,
  rotation_limit: u32,
}

alias T = f32;
alias U = u32; // as wide as T

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> sweeps: array<vec4u>;
@group(0) @binding(2) var<storage, read> rotations: array<vec2f>;
@group(0) @binding(3) var<storage, read> order: array<U>;
@group(0) @binding(4) var<storage, read> scales: array<f32>;
@group(0) @binding(5) var<storage, read_write> x: array<T>;

const LANES = 32u;
const DEPTH = 4u;

@compute @workgroup_size(LANES)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let n = params.n;
  let width = params.width;
  let matrix = id.y;
  if (id.x >= width) {
    return;
  }
  let base = matrix * n * width + id.x;
  let scale = scales[matrix];
  let is_nan = (bitcast<u32>(scale) & 0x7fffffffu) > 0x7f800000u;
  let named = order[matrix * width + id.x];
  for (var row = 0u; row < n; row++) {
    x[base + row * width] = select(T(named == U(row)), T(scale), is_nan);
  }

  let list = matrix * (params.sweep_limit + 1u);
  let store = matrix * params.rotation_limit;
  for (var left = sweeps[list].x; left > 0u; left -= min(left, DEPTH)) {
    // Sweep `left - s` is the s-th of this pass.
    var first: array<u32, DEPTH>;
    var last: array<u32, DEPTH>;
    var at: array<u32, DEPTH>;
    var carry: array<T, DEPTH>;
    var low = n;
    var high = 0u;
    // Lavapipe clears what is declared in a loop once only.
    for (var s = 0u; s < DEPTH; s++) {
      first[s] = 0u;
      last[s] = 0u;
      carry[s] = T();
      if (s < left) {
        let sweep = sweeps[list + left - s];
        first[s] = sweep.x;
        last[s] = sweep.y;
        at[s] = store + sweep.z - sweep.x;
        low = min(low, sweep.x);
        high = max(high, sweep.y);
      }
    }
    // carry[s] is the row that the s-th sweep turns next. Plane i of the first sweep is plane i - s of
    // the s-th; what is not a row passes through and is never stored.
    carry[0] = x[base + low * width];
    for (var i = low; i < high + DEPTH; i++) {
      var row = x[base + min(i + 1u, high) * width];
      for (var s = 0u; s < DEPTH; s++) {
        var turn = vec2f(1.0, 0.0);
        if (i >= first[s] + s && i < last[s] + s) {
          turn = rotations[at[s] + i - s];
        }
        let done = turn.x * carry[s] + turn.y * row;
        carry[s] = turn.x * row - turn.y * carry[s];
        row = done;
      }
      if (i + 1u >= low + DEPTH) {
        x[base + (i + 1u - DEPTH) * width] = row;
      }
    }
  }
}
