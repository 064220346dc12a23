/**
 * How an op is defined: what it launches and its gradient, together. An op without a gradient does not
 * type-check; one that has none says so with `gradient: "none"`.
 *
 * @module
 */
import { Scope } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** An optional input is `undefined` where it is left out. */
export type Input = Tensor | undefined;

/** Keeps tensors for the gradient; they reach it in the order in which they were saved. */
export type Save = (...tensors: Input[]) => void;

/** What a gradient is given. */
export interface GradientContext<Attributes> {
  /** What `forward` saved. */
  readonly saved: readonly Input[];
  /** What the op was called with besides its inputs. */
  readonly attributes: Attributes;
  /** For each input, whether anyone asks for its gradient. */
  readonly needs: readonly boolean[];
}

/** The gradient of an op: from the output's gradient to those of the inputs, in their order. */
export type Gradient<Attributes> = (
  grad: Tensor,
  context: GradientContext<Attributes>,
) => readonly Input[];

/** An op: its launch and its gradient. */
export interface OpDefinition<Inputs extends readonly Input[], Attributes> {
  readonly name: string;
  /** Records the kernels and returns the output. `save` does nothing when nothing is recorded. */
  forward(inputs: Inputs, attributes: Attributes, save: Save): Tensor;
  /** The gradient, or `"none"` for an op through which none flows. */
  readonly gradient: Gradient<Attributes> | "none";
}

/** One application of an op, as a recorder sees it. */
export interface Application {
  /** The op. */
  readonly name: string;
  /** What it was applied to. */
  readonly inputs: readonly Input[];
  /** What it gave. */
  readonly output: Tensor;
  /** What it saved for its gradient. */
  readonly saved: readonly Input[];
  /** What it was called with besides its inputs. */
  readonly attributes: unknown;
  /** Its gradient. */
  readonly gradient: Gradient<unknown>;
}

/** Watches the ops that run: the tape of `autograd`, which this layer does not know. */
export interface Recorder {
  /** Whether an op with these inputs must be recorded. */
  wants(inputs: readonly Input[]): boolean;
  /** Takes note of an op that ran. */
  record(application: Application): void;
}

let recorder: Recorder | undefined;

/** Installs a recorder (or none) and returns the previous one. */
export function setRecorder(next: Recorder | undefined): Recorder | undefined {
  const previous = recorder;
  recorder = next;
  return previous;
}

/** The recorder in force. */
export function currentRecorder(): Recorder | undefined {
  return recorder;
}

/**
 * Makes an op from its definition.
 *
 * @returns A function of the inputs, in order, and the attributes.
 */
export function defineOp<const Inputs extends readonly Input[], Attributes = void>(
  definition: OpDefinition<Inputs, Attributes>,
): (inputs: Inputs, attributes: Attributes) => Tensor {
  const { name, forward, gradient } = definition;
  return (inputs, attributes) => {
    const watching = setRecorder(undefined);
    let scope: Scope | undefined;
    try {
      const device = inputs.find((input) => input !== undefined)?.device;
      // What the op makes on the way goes with it; a recorder takes what the gradient needs.
      scope = device && new Scope(device);
      const saved: Input[] = [];
      const output = forward(inputs, attributes, (...tensors) => void saved.push(...tensors));
      if (gradient !== "none" && watching?.wants(inputs)) {
        watching.record({
          name,
          inputs,
          output,
          saved,
          attributes,
          gradient: gradient as Gradient<unknown>,
        });
      }
      return scope?.keep(output) ?? output;
    } finally {
      setRecorder(watching);
      // Not `using`: it takes 0.2 us, a hundredth of what an op may take in all.
      scope?.[Symbol.dispose]();
    }
  };
}
