// BERT's Adam (SPEC 9), in place and without bias correction, over one parameter:
//   g = min(1, max_norm / (|c grad| + 1e-6)) c grad     c the coefficient of the global norm
//   m = beta1 m + (1 - beta1) g
//   v = beta2 v + (1 - beta2) g^2
//   p = p - lr f(k) (m / (sqrt(v) + eps) + decay p)     k updates of this parameter before
// f rises as k / (warmup total), and from `warmup_steps` on is, with x = k / total,
//   cosine: (1 + cos(pi x)) / 2, constant: 1, linear: max((1 - x) / (1 - warmup), 0).
// `clip` is [norm, coefficient, finite, 0]; where finite is not 1, nothing changes. How often a parameter
// was updated only the GPU knows, so f is computed here, to 3e-7; the step at which it changes is the
// host's, since the cosine jumps there.
//
// prepare: one workgroup; sums the squares of the gradient that global_norm.wgsl left in `parts` partials,
//   counts the update, and leaves factors = [lr f(k), coefficient of grad].
// forward: 256 lanes, one vec4f each, striding over the grid. Tensors are padded to 16 bytes.

struct Params {
  index: u32, // of the parameter, in count and factors
  parts: u32,
  at: u32, // where its partials begin
  n: u32, // its vectors
  lr: f32,
  total: f32,
  rise: f32, // warmup total
  warmup_steps: u32,
  fall: f32, // 1 / (1 - warmup)
  decay: f32,
  beta1: f32,
  rest1: f32, // 1 - beta1: rounded once, by the host
  beta2: f32,
  rest2: f32, // 1 - beta2
  eps: f32,
  max_norm: f32, // of this gradient alone
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> clip: array<vec4f>;
@group(0) @binding(2) var<storage, read> partials: array<f32>;
@group(0) @binding(3) var<storage, read_write> count: array<u32>;
@group(0) @binding(4) var<storage, read_write> factors: array<vec2f>;
@group(0) @binding(5) var<storage, read> prepared: array<vec2f>; // factors
@group(0) @binding(6) var<storage, read> grad: array<vec4f>;
@group(0) @binding(7) var<storage, read_write> param: array<vec4f>;
@group(0) @binding(8) var<storage, read_write> m: array<vec4f>;
@group(0) @binding(9) var<storage, read_write> v: array<vec4f>;

const SCHEDULE = 0; // 0 cosine, 1 constant, 2 linear
const PREPARE_LANES = 64u;
const LANES = 256u;
const HALF_PI = 1.5707964;

var<workgroup> sums: array<f32, PREPARE_LANES>;

// (1 + cos(pi x)) / 2 = cos(pi x / 2)^2 by Taylor series on [0, pi / 4]: the built-in one may be off by 5e-4.
fn half_cosine(x: f32) -> f32 {
  let r = abs(x - 2.0 * round(0.5 * x));
  let low = r < 0.5;
  let u = HALF_PI * select(1.0 - r, r, low);
  let q = u * u;
  let cosine = 1.0 - q / 2.0 * (1.0 - q / 12.0 * (1.0 - q / 30.0 * (1.0 - q / 56.0)));
  let sine = u * (1.0 - q / 6.0 * (1.0 - q / 20.0 * (1.0 - q / 42.0 * (1.0 - q / 72.0))));
  let c = select(sine, cosine, low);
  return c * c;
}

fn multiplier(step: u32) -> f32 {
  if (step < params.warmup_steps) {
    return f32(step) / params.rise;
  }
  let x = f32(step) / params.total;
  switch SCHEDULE {
    case 0: {
      return half_cosine(x);
    }
    case 1: {
      return 1.0;
    }
    default: {
      return max((1.0 - x) * params.fall, 0.0);
    }
  }
}

@compute @workgroup_size(PREPARE_LANES)
fn prepare(@builtin(local_invocation_index) lane: u32) {
  var own = 0.0;
  for (var i = lane; i < params.parts; i += PREPARE_LANES) {
    own += partials[params.at + i];
  }
  sums[lane] = own;
  for (var half = PREPARE_LANES / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) {
      sums[lane] += sums[lane + half];
    }
  }
  if (lane == 0u && clip[0].z == 1.0) {
    let coefficient = clip[0].y;
    let norm = coefficient * sqrt(sums[0]);
    let k = count[params.index];
    factors[params.index] =
      vec2f(params.lr * multiplier(k), coefficient * min(1.0, params.max_norm / (norm + 1e-6)));
    count[params.index] = k + 1u;
  }
}

@compute @workgroup_size(LANES)
fn forward(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  if (clip[0].z != 1.0) {
    return;
  }
  let rate = prepared[params.index].x;
  let coefficient = prepared[params.index].y;
  for (var i = id.x; i < params.n; i += groups.x * LANES) {
    let g = coefficient * grad[i];
    let m_t = params.beta1 * m[i] + params.rest1 * g;
    let v_t = params.beta2 * v[i] + params.rest2 * g * g;
    m[i] = m_t;
    v[i] = v_t;
    param[i] -= rate * (m_t / (sqrt(v_t) + params.eps) + params.decay * param[i]);
  }
}
