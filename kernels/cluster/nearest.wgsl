// Tokens chosen by given centroids: each centroid's closest among the tokens that are closer to it than to
// the others. From the distances d [segments, tokens, k]:
//
//   assign   assignment[s, i] = argmin_c d[s, i, c]
//   choose   chosen[s, c] = argmin d[s, i, c] over the tokens i of cluster c; token 0 where it has none
//   order    the chosen tokens of a segment in ascending order: medoids[s, ..]
//
// A tie goes to the lowest number. Infinity, then NaN, come after every number, so a token all of whose
// distances are NaN goes to cluster 0.
//
// Dispatch: 256 lanes, one token (assign) or one centroid (choose, order) each, striding over the grid.
// `choose` reads tokens a row apart; k is small beside the width that the distances were made from.

struct Params {
  n: u32, // tokens, or centroids, of all segments
  tokens: u32,
  k: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> d: array<f32>;
@group(0) @binding(2) var<storage, read_write> assignment: array<u32>;
@group(0) @binding(3) var<storage, read_write> chosen: array<u32>;
@group(0) @binding(4) var<storage, read_write> medoids: array<u32>;

const LANES = 256u;

@compute @workgroup_size(LANES)
fn assign(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var token = id.x; token < params.n; token += groups.x * LANES) {
    let row = token * params.k;
    var best = 0u;
    // The bits of what is not negative order as the numbers do, infinity and NaN last.
    var least = bitcast<u32>(d[row]) & 0x7fffffffu;
    for (var c = 1u; c < params.k; c++) {
      let bits = bitcast<u32>(d[row + c]) & 0x7fffffffu;
      if (bits < least) {
        least = bits;
        best = c;
      }
    }
    assignment[token] = best;
  }
}

@compute @workgroup_size(LANES)
fn choose(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var at = id.x; at < params.n; at += groups.x * LANES) {
    let first = at / params.k * params.tokens;
    let c = at % params.k;
    var best = 0u;
    var least = 0xffffffffu;
    for (var i = 0u; i < params.tokens; i++) {
      let bits = bitcast<u32>(d[(first + i) * params.k + c]) & 0x7fffffffu;
      if (assignment[first + i] == c && bits < least) {
        least = bits;
        best = i;
      }
    }
    chosen[at] = best;
  }
}

@compute @workgroup_size(LANES)
fn order(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var at = id.x; at < params.n; at += groups.x * LANES) {
    let first = at / params.k * params.k;
    let own = chosen[at];
    var rank = 0u;
    for (var c = 0u; c < params.k; c++) {
      let other = chosen[first + c];
      if (other < own || (other == own && first + c < at)) {
        rank++;
      }
    }
    medoids[first + rank] = own;
  }
}
