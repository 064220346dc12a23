// What k-medoids needs of the tokens themselves.
//
//   norms      norms[s, i] = |token i of segment s|
//   pack       y = the tokens, segment by segment, rows padded with zeros to whole vec4s
//   normalise  y /= |y| + 1e-6, in place, with the norms given
//
// Tokens are read where they lie: see distance.wgsl. n is the number of tokens of all segments.
// Dispatch: 64 lanes, striding over the grid; a lane owns a token (norms) or a vec4.

struct Params {
  n: u32,
  tokens: u32, // of a segment
  width: u32, // norms, normalise: in vec4s; pack: in floats
  frames: u32,
  skip: u32,
  patches: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> vectors: array<vec4f>;
@group(0) @binding(2) var<storage, read> scalars: array<f32>;
@group(0) @binding(3) var<storage, read_write> norms: array<f32>;
@group(0) @binding(4) var<storage, read_write> y: array<vec4f>;

const LANES = 64u;

fn row(at: u32) -> u32 {
  let token = at % params.tokens;
  let frame = at / params.tokens * params.frames + token / params.patches;
  return frame * (params.patches + params.skip) + params.skip + token % params.patches;
}

@compute @workgroup_size(LANES)
fn norms_of(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id.x; i < params.n; i += groups.x * LANES) {
    let start = row(i) * params.width;
    var sum = 0.0;
    for (var c = 0u; c < params.width; c++) {
      sum += dot(vectors[start + c], vectors[start + c]);
    }
    norms[i] = sqrt(sum);
  }
}

@compute @workgroup_size(LANES)
fn pack(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let width = (params.width + 3u) / 4u;
  for (var i = id.x; i < params.n * width; i += groups.x * LANES) {
    let start = row(i / width) * params.width;
    var v = vec4f(0);
    for (var q = 0u; q < 4u; q++) {
      let c = i % width * 4u + q;
      if (c < params.width) {
        v[q] = scalars[start + c];
      }
    }
    y[i] = v;
  }
}

@compute @workgroup_size(LANES)
fn normalise(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id.x; i < params.n * params.width; i += groups.x * LANES) {
    y[i] /= norms[i / params.width] + 1e-6;
  }
}
