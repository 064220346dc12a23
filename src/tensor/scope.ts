/**
 * Lifetimes: a scope gives back what was made inside it.
 *
 * @module
 */
import type { Device } from "../gpu/device.ts";
import type { Tensor } from "./tensor.ts";

const open = new WeakMap<Device, Scope[]>();

/**
 * Gives back, when it ends, every tensor that was made on the device since it began, except those that
 * were kept. Scopes nest, and must end in the reverse order in which they began.
 *
 * Recording is synchronous: do not await inside a scope that other code on the same device may enter.
 *
 * @example
 * ```ts ignore
 * using scope = new Scope(device);
 * const loss = scope.keep(model.loss(batch)); // the activations are recycled at the end of the block
 * ```
 */
export class Scope {
  #made: Tensor[] = [];
  #sweepAt = 1024;
  #kept = new Set<Tensor>();

  /** Begins the scope. */
  constructor(readonly device: Device) {
    const stack = open.get(device);
    if (stack) stack.push(this);
    else open.set(device, [this]);
  }

  /** Adds a tensor that was made just now. */
  add(tensor: Tensor): void {
    // A scope may last a whole run: what was given back meanwhile takes no room in it.
    if (this.#made.length === this.#sweepAt) {
      this.#made = this.#made.filter(({ disposed }) => !disposed);
      this.#sweepAt = 2 * this.#made.length + 1024;
    }
    this.#made.push(tensor);
  }

  /** Lets `tensor` outlive this scope: it then belongs to the enclosing scope, or to the caller. */
  keep<T extends Tensor>(tensor: T): T {
    this.#kept.add(tensor);
    return tensor;
  }

  /**
   * Ends the scope.
   *
   * @throws {Error} if it is not the innermost scope that is open.
   */
  [Symbol.dispose](): void {
    const stack = open.get(this.device);
    if (stack?.at(-1) !== this) {
      throw new Error("scopes must end in the reverse order of their begin");
    }
    stack.pop();
    const outer = stack.at(-1);
    for (const tensor of this.#made) {
      if (!this.#kept.has(tensor)) tensor.dispose();
      else outer?.add(tensor);
    }
  }
}

/** Registers a new tensor with the innermost open scope of its device, if there is one. */
export function enterScope(tensor: Tensor): void {
  open.get(tensor.device)?.at(-1)?.add(tensor);
}

/**
 * Runs `body` in a scope of its own and keeps the tensors that it returns.
 *
 * @example
 * ```ts ignore
 * const y = tidy(device, () => matmul(quickGelu(matmul(x, w1)), w2)); // only y is left
 * ```
 */
export function tidy<R extends Tensor | readonly Tensor[]>(device: Device, body: () => R): R {
  using scope = new Scope(device);
  const result = body();
  for (const tensor of Array.isArray(result) ? result : [result]) scope.keep(tensor as Tensor);
  return result;
}

/** Runs `body` with no scope open: what it makes belongs to the caller until it is disposed. */
export function outsideScopes<R>(device: Device, body: () => R): R {
  const stack = open.get(device);
  open.delete(device);
  try {
    return body();
  } finally {
    if (stack) open.set(device, stack);
  }
}
