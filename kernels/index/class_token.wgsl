// The input of CLIP's image transformer: y[b, 0] = token + position[0], y[b, 1 + i] = x[b, i] +
// position[1 + i], with x [batch, n, W] and position [n + 1, W]. The gradients are a slice and a sum of dy.
//
// Sizes in T, which is vec4f where 4 divides W. Dispatch: 256 lanes, one T each, striding over the grid.

struct Params {
  n: u32, // batch * size
  size: u32, // (n + 1) * width
  width: u32,
}

alias T = f32;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<T>;
@group(0) @binding(2) var<storage, read> token: array<T>;
@group(0) @binding(3) var<storage, read> position: array<T>;
@group(0) @binding(4) var<storage, read_write> y: array<T>;

const LANES = 256u;

@compute @workgroup_size(LANES)
fn forward(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id.x; i < params.n; i += groups.x * LANES) {
    let b = i / params.size;
    let at = i - b * params.size;
    if (at < params.width) {
      y[i] = token[at] + position[at];
    } else {
      y[i] = x[i - (b + 1u) * params.width] + position[at];
    }
  }
}
