// Dropout: y = x / (1 - rate) where a random number is at least `rate`, else 0; dx the same of dy.
//
// The numbers are those of `Random` (src/tensor/random.ts): Philox4x32-10 (Salmon et al., SC '11), element
// i taking word i % 4 of block i / 4, whose upper 24 bits are the number's. So the same mask comes out on
// the CPU, in a pass that is computed again, and in the gradient.
//
// Dispatch: 256 lanes, one vec4f (one block) each, striding over the grid. Tensors are padded to 16 bytes.

struct Params {
  n: u32, // vectors
  least: u32, // 2^24 rate: a number below it drops its element
  scale: f32, // 1 / (1 - rate)
  seed: u32,
  purpose: u32,
  a: u32, // the stream's other two numbers
  b: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4f>;

const LANES = 256u;

// High 32 bits of a product of 64.
fn high(a: u32, b: u32) -> u32 {
  let al = a & 0xffffu;
  let ah = a >> 16u;
  let bl = b & 0xffffu;
  let bh = b >> 16u;
  let mid = ah * bl + ((al * bl) >> 16u);
  let low = al * bh + (mid & 0xffffu);
  return ah * bh + (mid >> 16u) + (low >> 16u);
}

fn philox(block: u32) -> vec4u {
  var c = vec4u(block, params.a, params.b, 0u);
  var k = vec2u(params.seed, params.purpose);
  for (var round = 0u; round < 10u; round++) {
    c = vec4u(
      high(0xcd9e8d57u, c.z) ^ c.y ^ k.x,
      0xcd9e8d57u * c.z,
      high(0xd2511f53u, c.x) ^ c.w ^ k.y,
      0xd2511f53u * c.x,
    );
    k += vec2u(0x9e3779b9u, 0xbb67ae85u);
  }
  return c;
}

@compute @workgroup_size(LANES)
fn forward(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id.x; i < params.n; i += groups.x * LANES) {
    let kept = (philox(i) >> vec4u(8u)) >= vec4u(params.least);
    y[i] = select(vec4f(), params.scale * x[i], kept);
  }
}
