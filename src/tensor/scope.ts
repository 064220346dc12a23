/**
 * Lifetimes: a scope gives back what was made inside it.
 *
 * @module
 */
import type { Device } from "../gpu/device.ts";
import type { Tensor } from "./tensor.ts";

/** The open scopes of a device, the innermost last; none where {@link outsideScopes} is in force. */
interface Open {
  scopes: Scope[];
}

const byDevice = new WeakMap<Device, Open>();

function openOn(device: Device): Open {
  let open = byDevice.get(device);
  if (!open) byDevice.set(device, open = { scopes: [] });
  return open;
}

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
  #kept?: Set<Tensor>;
  readonly #open: Open;

  /** Begins the scope. */
  constructor(readonly device: Device) {
    this.#open = openOn(device);
    this.#open.scopes.push(this);
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
    (this.#kept ??= new Set()).add(tensor);
    return tensor;
  }

  /**
   * Ends the scope.
   *
   * @throws {Error} if it is not the innermost scope that is open.
   */
  [Symbol.dispose](): void {
    const { scopes } = this.#open;
    if (scopes.at(-1) !== this) {
      throw new Error("scopes must end in the reverse order of their begin");
    }
    scopes.pop();
    const outer = scopes.at(-1);
    for (const tensor of this.#made) {
      if (!this.#kept?.has(tensor)) tensor.dispose();
      else outer?.add(tensor);
    }
  }
}

/** Registers a new tensor with the innermost open scope of its device, if there is one. */
export function enterScope(tensor: Tensor): void {
  byDevice.get(tensor.device)?.scopes.at(-1)?.add(tensor);
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
  const scope = new Scope(device);
  try {
    const result = body();
    if (Array.isArray(result)) { for (const tensor of result) scope.keep(tensor); }
    else scope.keep(result as Tensor);
    return result;
  } finally {
    scope[Symbol.dispose](); // not `using`, which takes 0.2 us: ops call this
  }
}

/** Runs `body` with no scope open: what it makes belongs to the caller until it is disposed. */
export function outsideScopes<R>(device: Device, body: () => R): R {
  const open = openOn(device), { scopes } = open;
  open.scopes = [];
  try {
    return body();
  } finally {
    open.scopes = scopes;
  }
}
