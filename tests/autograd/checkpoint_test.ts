import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import { checkpoint } from "../../src/autograd/checkpoint.ts";
import { noGrad, Tape } from "../../src/autograd/tape.ts";
import { scale } from "../../src/ops/affine.ts";
import { add, mul } from "../../src/ops/binary.ts";
import { currentRecorder } from "../../src/ops/define.ts";
import { exp } from "../../src/ops/exp.ts";
import { matmul } from "../../src/ops/matmul.ts";
import { quickGelu } from "../../src/ops/quick_gelu.ts";
import { sum } from "../../src/ops/reduce.ts";
import { Scope, tidy } from "../../src/tensor/scope.ts";
import { type Tensor, tensor } from "../../src/tensor/tensor.ts";
import { device } from "../device.ts";
import { normals } from "../oracle/check.ts";

type Call = typeof checkpoint;
const plainly: Call = (body, inputs) => body(...inputs);
const WIDTH = 20;

/** Loss and gradients of a residual network of `depth` blocks, under one way to call a block. */
async function train(call: Call, depth = 3) {
  using _scope = new Scope(device);
  const x = tensor(device, normals(7 * WIDTH, 1), [7, WIDTH]);
  const weights = Array.from(
    { length: depth },
    (_, i) =>
      tensor(device, normals(WIDTH * WIDTH, i + 2).map((v) => v / 5), [
        WIDTH,
        WIDTH,
      ]),
  );
  const shared = tensor(device, normals(WIDTH, 50));
  using tape = new Tape();
  tape.watch(x, ...weights, shared);
  const y = tape.run(() => {
    let h: Tensor = x;
    for (const w of weights) {
      h = call((h) => add(quickGelu(matmul(h, w, { bias: shared })), h), [h]);
    }
    return sum(mul(h, h));
  });
  const gradients = tape.backward(y, [x, ...weights, shared]);
  return await Promise.all([y, ...gradients].map((t) => t!.data()));
}

Deno.test("checkpoint() gives the gradients of the plain call, bit for bit", async () => {
  const expected = await train(plainly);
  deepStrictEqual(await train(checkpoint), expected);
  ok(expected.every((values) => values.some((v) => v !== 0)));
});

Deno.test("checkpoints nest", async () => {
  const twice: Call = (body, inputs) =>
    checkpoint((...outer) => checkpoint((...inner) => body(...inner), [outer[0]]), inputs);
  deepStrictEqual(await train(twice), await train(plainly));
});

Deno.test("a checkpoint keeps its inputs only, and gives everything back", () => {
  const n = 1 << 14, bytes = 4 * n;
  using x = tensor(device, new Float32Array(n).fill(-1));
  const { live } = device.memory;
  const measure = (call: Call) => {
    using _scope = new Scope(device);
    using tape = new Tape();
    tape.watch(x);
    device.pool.resetPeak();
    const y = tape.run(() =>
      tidy(device, () => {
        let h: Tensor = x;
        for (let i = 0; i < 4; i++) {
          h = call((h) => {
            for (let k = 0; k < 4; k++) h = scale(exp(h), -1);
            return h;
          }, [h]);
        }
        return sum(h);
      })
    );
    const kept = device.memory.live - live;
    tape.backward(y, [x]);
    return { kept, peak: device.memory.peak - live };
  };
  const plain = measure(plainly), checked = measure(checkpoint);
  strictEqual(device.memory.live, live);
  ok(plain.kept >= 16 * bytes, "every exponential is kept");
  // The inputs of four blocks, the first of which was there before.
  ok(checked.kept < 4 * bytes, `${checked.kept / bytes} activations kept`);
  ok(checked.peak < 0.7 * plain.peak, `peak ${checked.peak / bytes} against ${plain.peak / bytes}`);
});

Deno.test("captured tensors get their gradients, also those that ops on the outer tape made", async () => {
  using _scope = new Scope(device);
  const x = tensor(device, new Float32Array([2])), w = tensor(device, new Float32Array([3]));
  using tape = new Tape();
  tape.watch(x, w);
  const y = tape.run(() => {
    const square = mul(w, w);
    // x^2 w^2 + w^2
    return add(checkpoint((h) => mul(mul(h, square), x), [x]), square);
  });
  const gradients = tape.backward(y, [x, w]);
  deepStrictEqual(await Promise.all(gradients.map(async (g) => (await g!.data())[0])), [36, 30]);
});

Deno.test("a body may return an input or a captured tensor as it is", async () => {
  using _scope = new Scope(device);
  const x = tensor(device, new Float32Array([2])), w = tensor(device, new Float32Array([3]));
  using tape = new Tape();
  tape.watch(x, w);
  const y = tape.run(() => mul(checkpoint((h) => h, [x]), checkpoint(() => w, [x])));
  const gradients = tape.backward(y, [x, w]);
  deepStrictEqual(await Promise.all(gradients.map(async (g) => (await g!.data())[0])), [3, 2]);
  strictEqual(x.disposed || w.disposed, false);
});

Deno.test("inputs that need no gradient get none, and what needs none at all is not run again", async () => {
  using _scope = new Scope(device);
  const x = tensor(device, new Float32Array([2])), w = tensor(device, new Float32Array([3]));
  using tape = new Tape();
  tape.watch(w);
  let runs = 0;
  const y = tape.run(() => {
    const frozen = checkpoint((h) => (runs++, exp(h)), [x]);
    strictEqual(tape.tracks(frozen), false);
    return checkpoint((a, b) => (runs++, mul(scale(a, 0), b)), [frozen, w]);
  });
  const [dx, dw] = tape.backward(y, [x, w]);
  strictEqual(dx, undefined);
  deepStrictEqual([...await dw!.data()], [0]);
  strictEqual(runs, 3);
});

Deno.test("without a tape in force the body runs once, with nothing recorded", () => {
  using _scope = new Scope(device);
  const x = tensor(device, new Float32Array([2]));
  let runs = 0;
  const body = (h: Tensor) => (runs++, exp(h));
  checkpoint(body, [x]);
  using tape = new Tape();
  tape.watch(x);
  tape.run(() => noGrad(() => checkpoint(body, [x])));
  strictEqual(runs, 2);
});

Deno.test("an error in either run of the body leaves no leak and the tape as it was", () => {
  using x = tensor(device, new Float32Array([2]));
  const { buffers } = device.memory;
  for (const failing of [1, 2]) {
    {
      using _scope = new Scope(device);
      using tape = new Tape();
      tape.watch(x);
      let runs = 0;
      throws(() => {
        const y = tape.run(() => {
          try {
            return checkpoint((h) => {
              const made = exp(h);
              if (++runs === failing) throw new Error("body");
              return made;
            }, [x]);
          } finally {
            strictEqual(currentRecorder(), tape);
          }
        });
        tape.backward(y, [x]);
      }, /body/);
      strictEqual(currentRecorder(), undefined);
    }
    strictEqual(device.memory.buffers, buffers);
  }
});
