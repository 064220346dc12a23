// Global L2 norm of many tensors, and clipping by it:
//   norm = sqrt(sum grad^2), coefficient = min(1, max_norm / (norm + 1e-6)).
// Of gradients that carry a loss scale: norm = sqrt(sum grad^2) / scale, and the coefficient divides by it.
//
// partial: 64 lanes; lane i of `parts` sums the squares of the vectors i, i + parts, ... of one tensor in
//   four chains. The sum over the partials is the op `sum`'s; both are small sums in a fixed order.
// coefficient, unscaled: one lane; clip = [norm, coefficient, finite, 0]; the second where there is a loss
//   scale. Arithmetic carries NaN and Inf through the sum of squares, and only their bits tell them:
//   comparisons may not.
// scale: 256 lanes, one vec4f each, striding over the grid: grad *= coefficient.

struct Params {
  n: u32, // elements of the tensor
  parts: u32,
  at: u32, // where the tensor's partials begin
  max_norm: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> grad: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> partials: array<f32>;
@group(0) @binding(3) var<storage, read> total: array<f32>;
@group(0) @binding(4) var<storage, read_write> result: array<vec4f>;
@group(0) @binding(5) var<storage, read> clip: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> scaled: array<vec4f>;
@group(0) @binding(7) var<storage, read> loss_scale: array<f32>;

const PARTIAL_LANES = 64u;
const LANES = 256u;

@compute @workgroup_size(PARTIAL_LANES)
fn partial(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= params.parts) {
    return;
  }
  let step = params.parts;
  let whole = params.n / 4u;
  var i = id.x;
  var s0 = vec4f();
  var s1 = vec4f();
  var s2 = vec4f();
  var s3 = vec4f();
  for (; i + 3u * step < whole; i += 4u * step) {
    s0 += grad[i] * grad[i];
    s1 += grad[i + step] * grad[i + step];
    s2 += grad[i + 2u * step] * grad[i + 2u * step];
    s3 += grad[i + 3u * step] * grad[i + 3u * step];
  }
  for (; i < whole; i += step) {
    s0 += grad[i] * grad[i];
  }
  if (i == whole && params.n % 4u != 0u) { // what lies past the last element is undefined
    let last = select(vec4f(), grad[i], 4u * i + vec4u(0u, 1u, 2u, 3u) < vec4u(params.n));
    s0 += last * last;
  }
  let s = (s0 + s1) + (s2 + s3);
  partials[params.at + id.x] = (s.x + s.y) + (s.z + s.w);
}

fn is_finite(x: f32) -> bool {
  return (bitcast<u32>(x) & 0x7f800000u) != 0x7f800000u;
}

fn clip_of(norm: f32, finite: bool) -> vec4f {
  var c = 1.0;
  if (!finite || norm + 1e-6 > params.max_norm) {
    c = params.max_norm / (norm + 1e-6);
  }
  return vec4f(norm, c, select(0.0, 1.0, finite), 0.0);
}

@compute @workgroup_size(1)
fn coefficient() {
  let squares = total[0];
  result[0] = clip_of(sqrt(squares), is_finite(squares));
}

@compute @workgroup_size(1)
fn unscaled() {
  let squares = total[0];
  let factor = loss_scale[0];
  let plain = clip_of(sqrt(squares) / factor, is_finite(squares));
  result[0] = vec4f(plain.x, plain.y / factor, plain.zw);
}

@compute @workgroup_size(LANES)
fn scale(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id.x; i < (params.n + 3u) / 4u; i += groups.x * LANES) {
    scaled[i] *= clip[0].y;
  }
}
