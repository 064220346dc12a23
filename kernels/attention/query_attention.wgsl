// The bilinear forms of attention with one query a sequence, heads of 64 side by side in D = heads * 64:
//   dot_heads: s[b, h, t] = scale * sum over c of q[b, h, c] * k[b, t, h, c]
//   mix: o[b, h, c] = scale * sum over t of s[b, h, t] * k[b, t, h, c]
//   outer: k[b, t, h, c] = scale * s[b, h, t] * q[b, h, c]
// Each is linear in both operands, and its gradients are the other two: so scores are `dot_heads` of queries
// and keys, outputs `mix` of probabilities and values, and no other kernel is needed for the backward pass.
//
// Vectors hold four channels of a head.
//
// Dispatch: 64 lanes, striding over the grid; `dot_heads`: one score each; `mix`, `outer`: one vec4 of the output.

struct Params {
  n: u32, // scores, or vec4 of the output
  tokens: u32,
  heads: u32,
  scale: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> q: array<vec4f>; // [b, D / 4]
@group(0) @binding(2) var<storage, read> k: array<vec4f>; // [b, tokens, D / 4]
@group(0) @binding(3) var<storage, read> s: array<f32>; // [b, heads, tokens]
@group(0) @binding(4) var<storage, read_write> scores: array<f32>; // [b, heads, tokens]
@group(0) @binding(5) var<storage, read_write> out: array<vec4f>; // as q, or as k

const LANES = 64u;
const HEAD = 16u; // vec4 of a head

@compute @workgroup_size(LANES)
fn dot_heads(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id.x; i < params.n; i += groups.x * LANES) {
    let t = i % params.tokens;
    let head = i / params.tokens; // of all sequences
    let b = head / params.heads;
    let at = ((b * params.tokens + t) * params.heads + head % params.heads) * HEAD;
    var sum = vec4f();
    for (var c = 0u; c < HEAD; c++) {
      sum += q[head * HEAD + c] * k[at + c];
    }
    scores[i] = params.scale * ((sum.x + sum.y) + (sum.z + sum.w));
  }
}

@compute @workgroup_size(LANES)
fn mix(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let width = params.heads * HEAD;
  for (var i = id.x; i < params.n; i += groups.x * LANES) {
    let b = i / width;
    let weights = i / HEAD * params.tokens;
    var sum = vec4f();
    for (var t = 0u; t < params.tokens; t++) {
      sum += s[weights + t] * k[(b * params.tokens + t) * width + i % width];
    }
    out[i] = params.scale * sum;
  }
}

@compute @workgroup_size(LANES)
fn outer(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let width = params.heads * HEAD;
  for (var i = id.x; i < params.n; i += groups.x * LANES) {
    let b = i / width / params.tokens;
    let t = i / width % params.tokens;
    let vector = b * width + i % width;
    out[i] = params.scale * s[vector / HEAD * params.tokens + t] * q[vector];
  }
}
