/**
 * Recomputation: a block keeps its inputs only, and runs again in the backward pass.
 *
 * @module
 */
import { currentRecorder, type Input, type Recorder, setRecorder } from "../ops/define.ts";
import { tidy } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Tape } from "./tape.ts";

/**
 * Records nothing, but notes whether anything would have been. That a recorder is in force at all makes
 * the first run take the same kernels as the second.
 */
class Probe implements Recorder {
  hit = false;
  constructor(private readonly tape: Tape) {}

  wants(inputs: readonly Input[]): boolean {
    this.hit ||= this.tape.wants(inputs);
    return false;
  }

  record(): void {}
}

/**
 * `body(...inputs)`, without keeping its activations: the backward pass runs `body` once more and
 * differentiates that run (Chen et al., "Training deep nets with sublinear memory cost", 2016). Memory
 * falls by the activations of the block, for the time of one more forward pass of it. The gradients are
 * those of the plain call, bit for bit. Blocks nest. Without a tape in force this is the plain call.
 *
 * @param body Computes the same from the same inputs each time it runs: it runs twice. Tensors that it
 *   captures (parameters) get their gradients too, and must live until the backward pass.
 * @param inputs What `body` is called with.
 *
 * @example
 * ```ts ignore
 * for (const block of blocks) x = checkpoint((x) => block.forward(x), [x]);
 * ```
 */
export function checkpoint(
  body: (...inputs: Tensor[]) => Tensor,
  inputs: readonly [Tensor, ...Tensor[]],
): Tensor {
  const tape = currentRecorder();
  if (!(tape instanceof Tape)) return body(...inputs);
  const { device } = inputs[0];
  const probe = new Probe(tape);
  setRecorder(probe);
  let output: Tensor;
  try {
    output = tidy(device, () => {
      const result = body(...inputs);
      probe.wants([result]);
      // A handle of its own: the result may be one of the inputs.
      return result.alias();
    });
  } finally {
    setRecorder(tape);
  }
  if (!probe.hit) return output;
  tape.record({
    name: "checkpoint",
    inputs,
    output,
    saved: inputs,
    attributes: undefined,
    gradient(dy, { saved, needs }) {
      const again = saved as Tensor[];
      const leaves = again.filter((_, i) => needs[i]);
      using inner = new Tape(tape);
      inner.watch(...leaves);
      const y = tidy(device, () => inner.run(() => body(...again)));
      const gradients = inner.backward(y, leaves, dy);
      return needs.map((needed) => needed ? gradients.shift() : undefined);
    },
  });
  return output;
}
