// What apply_rotations.wgsl does, for small subgroups (software devices): a lane owns four columns, and lane
// s loads the rotations of the s-th of DEPTH sweeps and hands them to the others, since a load that is the
// same for all lanes costs as much as one each.
//
// x [n, width] vec4, order [width] vec4u. Dispatch: one subgroup a workgroup; x = ceil(width / L), y = matrices.
// L >= DEPTH.

enable subgroups;

struct Params {
  n: u32,
  width: u32,
  sweep_limit: u32,
  rotation_limit: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> sweeps: array<vec4u>;
@group(0) @binding(2) var<storage, read> rotations: array<vec2f>;
@group(0) @binding(3) var<storage, read> order: array<vec4u>;
@group(0) @binding(4) var<storage, read> scales: array<f32>;
@group(0) @binding(5) var<storage, read_write> x: array<vec4f>;

const L = 8u;
const DEPTH = 8u;

@compute @workgroup_size(L)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(subgroup_invocation_id) lane: u32) {
  let n = params.n;
  let width = params.width;
  let matrix = group.y;
  // Lanes past the edge do the last columns once more and store nothing.
  let column = min(group.x * L + lane, width - 1u);
  let owner = group.x * L + lane < width;
  let base = matrix * n * width + column;
  let scale = scales[matrix];
  let is_nan = (bitcast<u32>(scale) & 0x7fffffffu) > 0x7f800000u;
  let named = order[matrix * width + column];
  if (owner) {
    for (var row = 0u; row < n; row++) {
      x[base + row * width] = select(vec4f(named == vec4u(row)), vec4f(scale), is_nan);
    }
  }

  let list = matrix * (params.sweep_limit + 1u);
  let store = matrix * params.rotation_limit;
  for (var left = sweeps[list].x; left > 0u; left -= min(left, DEPTH)) {
    // Lane s looks after sweep `left - s`; its plane i - s is plane i of the first.
    var low = n;
    var high = 0u;
    for (var s = 0u; s < min(left, DEPTH); s++) {
      let sweep = sweeps[list + left - s];
      low = min(low, sweep.x);
      high = max(high, sweep.y);
    }
    let mine = lane % DEPTH;
    let sweep = sweeps[list + max(left, mine + 1u) - mine];
    let first = sweep.x + mine;
    let last = select(0u, sweep.y + mine, mine < left);
    let at = store + sweep.z - first;
    var carry: array<vec4f, DEPTH>;
    for (var s = 0u; s < DEPTH; s++) {
      carry[s] = vec4f(0.0);
    }
    carry[0] = x[base + low * width];
    for (var i = low; i < high + DEPTH; i++) {
      let turns = i >= first && i < last;
      let turn = select(vec2f(1.0, 0.0), rotations[select(store, at + i, turns)], turns);
      var row = x[base + min(i + 1u, high) * width];
      for (var s = 0u; s < DEPTH; s++) {
        let cosine = subgroupShuffle(turn.x, s);
        let sine = subgroupShuffle(turn.y, s);
        let done = cosine * carry[s] + sine * row;
        carry[s] = cosine * row - sine * carry[s];
        row = done;
      }
      if (owner && i + 1u >= low + DEPTH) {
        x[base + (i + 1u - DEPTH) * width] = row;
      }
    }
  }
}
