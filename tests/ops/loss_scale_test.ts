import { deepStrictEqual } from "node:assert/strict";
import { advanceLossScale } from "../../src/ops/loss_scale.ts";
import { Random } from "../../src/tensor/random.ts";
import { Scope } from "../../src/tensor/scope.ts";
import { empty, tensor } from "../../src/tensor/tensor.ts";
import { device } from "../device.ts";

/** Scales after each step, as PyTorch's GradScaler has them within bounds. */
function oracle(finite: readonly boolean[], first: number, interval: number): Float32Array {
  let scale = first, good = 0;
  return Float32Array.from(finite, (ok) => {
    good = ok ? good + 1 : 0;
    if (!ok) scale = Math.max(scale / 2, 2 ** -24);
    if (good === interval) {
      scale = Math.min(2 * scale, 2 ** 64);
      good = 0;
    }
    return scale;
  });
}

/** Scales after each step, on the GPU. */
async function scales(finite: readonly boolean[], first: number, interval: number) {
  using _scope = new Scope(device);
  const scale = tensor(device, Float32Array.of(first)), good = tensor(device, Uint32Array.of(0));
  const yes = tensor(device, Float32Array.of(2, 0.5, 1, 0));
  const infinite = tensor(device, Float32Array.of(Infinity, 0, 0, 0));
  const unknown = tensor(device, Float32Array.of(NaN, NaN, 0, 0));
  const history = empty(device, "f32", [finite.length]);
  finite.forEach((ok, i) => {
    advanceLossScale({ scale, good }, ok ? yes : i % 2 ? infinite : unknown, interval);
    device.copy(scale, 0, history, 4 * i, 4);
  });
  return await history.data();
}

const random = new Random(3, [1]);
const PATTERNS: Readonly<Record<string, readonly [boolean[], number, number]>> = {
  "4500 good steps but two": [
    Array.from({ length: 4500 }, (_, i) => i !== 0 && i !== 2100),
    65536,
    2000,
  ],
  "a fifth of 3000 steps overflows": [
    Array.from({ length: 3000 }, () => random.uniform() > 0.2),
    65536,
    3,
  ],
  "no step is good": [Array<boolean>(60).fill(false), 65536, 2000],
  "every step is good": [Array<boolean>(120).fill(true), 65536, 2],
};

for (const [name, [finite, first, interval]] of Object.entries(PATTERNS)) {
  Deno.test(`advanceLossScale() follows GradScaler: ${name}`, async () => {
    deepStrictEqual(
      await scales(finite, first, interval),
      oracle(finite, first, interval),
    );
  });
}
