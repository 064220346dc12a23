import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import { noGrad, Tape } from "../../src/autograd/tape.ts";
import { scale } from "../../src/ops/affine.ts";
import { add, mul } from "../../src/ops/binary.ts";
import { defineOp } from "../../src/ops/define.ts";
import { exp } from "../../src/ops/exp.ts";
import { sum } from "../../src/ops/reduce.ts";
import { Scope, tidy } from "../../src/tensor/scope.ts";
import { type Tensor, tensor } from "../../src/tensor/tensor.ts";
import { device } from "../device.ts";

const vector = (...values: number[]) => tensor(device, new Float32Array(values));

/** The values of each gradient, undefined where none flowed. */
const read = (gradients: readonly (Tensor | undefined)[]) =>
  Promise.all(gradients.map(async (g) => g && [...await g.data()]));

Deno.test("gradients of a tensor that is used several times add up", async () => {
  using _scope = new Scope(device);
  const x = vector(2, 3);
  using tape = new Tape();
  tape.watch(x);
  // x^2 + 5 x + x
  const y = tape.run(() => sum(add(add(mul(x, x), scale(x, 5)), x)));
  deepStrictEqual(await read(tape.backward(y, [x])), [[10, 12]]);
});

Deno.test("a residual sum hands one gradient to both sides without mixing them up", async () => {
  using _scope = new Scope(device);
  const x = vector(2, 3), w = vector(7, 11);
  using tape = new Tape();
  tape.watch(x, w);
  // Both branches of y = x + w share dy; x collects more before and after.
  const y = tape.run(() => sum(add(mul(add(x, w), x), x)));
  deepStrictEqual(await read(tape.backward(y, [x, w])), [[12, 18], [2, 3]]);
});

Deno.test("gradients that start from one seed have storages of their own", async () => {
  using _scope = new Scope(device);
  const a = vector(1, 2), b = vector(3, 4), seed = vector(5, 6);
  using tape = new Tape();
  tape.watch(a, b);
  const y = tape.run(() => add(a, b));
  const [da, db, dy] = tape.backward(y, [a, b, y], seed);
  ok(da!.unshared && db!.unshared && dy!.unshared && seed.unshared);
  deepStrictEqual(await read([da, db, dy]), [[5, 6], [5, 6], [5, 6]]);
});

Deno.test("targets that the output does not depend on have no gradient", async () => {
  using _scope = new Scope(device);
  const x = vector(1, 2), unused = vector(1), never = vector(1);
  using tape = new Tape();
  tape.watch(x, unused);
  const y = tape.run(() => (exp(unused), sum(x)));
  const [dx, ...none] = tape.backward(y, [x, unused, never]);
  deepStrictEqual(await read([dx, ...none]), [[1, 1], undefined, undefined]);
});

Deno.test("a target may be an intermediate result, or be asked for twice", async () => {
  using _scope = new Scope(device);
  const x = vector(2, 3);
  using tape = new Tape();
  tape.watch(x);
  const [square, y] = tape.run(() => {
    const square = mul(x, x);
    return [square, sum(mul(square, square))];
  });
  deepStrictEqual(await read(tape.backward(y, [square, x, x])), [[8, 18], [32, 108], [32, 108]]);
});

Deno.test("what an op saves outlives the scope that made it", async () => {
  using x = vector(0.5, 1);
  using tape = new Tape();
  tape.watch(x);
  const y = tape.run(() => tidy(device, () => sum(mul(exp(x), exp(x)))));
  const [dx] = await read(tape.backward(y, [x]));
  for (const [i, v] of [0.5, 1].entries()) ok(Math.abs(dx![i] - 2 * Math.exp(2 * v)) < 1e-4);
  y.dispose();
});

Deno.test("saved tensors go as soon as their gradient is done, and nothing is left in the end", () => {
  const n = 1 << 14, bytes = 4 * n, depth = 10;
  using x = tensor(device, new Float32Array(n));
  const { live, buffers } = device.memory;
  {
    using _scope = new Scope(device);
    using tape = new Tape();
    tape.watch(x);
    const y = tape.run(() =>
      tidy(device, () => {
        let h: Tensor = x;
        for (let i = 0; i < depth; i++) h = exp(h);
        return sum(h);
      })
    );
    const kept = device.memory.live - live;
    ok(kept >= depth * bytes && kept < (depth + 1) * bytes, "each exponential is kept once");
    device.pool.resetPeak();
    tape.backward(y, [x]);
    const peak = device.memory.peak - live;
    // The gradients of one step (in, out) come on top of what is left, never one per step.
    ok(peak <= kept + 3 * bytes, `${peak} bytes at the peak, ${kept} kept`);
    ok(device.memory.live - live < 2 * bytes, "only the gradient is left");
  }
  deepStrictEqual([device.memory.live, device.memory.buffers], [live, buffers]);
});

Deno.test("without a scope only the gradients and the output are left to their owner", () => {
  using x = vector(1, 2);
  const { buffers } = device.memory;
  const tape = new Tape();
  tape.watch(x);
  const y = tape.run(() => sum(x));
  const gradients = tape.backward(y, [x]);
  strictEqual(device.memory.buffers, buffers + 2);
  for (const t of [y, ...gradients]) t!.dispose();
  strictEqual(device.memory.buffers, buffers);
});

Deno.test("noGrad() and ops without a gradient stop the flow, also through ops inside them", async () => {
  const stop = defineOp<[Tensor]>({
    name: "stop",
    forward: ([x]) => scale(x, 3),
    gradient: "none",
  });
  using _scope = new Scope(device);
  const x = vector(2);
  using tape = new Tape();
  tape.watch(x);
  const y = tape.run(() => sum(add(mul(stop([x]), x), noGrad(() => scale(x, 10)))));
  deepStrictEqual(await read(tape.backward(y, [x])), [[6]]);
});

Deno.test("what runs outside run() is not recorded", async () => {
  using _scope = new Scope(device);
  const x = vector(2);
  using tape = new Tape();
  tape.watch(x);
  const outside = exp(x);
  const y = tape.run(() => sum(outside));
  deepStrictEqual(await read(tape.backward(y, [x])), [undefined]);
});

Deno.test("of two nested tapes the inner one takes the op", async () => {
  using _scope = new Scope(device);
  const x = vector(2);
  using outer = new Tape(), inner = new Tape();
  outer.watch(x);
  inner.watch(x);
  const [a, b] = outer.run(() => {
    const a = inner.run(() => mul(x, x));
    return [a, scale(x, 7)];
  });
  deepStrictEqual(await read(inner.backward(a, [x])), [[4]]);
  deepStrictEqual(await read(outer.backward(b, [x])), [[7]]);
});

Deno.test("a backward pass records nothing on another tape", () => {
  using _scope = new Scope(device);
  const x = vector(2);
  using outer = new Tape(), inner = new Tape();
  inner.watch(x);
  const y = inner.run(() => mul(x, x));
  outer.watch(x);
  const [dx] = outer.run(() => inner.backward(y, [x]));
  strictEqual(outer.tracks(dx), false);
});

Deno.test("errors in the body, in a gradient or in the seed leave no leak and no tape in force", () => {
  const faulty = (shape?: number[]) =>
    defineOp<[Tensor]>({
      name: "faulty",
      forward([x], _, save) {
        save(x);
        return scale(x, 1);
      },
      gradient(dy) {
        const made = scale(dy, 2);
        if (shape) return [made.reshape(shape)];
        throw new Error("gradient");
      },
    });
  using x = vector(1, 2);
  const { live, buffers } = device.memory;
  const attempt = (body: () => Tensor, message: RegExp, seed?: number[]) => {
    {
      using _scope = new Scope(device);
      using tape = new Tape();
      tape.watch(x);
      throws(() => {
        const y = tape.run(body);
        tape.backward(y, [x], seed && vector(...seed));
      }, message);
      const probe = exp(x);
      strictEqual(tape.tracks(probe), false, "the tape is out of force");
    }
    deepStrictEqual([device.memory.live, device.memory.buffers], [live, buffers]);
  };
  attempt(() => {
    exp(x);
    throw new Error("body");
  }, /body/);
  attempt(() => sum(exp(faulty()([exp(x)]))), /gradient/);
  attempt(() => sum(faulty([2, 1])([exp(x)])), /gradient \[2,1\] of a tensor \[2\]/);
  attempt(() => exp(x), /gradient \[3\] of a tensor \[2\]/, [1, 2, 3]);
  attempt(() => exp(x), /1 elements do not fill the shape \[2\]/);
});

Deno.test("a tape that is disposed of without a backward pass gives back what it kept", () => {
  using x = vector(1, 2);
  const { buffers } = device.memory;
  {
    using _scope = new Scope(device);
    using tape = new Tape();
    tape.watch(x);
    tape.run(() => sum(exp(x)));
  }
  strictEqual(device.memory.buffers, buffers);
});

Deno.test("an op keeps nothing but its output where no gradient is asked for", () => {
  using x = vector(1, 2);
  const { buffers } = device.memory;
  const wasteful = defineOp<[Tensor]>({
    name: "wasteful",
    forward([x], _, save) {
      const stats = exp(x);
      save(stats);
      return mul(x, stats);
    },
    gradient: () => [undefined],
  });
  const y = wasteful([x]);
  strictEqual(device.memory.buffers, buffers + 1);
  y.dispose();
});
