// What `main` of apply_reflectors.wgsl does, for small subgroups (software devices): a lane owns four columns
// of X, and lane j loads the j-th of eight reflectors and hands its elements to the others, since a load
// that is the same for all lanes costs as much as one each. A pass over X subtracts V Z for eight
// reflectors and sums S for the eight before them: one load and one store for both.
//
// x [n, width] vec4; work [rows, quads] vec4; tridiagonal [3, n] (tau is the last row); products
// [blocks, 8, 8]. Dispatch: one subgroup a workgroup; x = ceil(width / L), y = matrices. L >= BLOCK.

enable subgroups;

struct Params {
  n: u32,
  rows: u32,
  quads: u32,
  width: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> work: array<vec4f>;
@group(0) @binding(2) var<storage, read> tridiagonal: array<f32>;
@group(0) @binding(3) var<storage, read> products: array<f32>;
@group(0) @binding(4) var<storage, read_write> x: array<vec4f>;

const L = 8u;
const BLOCK = 8u;
const ROUND = 16u; // squares that are added before their sum is

@compute @workgroup_size(L)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(subgroup_invocation_id) lane: u32) {
  let n = params.n;
  let quads = params.quads;
  let width = params.width;
  let blocks = (n + BLOCK - 1u) / BLOCK;
  let base = group.y * params.rows * quads;
  let taus = group.y * 3u * n + 2u * n;
  // Lanes past the edge do the last columns once more and store nothing.
  let owner = group.x * L + lane < width;
  let column = group.y * n * width + min(group.x * L + lane, width - 1u);

  var z: array<vec4f, BLOCK>;
  for (var j = 0u; j < BLOCK; j++) {
    z[j] = vec4f(0.0);
  }
  for (var step = 0u; step <= blocks; step++) {
    // Subtracts block `late`, which at first there is not, and sums block late - 1, which at last there is not.
    let late = blocks - step;
    let early = max(late, 1u) - 1u;
    var s: array<vec4f, BLOCK>;
    for (var j = 0u; j < BLOCK; j++) {
      s[j] = vec4f(0.0); // lavapipe clears what is declared in a loop once only
    }
    for (var r = early * BLOCK / 4u; r < (n + 3u) / 4u; r++) {
      let v_late = work[base + min(late * BLOCK + lane % BLOCK, params.rows - 1u) * quads + r];
      let v_early = work[base + (early * BLOCK + lane % BLOCK) * quads + r];
      for (var i = 0u; i < 4u; i++) {
        let at = column + min(r * 4u + i, n - 1u) * width;
        var row = x[at];
        for (var j = 0u; j < BLOCK; j++) {
          row -= subgroupShuffle(v_late[i], j) * z[j];
        }
        for (var j = 0u; j < BLOCK; j++) {
          s[j] += subgroupShuffle(v_early[i], j) * row;
        }
        if (owner && r * 4u + i < n) {
          x[at] = row;
        }
      }
    }
    let known = (group.y * blocks + early) * BLOCK * BLOCK;
    for (var back = 0u; back < BLOCK; back++) {
      let j = BLOCK - 1u - back;
      z[j] = s[j];
      for (var i = j + 1u; i < BLOCK; i++) {
        // There are no products with reflectors past the last row.
        let product = products[known + j * BLOCK + i];
        z[j] -= select(0.0, product, early * BLOCK + i < n) * z[i];
      }
      z[j] *= select(0.0, tridiagonal[taus + min(early * BLOCK + j, n - 1u)], early * BLOCK + j < n);
    }
  }

  // To length 1, from which the rounding of some thousand rotations leads away. Sixteen squares at a time: a
  // long sum of equal ones would be off by more.
  var squares = vec4f(0.0);
  for (var top = 0u; top < n; top += ROUND) {
    var some = vec4f(0.0);
    for (var row = top; row < min(top + ROUND, n); row++) {
      some += x[column + row * width] * x[column + row * width];
    }
    squares += some;
  }
  let factor = select(vec4f(1.0) / sqrt(squares), vec4f(0.0), squares == vec4f(0.0));
  for (var row = 0u; row < n; row++) {
    if (owner) {
      x[column + row * width] = x[column + row * width] * factor;
    }
  }
}
