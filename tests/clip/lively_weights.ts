/**
 * Weights for a ResNet that leave no part of it idle. Fresh ones will not do: there every bottleneck is
 * its shortcut, and every norm the identity.
 */
import { type ResNetConfig, shapesOf } from "../../src/clip/config.ts";
import type { HostTensor } from "../../src/clip/init.ts";
import { Random } from "../../src/tensor/random.ts";
import { type Shape, sizeOf } from "../../src/tensor/shape.ts";

/** How a tensor is spread around what. */
function spreadOf(name: string, shape: Shape): { mean: number; spread: number } {
  if (name.endsWith("num_batches_tracked")) return { mean: 3, spread: 0 };
  if (name.endsWith("running_mean")) return { mean: 0, spread: 0.2 };
  // Small, since each bottleneck multiplies the features: what a batch norm that learns would see to.
  if (/layer\d\.\d+\.bn3\.weight$/.test(name)) return { mean: 0.3, spread: 0.1 };
  if (/running_var$|(bn\d|downsample\.1)\.weight$/.test(name)) return { mean: 1, spread: 0.1 };
  if (/(bn\d|downsample\.1)\.bias$/.test(name)) return { mean: 0, spread: 0.1 };
  if (shape.length < 2) return { mean: 0, spread: 0.1 };
  const gain = shape.length === 4 ? 2 : 1; // ReLU halves the variance
  return { mean: 0, spread: Math.sqrt(gain / sizeOf(shape.slice(1))) };
}

/** The image encoder's tensors, in OpenAI's names. */
export function* livelyWeights(
  config: ResNetConfig,
): Generator<[name: string, tensor: HostTensor]> {
  let index = 0;
  for (const [name, shape] of shapesOf(config)) {
    if (!name.startsWith("visual.")) continue;
    const random = new Random(5, [0x11fe, index++]);
    const { mean, spread } = spreadOf(name, shape);
    const data = Float32Array.from(
      { length: sizeOf(shape) },
      () => mean + spread * random.normal(),
    );
    yield [name, { shape, data }];
  }
}
