/**
 * Reverse-mode differentiation: a tape of the ops that ran.
 *
 * @module
 */
import { addInto } from "../ops/add_into.ts";
import { add } from "../ops/binary.ts";
import { type Application, type Input, type Recorder, setRecorder } from "../ops/define.ts";
import { outsideScopes, Scope } from "../tensor/scope.ts";
import { sameShape } from "../tensor/shape.ts";
import { type Tensor, tensor } from "../tensor/tensor.ts";

/** Gradients by the id of the tensor they belong to. */
type Gradients = Map<number, Tensor>;

/**
 * Records ops whose inputs lead back to a watched tensor, and runs their gradients in reverse.
 *
 * The tape owns what the backward pass needs, so scopes may end in between; a saved activation is
 * given back as soon as its gradient is done.
 *
 * @example
 * ```ts ignore
 * using tape = new Tape();
 * tape.watch(weight);
 * const loss = tape.record(() => mean(matmul(x, weight)));
 * const [gradient] = tape.backward(loss, [weight]);
 * ```
 */
export class Tape implements Recorder {
  #tracked = new Set<number>();
  #nodes: Application[] = [];
  #gradients: Gradients = new Map();

  /** Marks leaves: gradients flow to them. */
  watch(...leaves: Tensor[]): void {
    for (const leaf of leaves) this.#tracked.add(leaf.id);
  }

  /** Whether gradients flow to `tensor`. */
  tracks(tensor: Input): boolean {
    return tensor !== undefined && this.#tracked.has(tensor.id);
  }

  wants(inputs: readonly Input[]): boolean {
    return inputs.some((input) => this.tracks(input));
  }

  /** Runs `body` with this tape in force. */
  run<R>(body: () => R): R {
    const previous = setRecorder(this);
    try {
      return body();
    } finally {
      setRecorder(previous);
    }
  }

  /** Takes note of an op that ran, and keeps what its gradient needs. */
  record(application: Application): void {
    this.#tracked.add(application.output.id);
    // Own handles: the scope that made these may end before the backward pass.
    const saved = application.saved.map((t) => t && outsideScopes(t.device, () => t.alias()));
    this.#nodes.push({ ...application, saved });
  }

  /**
   * The gradients of `output` with respect to `targets`, undefined where none flows. Runs once: the
   * tape is empty afterwards. The gradients belong to the innermost open scope, or to the caller.
   *
   * @param seed Gradient of `output`, of its shape; 1 for an output of one element.
   */
  backward(output: Tensor, targets: readonly Tensor[], seed?: Tensor): Input[] {
    const { device } = output;
    const wanted = new Set(targets.map((t) => t.id));
    const previous = setRecorder(undefined);
    try {
      outsideScopes(device, () => {
        const first = seed?.alias() ?? tensor(device, new Float32Array([1]), output.shape);
        this.accumulate(output, first);
      });
      for (let node = this.#nodes.pop(); node; node = this.#nodes.pop()) this.#step(node, wanted);
      return targets.map((target) => {
        const gradient = this.#gradients.get(target.id);
        this.#gradients.delete(target.id);
        return gradient?.alias();
      });
    } finally {
      setRecorder(previous);
      this[Symbol.dispose]();
    }
  }

  /** Adds `gradient` to what has arrived at `tensor`; takes ownership of it. */
  accumulate(tensor: Tensor, gradient: Tensor): void {
    if (!sameShape(tensor.shape, gradient.shape)) {
      throw new Error(`gradient [${gradient.shape}] of a tensor [${tensor.shape}]`);
    }
    const sofar = this.#gradients.get(tensor.id);
    if (!sofar) this.#gradients.set(tensor.id, gradient);
    else if (sofar.unshared) {
      addInto(sofar, gradient);
      gradient.dispose();
    } else {
      this.#gradients.set(tensor.id, add(sofar, gradient));
      sofar.dispose();
      gradient.dispose();
    }
  }

  #step(node: Application, wanted: ReadonlySet<number>): void {
    const { output, inputs, saved, attributes } = node;
    const gradient = this.#gradients.get(output.id);
    if (gradient) {
      if (!wanted.has(output.id)) this.#gradients.delete(output.id);
      using _scope = new Scope(output.device);
      const needs = inputs.map((input) => this.tracks(input));
      const flowing = node.gradient(gradient, { saved, attributes, needs });
      inputs.forEach((input, i) => {
        const arriving = flowing[i];
        if (!input || !needs[i] || !arriving) return;
        outsideScopes(output.device, () => this.accumulate(input, arriving.alias()));
      });
      if (!wanted.has(output.id)) gradient.dispose();
    }
    for (const tensor of saved) tensor?.dispose();
  }

  /** Gives back what the tape still holds. */
  [Symbol.dispose](): void {
    for (const { saved } of this.#nodes.splice(0)) for (const t of saved) t?.dispose();
    for (const gradient of this.#gradients.values()) gradient.dispose();
    this.#gradients.clear();
    this.#tracked.clear();
  }
}

/** Runs `body` with nothing recorded. */
export function noGrad<R>(body: () => R): R {
  const previous = setRecorder(undefined);
  try {
    return body();
  } finally {
    setRecorder(previous);
  }
}
