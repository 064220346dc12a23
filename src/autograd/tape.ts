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
import { empty, type Tensor, tensor } from "../tensor/tensor.ts";

/**
 * Records ops whose inputs lead back to a watched tensor, and runs their gradients in reverse.
 *
 * The tape owns what the backward pass needs, so scopes may end in between; a saved activation is
 * given back as soon as its gradient is done. Where tapes nest, an op goes to the innermost one only.
 *
 * @example
 * ```ts ignore
 * using tape = new Tape();
 * tape.watch(weight);
 * const loss = tape.run(() => mean(matmul(x, weight)));
 * const [gradient] = tape.backward(loss, [weight]);
 * ```
 */
export class Tape implements Recorder {
  #tracked = new Set<Tensor>();
  #nodes: Application[] = [];
  #gradients = new Map<Tensor, Tensor>();

  /**
   * Makes an empty tape.
   *
   * @param outer A tape whose tracked tensors this one takes for leaves: their gradients go on to it
   *   when this tape's backward pass ends.
   */
  constructor(private readonly outer?: Tape) {}

  /** Marks leaves: gradients flow to them. */
  watch(...leaves: Tensor[]): void {
    for (const leaf of leaves) this.#tracked.add(leaf);
  }

  /** Whether gradients flow to `tensor`. */
  tracks(tensor: Input): boolean {
    return tensor !== undefined && (this.#tracked.has(tensor) || !!this.outer?.tracks(tensor));
  }

  /** Whether an op with these inputs must be recorded. */
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

  /** Takes down one application of an op. */
  record(application: Application): void {
    this.#tracked.add(application.output);
    // Own handles: the scope that made these may end before the backward pass.
    const saved = outsideScopes(
      application.output.device,
      () => application.saved.map((t) => t?.alias()),
    );
    this.#nodes.push({ ...application, saved });
  }

  /**
   * The gradients of `output` with respect to `targets`, undefined where none flows. Runs once: the
   * tape is empty afterwards. The gradients belong to the innermost open scope, or to the caller, and
   * each has a storage of its own.
   *
   * @param seed Gradient of `output`, of its shape; 1 for an output of one element.
   */
  backward(output: Tensor, targets: readonly Tensor[], seed?: Tensor): Input[] {
    const { device } = output;
    const wanted = new Set(targets);
    const previous = setRecorder(undefined);
    try {
      outsideScopes(device, () => {
        const first = seed?.alias() ?? tensor(device, new Float32Array([1]), output.shape);
        this.accumulate(output, first);
      });
      for (let node = this.#nodes.pop(); node; node = this.#nodes.pop()) this.#step(node, wanted);
      const found = targets.map((target) => this.#gradients.get(target)?.alias());
      this.#handOn(wanted);
      this[Symbol.dispose](); // so that only what others hold is shared
      return found.map((gradient) => gradient && (gradient.unshared ? gradient : move(gradient)));
    } finally {
      setRecorder(previous);
      this[Symbol.dispose]();
    }
  }

  /** Adds `gradient` to what has arrived at `tensor`; takes ownership of it. */
  accumulate(tensor: Tensor, gradient: Tensor): void {
    if (!sameShape(tensor.shape, gradient.shape)) {
      gradient.dispose();
      throw new Error(`gradient [${gradient.shape}] of a tensor [${tensor.shape}]`);
    }
    const sofar = this.#gradients.get(tensor);
    if (!sofar) this.#gradients.set(tensor, gradient);
    else if (sofar.unshared) {
      addInto(sofar, gradient);
      gradient.dispose();
    } else {
      this.#gradients.set(tensor, add(sofar, gradient));
      sofar.dispose();
      gradient.dispose();
    }
  }

  #step({ output, inputs, saved, attributes, gradient }: Application, wanted: Set<Tensor>): void {
    const { device } = output;
    const arrived = this.#gradients.get(output);
    // A step is short, and `using` three things takes longer than the rest of it.
    const scope = new Scope(device);
    try {
      if (!arrived) return;
      const needs = inputs.map((input) => this.tracks(input));
      const flowing = gradient(arrived, { saved, attributes, needs });
      outsideScopes(device, () => {
        inputs.forEach((input, i) => {
          const gradient = flowing[i];
          if (input && needs[i] && gradient) this.accumulate(input, gradient.alias());
        });
      });
    } finally {
      for (const t of saved) t?.dispose();
      if (arrived && !wanted.has(output)) {
        this.#gradients.delete(output);
        arrived.dispose();
      }
      scope[Symbol.dispose]();
    }
  }

  /** Hands the gradients of the outer tape's tensors on to it. */
  #handOn(wanted: Set<Tensor>): void {
    for (const [tensor, gradient] of this.#gradients) {
      if (wanted.has(tensor) || !this.outer?.tracks(tensor)) continue;
      this.#gradients.delete(tensor);
      const { outer } = this;
      outsideScopes(tensor.device, () => outer.accumulate(tensor, gradient));
    }
  }

  /** Gives back what the tape still holds. */
  [Symbol.dispose](): void {
    for (const { saved } of this.#nodes.splice(0)) for (const t of saved) t?.dispose();
    for (const gradient of this.#gradients.values()) gradient.dispose();
    this.#gradients.clear();
    this.#tracked.clear();
  }
}

/** The elements of `x` in a storage of their own; gives `x` back. */
function move(x: Tensor): Tensor {
  const copy = empty(x.device, x.dtype, x.shape, "gradient");
  x.device.copy(x, 0, copy, 0, x.bytes);
  x.dispose();
  return copy;
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
