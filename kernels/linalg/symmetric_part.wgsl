// work = (A + A') / (2 scale), padded with zeros, for a batch of matrices A [n, n]: what the reductions of
// tridiagonalize.wgsl and tridiagonalize_subgroup.wgsl overwrite.
//
// scale is the power of two next below the largest |a| (1 for a zero matrix), so that no square overflows
// and the thresholds of the steps to come mean something whatever the size of A. A matrix that is not finite
// has scale NaN, and `work` is zero.
//
// work [rows, quads] vec4; a holds all matrices, the first of the launch being `first`.
// Dispatch: x = matrices.

struct Params {
  n: u32,
  rows: u32,
  quads: u32,
  first: u32,
  nan: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read_write> work: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> scales: array<f32>;

const LANES = 64u;
const EACH = 8u; // elements that a lane looks at in one go

var<workgroup> partial: array<vec2f, LANES>;

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let n = params.n;
  let base = (params.first + group.x) * n * n;
  var most = vec2f(0.0); // the largest finite |a|, and 1 if others are not finite
  for (var i = lane; i < n * n; i += LANES * EACH) {
    for (var e = 0u; e < EACH; e++) {
      let size = abs(a[base + min(i + e * LANES, n * n - 1u)]);
      let finite = bitcast<u32>(size) < 0x7f800000u;
      most = max(most, select(vec2f(0.0, 1.0), vec2f(size, 0.0), finite));
    }
  }
  partial[lane] = most;
  workgroupBarrier();
  for (var i = 0u; i < LANES; i++) {
    most = max(most, partial[i]);
  }
  let finite = most.y == 0.0;
  // 2^e with 2^e <= most < 2^(e + 1), as far as it has a reciprocal.
  let exponent = clamp(bitcast<u32>(most.x) >> 23u, 2u, 252u);
  let scale = select(bitcast<f32>(exponent << 23u), 1.0, most.x == 0.0);
  if (lane == 0u) {
    scales[group.x] = select(params.nan, scale, finite);
  }

  // Halved before they are added, which is exact, and cannot overflow.
  let factor = 0.5 / scale;
  for (var i = lane; i < params.rows * params.quads; i += LANES) {
    let row = i / params.quads;
    let col = i % params.quads * 4u;
    let r = min(row, n - 1u);
    var four = vec4f(0.0);
    for (var e = 0u; e < 4u; e++) {
      let c = min(col + e, n - 1u);
      let mean = a[base + r * n + c] * factor + a[base + c * n + r] * factor;
      four[e] = select(0.0, mean, finite && row < n && col + e < n);
    }
    work[group.x * params.rows * params.quads + i] = four;
  }
}
