// One stage of a sum over the middle dimension: x [outer, rows, inner] to y [outer, parts, inner].
//
// Part p sums the rows p, p + parts, p + 2 parts, ... The host repeats the stage until one part is left:
// sums of at most 64 in four chains, then sums of those, so rounding grows with the logarithm of the
// count, and in a fixed order. Neighbouring lanes read neighbouring addresses, also where inner is 1.
// x is f32 or f16, y f32. T is vec4f where inner is a multiple of 4 (then `inner` counts vectors).
//
// Dispatch: 64 lanes, one element of y each, striding over the grid; small, since few columns with many
// rows still have to fill the device.

struct Params {
  n: u32, // outer * parts * inner
  rows: u32,
  parts: u32,
  inner: u32,
  scale: f32,
}

alias T = f32;
alias X = T;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<X>;
@group(0) @binding(2) var<storage, read_write> y: array<T>;

const LANES = 64u;

@compute @workgroup_size(LANES)
fn forward(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let step = params.parts * params.inner;
  for (var i = id.x; i < params.n; i += groups.x * LANES) {
    let outer = i / step;
    let end = (outer + 1u) * params.rows * params.inner;
    var at = outer * params.rows * params.inner + (i - outer * step);
    var s0 = T();
    var s1 = T();
    var s2 = T();
    var s3 = T();
    for (; at + 3u * step < end; at += 4u * step) {
      s0 += T(x[at]);
      s1 += T(x[at + step]);
      s2 += T(x[at + 2u * step]);
      s3 += T(x[at + 3u * step]);
    }
    for (; at < end; at += step) {
      s0 += T(x[at]);
    }
    y[i] = params.scale * ((s0 + s1) + (s2 + s3));
  }
}
