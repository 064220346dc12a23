// X <- H_0 H_1 .. H_{n-2} X, its columns made of length 1, with the reflectors H_j = I - tau_j v_j v_j' that tridiagonalize.wgsl left in
// the rows of `work`: back from the eigenvectors of T to those of A.
//
// Eight reflectors at a time: with S = V' X for their vectors V [n, 8],
//   z_j = tau_j (s_j - sum over later i of the eight of (v_j' v_i) z_i),   X <- X - V Z
// so X is loaded twice and stored once for eight of them. `gram` computes the products v_j' v_i.
// Columns are independent: a lane owns one (T = f32) or four (T = vec4f). In `main` all lanes read the same
// element of V at a time.
//
// x [n, width] of T; work [rows, quads]; tridiagonal [3, n] (tau is the last row); products [blocks, 8, 8].
// Dispatch: `gram` x = ceil(n / 8), y = matrices; `main` x = ceil(width / LANES), y = matrices.

struct Params {
  n: u32,
  rows: u32,
  quads: u32,
  width: u32,
}

alias T = f32;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> work: array<vec4f>;
@group(0) @binding(2) var<storage, read> tridiagonal: array<f32>;
@group(0) @binding(3) var<storage, read_write> products: array<f32>;
@group(0) @binding(4) var<storage, read_write> x: array<T>;

const LANES = 32u;
const BLOCK = 8u;
const ROUND = 16u; // squares that are added before their sum is

@compute @workgroup_size(BLOCK, BLOCK)
fn gram(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) pair: vec3u) {
  let n = params.n;
  let quads = params.quads;
  let blocks = (n + BLOCK - 1u) / BLOCK;
  let early = group.x * BLOCK + pair.y;
  let late = group.x * BLOCK + pair.x;
  if (late <= early || late >= n) {
    return;
  }
  let base = group.y * params.rows * quads;
  var sum = vec4f(0.0);
  for (var q = late / 4u; q < (n + 3u) / 4u; q++) {
    sum += work[base + early * quads + q] * work[base + late * quads + q];
  }
  products[(group.y * blocks + group.x) * BLOCK * BLOCK + pair.y * BLOCK + pair.x] =
    (sum.x + sum.y) + (sum.z + sum.w);
}

@compute @workgroup_size(LANES)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let n = params.n;
  let quads = params.quads;
  let width = params.width;
  let blocks = (n + BLOCK - 1u) / BLOCK;
  if (id.x >= width) {
    return;
  }
  let base = id.y * params.rows * quads;
  let taus = id.y * 3u * n + 2u * n;
  let column = id.y * n * width + id.x;

  for (var block = blocks; block > 0u; block--) {
    let first = (block - 1u) * BLOCK;
    let start = (first + 1u) / 4u;
    var s: array<T, BLOCK>;
    for (var j = 0u; j < BLOCK; j++) {
      s[j] = T(); // lavapipe clears what is declared in a loop once only
    }
    for (var r = start; r < (n + 3u) / 4u; r++) {
      var v: array<vec4f, BLOCK>;
      for (var j = 0u; j < BLOCK; j++) {
        v[j] = work[base + min(first + j, n - 1u) * quads + r];
      }
      for (var i = 0u; i < 4u; i++) {
        let row = x[column + min(r * 4u + i, n - 1u) * width];
        for (var j = 0u; j < BLOCK; j++) {
          s[j] += v[j][i] * row;
        }
      }
    }
    let known = (id.y * blocks + block - 1u) * BLOCK * BLOCK;
    for (var back = 0u; back < BLOCK; back++) {
      let j = BLOCK - 1u - back;
      if (first + j < n) {
        var z = s[j];
        for (var i = j + 1u; i < BLOCK; i++) {
          if (first + i < n) {
            z -= products[known + j * BLOCK + i] * s[i];
          }
        }
        s[j] = tridiagonal[taus + first + j] * z;
      } else {
        s[j] = T();
      }
    }
    for (var r = start; r < (n + 3u) / 4u; r++) {
      var v: array<vec4f, BLOCK>;
      for (var j = 0u; j < BLOCK; j++) {
        v[j] = work[base + min(first + j, n - 1u) * quads + r];
      }
      for (var i = 0u; i < 4u; i++) {
        if (r * 4u + i < n) {
          let at = column + (r * 4u + i) * width;
          var row = x[at];
          for (var j = 0u; j < BLOCK; j++) {
            row -= v[j][i] * s[j];
          }
          x[at] = row;
        }
      }
    }
  }

  // To length 1, from which the rounding of some thousand rotations leads away. Sixteen squares at a time: a
  // long sum of equal ones would be off by more.
  var squares = T();
  for (var top = 0u; top < n; top += ROUND) {
    var some = T();
    for (var row = top; row < min(top + ROUND, n); row++) {
      some += x[column + row * width] * x[column + row * width];
    }
    squares += some;
  }
  let factor = select(T(1.0) / sqrt(squares), T(), squares == T());
  for (var row = 0u; row < n; row++) {
    x[column + row * width] = x[column + row * width] * factor;
  }
}
