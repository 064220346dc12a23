// The recurrence of an LSTM, one workgroup a sequence, all steps in one dispatch: f32.
//
//   a_t = gates_t + W h_{t-1},  i, f, o = sigmoid(a_i, a_f, a_o),  g = tanh(a_g)
//   c_t = f c_{t-1} + i g,  h_t = o tanh(c_t)
// backward, from the last step to the first, dh_t being dh[t] + W' da_{t+1}:
//   dc_t = dh_t o (1 - tanh(c_t)^2) + dc_{t+1} f_{t+1}
//   da = dc g i (1 - i), dc c_{t-1} f (1 - f), dc i (1 - g^2), dh tanh(c) o (1 - o)
//
//   gates, opened (i, f, g, o themselves), dgates [B, T, 4 H] in PyTorch's order i, f, g, o; h, cells, dh [B, T, H]
//   weights: forward W' [H, 4 H], backward W [4 H, H], so that neighbouring lanes read neighbours
//
// What a step needs of the one before goes through workgroup memory: CAPACITY >= 4 H floats.
//
// Dispatch: x = sequences; LANES lanes own elements of the state, LANES apart.

struct Params {
  steps: u32, // T
  hidden: u32, // H
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> gates: array<f32>;
@group(0) @binding(2) var<storage, read> weights: array<f32>;
@group(0) @binding(3) var<storage, read_write> opened: array<f32>;
@group(0) @binding(4) var<storage, read_write> cells: array<f32>;
@group(0) @binding(5) var<storage, read_write> h: array<f32>;
@group(0) @binding(6) var<storage, read> saved_opened: array<f32>;
@group(0) @binding(7) var<storage, read> saved_cells: array<f32>;
@group(0) @binding(8) var<storage, read> dh: array<f32>;
@group(0) @binding(9) var<storage, read_write> dgates: array<f32>;
@group(0) @binding(10) var<storage, read_write> dcells: array<f32>; // [B, H], from step to step

const LANES = 64u;
const CAPACITY = 2048u;

var<workgroup> before: array<f32, CAPACITY>; // h of the last step, or the gradients of its gates

fn sigmoid(z: f32) -> f32 {
  return 1.0 / (1.0 + exp(-z));
}

@compute @workgroup_size(LANES)
fn forward(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let hidden = params.hidden;
  for (var j = lane; j < hidden; j += LANES) {
    before[j] = 0.0;
  }
  for (var t = 0u; t < params.steps; t++) {
    let step = group.x * params.steps + t;
    workgroupBarrier();
    for (var j = lane; j < hidden; j += LANES) {
      let at = 4u * step * hidden + j;
      var a = vec4f(gates[at], gates[at + hidden], gates[at + 2u * hidden], gates[at + 3u * hidden]);
      for (var k = 0u; k < hidden; k++) {
        let w = 4u * k * hidden + j;
        a += before[k] *
          vec4f(weights[w], weights[w + hidden], weights[w + 2u * hidden], weights[w + 3u * hidden]);
      }
      let i = sigmoid(a.x);
      let f = sigmoid(a.y);
      let g = tanh(a.z);
      let o = sigmoid(a.w);
      opened[at] = i;
      opened[at + hidden] = f;
      opened[at + 2u * hidden] = g;
      opened[at + 3u * hidden] = o;
      var c = i * g;
      if (t > 0u) {
        c += f * cells[(step - 1u) * hidden + j];
      }
      cells[step * hidden + j] = c;
      h[step * hidden + j] = o * tanh(c);
    }
    // All have read the last step's state; each then puts its own of this one in its place.
    workgroupBarrier();
    for (var j = lane; j < hidden; j += LANES) {
      before[j] = h[step * hidden + j];
    }
  }
}

@compute @workgroup_size(LANES)
fn backward(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let hidden = params.hidden;
  for (var j = lane; j < 4u * hidden; j += LANES) {
    before[j] = 0.0;
  }
  for (var left = params.steps; left > 0u; left--) {
    let t = left - 1u;
    let step = group.x * params.steps + t;
    workgroupBarrier();
    for (var j = lane; j < hidden; j += LANES) {
      var dh_t = dh[step * hidden + j];
      for (var r = 0u; r < 4u * hidden; r++) {
        dh_t += before[r] * weights[r * hidden + j];
      }
      let at = 4u * step * hidden + j;
      let i = saved_opened[at];
      let f = saved_opened[at + hidden];
      let g = saved_opened[at + 2u * hidden];
      let o = saved_opened[at + 3u * hidden];
      let c = tanh(saved_cells[step * hidden + j]);
      var dc = dh_t * o * (1.0 - c * c);
      if (left < params.steps) {
        dc += dcells[group.x * hidden + j]; // f of the next step is in it
      }
      var earlier = 0.0;
      if (t > 0u) {
        earlier = saved_cells[(step - 1u) * hidden + j];
      }
      dcells[group.x * hidden + j] = dc * f;
      dgates[at] = dc * g * i * (1.0 - i);
      dgates[at + hidden] = dc * earlier * f * (1.0 - f);
      dgates[at + 2u * hidden] = dc * i * (1.0 - g * g);
      dgates[at + 3u * hidden] = dh_t * c * o * (1.0 - o);
    }
    workgroupBarrier();
    for (var j = lane; j < hidden; j += LANES) {
      for (var gate = 0u; gate < 4u; gate++) {
        before[gate * hidden + j] = dgates[4u * step * hidden + gate * hidden + j];
      }
    }
  }
}
