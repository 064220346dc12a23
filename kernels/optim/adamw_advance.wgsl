// The step count of AdamW and its bias corrections: 1 - beta1^t and sqrt(1 - beta2^t).
//
// t counts the steps whose gradient norm was finite (`clip` is [norm, coefficient, finite, 0]). Only the
// GPU knows it, so the powers are computed here, to 5e-7; the logarithms are the host's.
//
// Dispatch: one lane.

struct Params {
  log_beta1: f32,
  log_beta2: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> clip: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> count: array<u32>;
@group(0) @binding(3) var<storage, read_write> corrections: array<f32>;

// 1 - exp(x) for x <= 0 without the cancellation near 0 and the inexact exp of GPUs: a Taylor series of
// e(u) = exp(u) - 1 on [-1/16, 0], then e(2u) = e(u) (2 + e(u)) until x is reached.
fn one_minus_exp(x: f32) -> f32 {
  var u = max(x, -32.0);
  var doublings = 0u;
  for (; u < -0.0625; u *= 0.5) {
    doublings++;
  }
  var e = u * (1.0 + u / 2.0 * (1.0 + u / 3.0 * (1.0 + u / 4.0 * (1.0 + u / 5.0))));
  for (; doublings > 0u; doublings--) {
    e *= 2.0 + e;
  }
  return -e;
}

@compute @workgroup_size(1)
fn forward() {
  if (clip[0].z == 1.0) {
    count[0]++;
  }
  let t = f32(count[0]);
  corrections[0] = one_minus_exp(t * params.log_beta1);
  corrections[1] = sqrt(one_minus_exp(t * params.log_beta2));
}
