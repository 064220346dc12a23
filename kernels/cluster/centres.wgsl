// From the tokens of a segment to the tokens that stand for them: the class tokens of its frames become
// their mean, its patches become k centres.
//
//   gather    centre k = token medoids[k]
//   average   centre k = the mean of the tokens with assignment k
//
// and their gradients (`..._gradient`), which read the output's gradient: no two lanes write the same
// element, so nothing depends on an order. Three more entry points make what these look up:
//
//   list      the tokens cluster by cluster, each in ascending order: `members`, from `begin` on
//   slots     for each token the first centre that it is, or k
//
// tokens [segments * frames, 1 + patches, width]; fused [segments, 1 + k, width]; token i of a segment is
// patch i % patches of its frame i / patches.
//
// Dispatch: 256 lanes, one T (list, slots: one cluster, one token) each, striding over the grid.

struct Params {
  n: u32, // elements to write, in T; list: clusters; slots: tokens
  frames: u32,
  patches: u32,
  k: u32,
  width: u32, // in T
}

alias T = f32;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> tokens: array<T>;
@group(0) @binding(2) var<storage, read> fused_gradient: array<T>;
@group(0) @binding(3) var<storage, read_write> fused: array<T>;
@group(0) @binding(4) var<storage, read_write> tokens_gradient: array<T>;
@group(0) @binding(5) var<storage, read> medoids: array<u32>;
@group(0) @binding(6) var<storage, read> assignment: array<u32>;
@group(0) @binding(7) var<storage, read_write> begin: array<u32>;
@group(0) @binding(8) var<storage, read_write> members: array<u32>;
@group(0) @binding(9) var<storage, read_write> slots_of: array<u32>;

const LANES = 256u;

// Where a token starts; `token` counts from 0 in each frame, the class token.
fn start(segment: u32, frame: u32, token: u32) -> u32 {
  return ((segment * params.frames + frame) * (params.patches + 1u) + token) * params.width;
}

fn patch_start(segment: u32, i: u32) -> u32 {
  return start(segment, i / params.patches, i % params.patches + 1u);
}

// An element of a tensor [groups, 1 + tokens, width]: token 0 is the class token.
struct Element { group: u32, token: u32, column: u32 }

fn element(at: u32, tokens_of_group: u32) -> Element {
  let row = at / params.width;
  return Element(row / tokens_of_group, row % tokens_of_group, at % params.width);
}

fn class_mean(segment: u32, column: u32) -> T {
  var sum = T(0);
  for (var frame = 0u; frame < params.frames; frame++) {
    sum += tokens[start(segment, frame, 0u) + column];
  }
  return sum / f32(params.frames);
}

@compute @workgroup_size(LANES)
fn gather(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var at = id.x; at < params.n; at += groups.x * LANES) {
    let e = element(at, params.k + 1u);
    if (e.token == 0u) {
      fused[at] = class_mean(e.group, e.column);
    } else {
      let i = medoids[e.group * params.k + e.token - 1u];
      fused[at] = tokens[patch_start(e.group, i) + e.column];
    }
  }
}

@compute @workgroup_size(LANES)
fn average(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let count = params.frames * params.patches;
  for (var at = id.x; at < params.n; at += groups.x * LANES) {
    let e = element(at, params.k + 1u);
    if (e.token == 0u) {
      fused[at] = class_mean(e.group, e.column);
    } else {
      let cluster = e.group * (params.k + 1u) + e.token - 1u;
      var sum = T(0);
      for (var m = begin[cluster]; m < begin[cluster + 1u]; m++) {
        sum += tokens[patch_start(e.group, members[e.group * count + m]) + e.column];
      }
      fused[at] = sum / f32(begin[cluster + 1u] - begin[cluster]);
    }
  }
}

// The gradient that a class token's element gets of its segment's.
fn class_gradient(segment: u32, column: u32) -> T {
  return fused_gradient[segment * (params.k + 1u) * params.width + column] / f32(params.frames);
}

fn centre_gradient(segment: u32, k: u32, column: u32) -> T {
  return fused_gradient[(segment * (params.k + 1u) + k + 1u) * params.width + column];
}

@compute @workgroup_size(LANES)
fn gather_gradient(
  @builtin(global_invocation_id) id: vec3u,
  @builtin(num_workgroups) groups: vec3u,
) {
  for (var at = id.x; at < params.n; at += groups.x * LANES) {
    let e = element(at, params.patches + 1u);
    let segment = e.group / params.frames;
    if (e.token == 0u) {
      tokens_gradient[at] = class_gradient(segment, e.column);
    } else {
      let i = e.group % params.frames * params.patches + e.token - 1u;
      // Sorted medoids that repeat a token stand side by side.
      var sum = T(0);
      var k = slots_of[segment * params.frames * params.patches + i];
      while (k < params.k && medoids[segment * params.k + min(k, params.k - 1u)] == i) {
        sum += centre_gradient(segment, k, e.column);
        k++;
      }
      tokens_gradient[at] = sum;
    }
  }
}

@compute @workgroup_size(LANES)
fn average_gradient(
  @builtin(global_invocation_id) id: vec3u,
  @builtin(num_workgroups) groups: vec3u,
) {
  for (var at = id.x; at < params.n; at += groups.x * LANES) {
    let e = element(at, params.patches + 1u);
    let segment = e.group / params.frames;
    if (e.token == 0u) {
      tokens_gradient[at] = class_gradient(segment, e.column);
    } else {
      let i = e.group % params.frames * params.patches + e.token - 1u;
      let k = assignment[segment * params.frames * params.patches + i];
      let cluster = segment * (params.k + 1u) + k;
      let size = f32(begin[cluster + 1u] - begin[cluster]);
      tokens_gradient[at] = centre_gradient(segment, k, e.column) / size;
    }
  }
}

@compute @workgroup_size(LANES)
fn list(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let count = params.frames * params.patches;
  for (var at = id.x; at < params.n; at += groups.x * LANES) {
    let segment = at / (params.k + 1u);
    let cluster = at % (params.k + 1u);
    var first = 0u;
    for (var i = 0u; i < count; i++) {
      first += u32(assignment[segment * count + i] < cluster);
    }
    begin[at] = first;
    for (var i = 0u; i < count; i++) {
      if (assignment[segment * count + i] == cluster) {
        members[segment * count + first] = i;
        first++;
      }
    }
  }
}

@compute @workgroup_size(LANES)
fn slots(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let count = params.frames * params.patches;
  for (var at = id.x; at < params.n; at += groups.x * LANES) {
    var slot = params.k;
    for (var k = params.k; k > 0u; k--) {
      slot = select(slot, k - 1u, medoids[at / count * params.k + k - 1u] == at % count);
    }
    slots_of[at] = slot;
  }
}
