// BERT's Adam (SPEC 9), in place: each gradient clipped by its own norm too, no bias correction.
//   g = c * grad,  c = coefficient * min(1, max_norm / (coefficient * norm + 1e-6))
//   m = m + (1 - beta1)(g - m)
//   v = beta2 v + (1 - beta2) g^2
//   p = p - lr (m / (sqrt(v) + eps) + wd p)
// `clip` is [norm, coefficient, finite, 0] of all gradients together; where finite is not 1, nothing
// changes. `own` is the same of this gradient alone, and only its norm is read.
//
// Dispatch: 256 lanes, one vec4f each, striding over the grid. Tensors are padded to 16 bytes.

struct Params {
  n: u32, // vectors
  lr: f32,
  decay: f32, // lr wd
  rest1: f32, // 1 - beta1: rounded once, by the host
  beta2: f32,
  rest2: f32, // 1 - beta2
  eps: f32,
  max_norm: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> clip: array<vec4f>;
@group(0) @binding(2) var<storage, read> own: array<vec4f>;
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
  let shared_coefficient = clip[0].y;
  let norm = shared_coefficient * own[0].x;
  let coefficient = shared_coefficient * min(1.0, params.max_norm / (norm + 1e-6));
  for (var i = id.x; i < params.n; i += groups.x * LANES) {
    let g = coefficient * grad[i];
    let m_t = m[i] + params.rest1 * (g - m[i]);
    let v_t = params.beta2 * v[i] + params.rest2 * g * g;
    m[i] = m_t;
    v[i] = v_t;
    param[i] -= params.lr * (m_t / (sqrt(v_t) + params.eps)) + params.decay * param[i];
  }
}
