// AdamW (Loshchilov and Hutter, "Decoupled weight decay regularization", algorithm 2), in place:
//   g = coefficient * grad
//   m = m + (1 - beta1)(g - m)
//   v = beta2 v + (1 - beta2) g^2
//   p = (1 - lr wd) p - lr / (1 - beta1^t) * m / (sqrt(v) / sqrt(1 - beta2^t) + eps)
// `clip` is [norm, coefficient, finite, 0]; where finite is not 1, nothing changes. `corrections` comes
// from adamw_advance.wgsl.
//
// Dispatch: 256 lanes, one vec4f each, striding over the grid: CLIP's token embedding has 25 million
// elements. Tensors are padded to 16 bytes.

struct Params {
  n: u32, // vectors
  decay: f32, // 1 - lr wd
  lr: f32,
  rest1: f32, // 1 - beta1: rounded once, by the host
  beta2: f32,
  rest2: f32, // 1 - beta2
  eps: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> clip: array<vec4f>;
@group(0) @binding(2) var<storage, read> corrections: array<f32>;
@group(0) @binding(3) var<storage, read> grad: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> param: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> m: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> v: array<vec4f>;

const LANES = 256u;

@compute @workgroup_size(LANES)
fn forward(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  if (clip[0].z != 1.0) {
    return;
  }
  let coefficient = clip[0].y;
  let step_size = params.lr / corrections[0];
  let root = corrections[1];
  for (var i = id.x; i < params.n; i += groups.x * LANES) {
    let g = coefficient * grad[i];
    let m_t = m[i] + params.rest1 * (g - m[i]);
    let v_t = params.beta2 * v[i] + params.rest2 * g * g;
    m[i] = m_t;
    v[i] = v_t;
    param[i] = params.decay * param[i] - step_size * m_t / (sqrt(v_t) / root + params.eps);
  }
}
