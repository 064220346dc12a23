import { deepStrictEqual } from "node:assert/strict";
import { Tape } from "../../src/autograd/tape.ts";
import { pairwiseDistance } from "../../src/cluster/distance.ts";
import { attention } from "../../src/ops/attention.ts";
import { conv2d } from "../../src/ops/conv2d.ts";
import { matmul } from "../../src/ops/matmul.ts";
import { sum } from "../../src/ops/reduce.ts";
import { Scope } from "../../src/tensor/scope.ts";
import { type Tensor, zeros } from "../../src/tensor/tensor.ts";
import { freshDevice } from "../gpu/fresh.ts";

/** The operations that `run` tells, by kernel and entry point; those that tell none are left out. */
async function told(run: (x: (...shape: number[]) => Tensor) => void) {
  using device = await freshDevice({ profile: true });
  using _scope = new Scope(device);
  run((...shape) => zeros(device, "f32", shape));
  const sums: Record<string, number> = {};
  for (const { name, flops } of await device.kernelTimes()) {
    const entry = name.replace(/_subgroup|,.*/g, "");
    if (flops > 0) sums[entry] = (sums[entry] ?? 0) + flops;
  }
  return sums;
}

/** Runs `f` of watched inputs, and its gradient. */
function forwardAndBackward(f: (...inputs: Tensor[]) => Tensor, ...inputs: Tensor[]): void {
  using tape = new Tape();
  tape.watch(...inputs);
  tape.backward(tape.run(() => sum(f(...inputs))), inputs);
}

Deno.test("a product and its two gradients tell the same number of operations each", async () => {
  const flops = { "matmul.main": 3 * 2 * 5 * 8 * 12 };
  deepStrictEqual(
    await told((x) => forwardAndBackward((a, b) => matmul(a, b), x(5, 8), x(8, 12))),
    flops,
  );
});

Deno.test("attention tells its products: of every pair of tokens, or of those that may see each other", async () => {
  const [batch, tokens, heads] = [2, 5, 3];
  for (const causal of [false, true]) {
    let pairs = 0;
    for (let q = 0; q < tokens; q++) for (let k = 0; k < tokens; k++) pairs += +(!causal || k <= q);
    const product = 2 * batch * heads * 64 * pairs;
    deepStrictEqual(
      await told((x) =>
        forwardAndBackward((qkv) => attention(qkv, { causal }), x(batch, tokens, 3 * 64 * heads))
      ),
      {
        "attention.backward_kv": 4 * product,
        "attention.backward_q": 3 * product,
        "attention.forward": 2 * product,
      },
    );
  }
});

Deno.test("a convolution tells the products of its taps, and a stride's gradient no more", async () => {
  const [images, side, channels, outputs] = [2, 8, 4, 12], out = side / 2;
  // Without padding every tap of a 2 x 2 convolution meets a pixel.
  const forward = 2 * images * out ** 2 * outputs * 4 * channels;
  deepStrictEqual(
    await told((x) =>
      forwardAndBackward(
        (image, weight) => conv2d(image, weight, { stride: 2 }),
        x(images, side, side, channels),
        x(outputs, channels, 2, 2),
      )
    ),
    { "conv2d.forward": 2 * forward, "conv2d.weights": forward },
  );
});

Deno.test("distances tell a difference, a product and a sum, of each pair once", async () => {
  const [batch, n, m, width] = [2, 7, 5, 8];
  deepStrictEqual(await told((x) => pairwiseDistance(x(batch, n, width), x(batch, m, width))), {
    "distance.main": 3 * batch * n * m * width,
  });
  let pairs = 0;
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) pairs++;
  deepStrictEqual(await told((x) => pairwiseDistance(x(batch, n, width))), {
    "distance.main": 3 * batch * pairs * width,
  });
});
