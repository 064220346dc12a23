/**
 * What is used of jax-js.
 *
 * @module
 */

/** An array; passing it on consumes it, `ref` keeps it. */
export interface Array extends Disposable {
  readonly ref: Array;
  readonly shape: number[];
  add(x: Array | number): Array;
  sub(x: Array | number): Array;
  mul(x: Array | number): Array;
  div(x: Array | number): Array;
  sum(axis?: number, options?: { keepdims: boolean }): Array;
  mean(axis?: number): Array;
  reshape(shape: number[]): Array;
  transpose(axes?: number[]): Array;
  /** An index takes one of an axis, a pair a range, none all. */
  slice(...indices: (number | [] | [number, number])[]): Array;
  data(): Promise<Float32Array>;
  dispose(): void;
}

/** Arrays by name. */
export type Arrays = Record<string, Array>;

/** The gradients of a function's arguments, from the gradient of its result. */
export type Pullback<X> = ((dy: Array) => X) & { dispose(): void };

interface Jax {
  init(backend: string): Promise<string[]>;
  defaultDevice(backend: string): void;
  jit<F>(f: F): F;
  grad<T>(f: (x: T) => Array): (x: T) => T;
  vjp<X extends unknown[]>(f: (...x: X) => Array, x: X): [Array, Pullback<X>];
  blockUntilReady<T>(x: T): Promise<T>;
  readonly tree: { ref<T>(x: T): T; dispose(x: unknown): void };
  readonly lax: { stopGradient(x: Array): Array };
  readonly numpy: {
    array(
      data: Float32Array | Int32Array,
      options: { shape: readonly number[] },
    ): Array;
    zeros(shape: readonly number[]): Array;
    ones(shape: readonly number[]): Array;
    eye(rows: number): Array;
    tri(rows: number): Array;
    broadcastTo(x: Array, shape: number[]): Array;
    concatenate(parts: Array[], axis: number): Array;
    exp(x: Array): Array;
    matmul(a: Array, b: Array): Array;
    minimum(a: Array, b: number): Array;
    sqrt(x: Array): Array;
    square(x: Array): Array;
    take(x: Array, indices: Array, axis: number): Array;
    vecdot(a: Array, b: Array): Array;
  };
  readonly nn: {
    logSoftmax(x: Array, axis: number): Array;
    standardize(x: Array, axis: number): Array;
    softmax(x: Array, axis: number): Array;
    sigmoid(x: Array): Array;
  };
}

/** Its version. */
export const VERSION = "0.1.25";

// Named here, so that nothing but a run of this file fetches the package.
const PACKAGE: string = `npm:@jax-js/jax@${VERSION}`;

/** The package. */
export const jax: Jax = await import(PACKAGE);

/** Runs what follows on a backend. */
export async function use(backend: "wasm" | "webgpu"): Promise<void> {
  const found = await jax.init(backend);
  if (!found.includes(backend)) throw new Error(`jax-js found no ${backend}`);
  jax.defaultDevice(backend);
}
