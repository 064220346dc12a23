// The next loss scale of mixed precision (PyTorch's GradScaler; SPEC 8):
//   not finite  scale = max(scale / 2, least), good = 0
//   finite      good = good + 1; where good = interval: scale = min(2 scale, most), good = 0
// `clip` is what global_norm.wgsl left: [norm, coefficient, finite, 0]. Halves and doubles of a power of two
// are exact, and so is the division of gradients by it.
//
// Dispatch: one lane.

struct Params {
  interval: u32,
  least: f32,
  most: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> clip: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> scale: array<f32>;
@group(0) @binding(3) var<storage, read_write> good: array<u32>; // steps since the scale changed

@compute @workgroup_size(1)
fn forward() {
  if (clip[0].z != 1.0) {
    scale[0] = max(0.5 * scale[0], params.least);
    good[0] = 0u;
    return;
  }
  good[0]++;
  if (good[0] >= params.interval) {
    scale[0] = min(2.0 * scale[0], params.most);
    good[0] = 0u;
  }
}
