// L = D^-1/2 (D - W) D^-1/2 of graphs w [segments, n, n], with D = diag(degree), degree_i = sum over j of w_ij.
//
// The diagonal is (sum over j != i of w_ij) / degree_i: nothing cancels where a token's own weight is nearly
// all of its degree. A token without any weight, or of a weight that is NaN, has the row and the column 0: it
// is a component of its own.
//
// Dispatch: LANES lanes, striding over the grid; a lane of `degrees`, which comes first and writes the
// diagonal, too, owns a row, a lane of `laplacian` an element. n is the number of these.

struct Params {
  n: u32,
  tokens: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> w: array<f32>;
@group(0) @binding(2) var<storage, read_write> degree: array<f32>;
@group(0) @binding(3) var<storage, read_write> roots: array<f32>; // degree^-1/2, or 0
@group(0) @binding(4) var<storage, read_write> l: array<f32>;

const LANES = 256u;
const INFINITY = 0x7f800000u;

@compute @workgroup_size(LANES)
fn degrees(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var row = id.x; row < params.n; row += groups.x * LANES) {
    let i = row % params.tokens;
    let start = row * params.tokens;
    var others = 0.0;
    for (var j = 0u; j < params.tokens; j++) {
      others += select(w[start + j], 0.0, j == i);
    }
    let sum = others + w[start + i];
    let connects = sum > 0.0 && bitcast<u32>(sum) < INFINITY;
    degree[row] = sum;
    roots[row] = select(0.0, 1.0 / sqrt(sum), connects);
    l[start + i] = select(0.0, others / sum, connects);
  }
}

@compute @workgroup_size(LANES)
fn laplacian(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var at = id.x; at < params.n; at += groups.x * LANES) {
    let row = at / params.tokens;
    let column = at - row * params.tokens;
    let first = row / params.tokens * params.tokens;
    if (row != first + column) {
      let share = roots[row] * roots[first + column];
      l[at] = select(0.0, -w[at] * share, share > 0.0);
    }
  }
}
