/**
 * AdamW in jax-js, with clipping by the norm of all gradients.
 *
 * @module
 */
import type { Part } from "./jax_clip.ts";
import { type Array, type Arrays, jax } from "./jax_package.ts";

const { numpy: np, jit, tree, blockUntilReady } = jax;

const RATE = 1e-6, DECAY = 0.2, BETA1 = 0.9, BETA2 = 0.98, EPS = 1e-6, MAX_NORM = 1;

const sumSquares = jit((gradients: Arrays) =>
  Object.values(gradients).map((g) => np.square(g).sum()).reduce((a, b) => a.add(b))
);

const coefficient = jit((sums: Array[]) => {
  const norm = np.sqrt(sums.reduce((a, b) => a.add(b))).add(EPS);
  return np.minimum(np.ones([]).mul(MAX_NORM).div(norm), 1);
});

interface State {
  readonly weights: Arrays;
  readonly means: Arrays;
  readonly squares: Arrays;
}

/** The next state, of corrections for the moments' start at zero. */
const update = jit(
  (state: State, gradients: Arrays, clip: Array, mean: Array, root: Array): State => {
    const next = { weights: {} as Arrays, means: {} as Arrays, squares: {} as Arrays };
    for (const name of Object.keys(gradients)) {
      const g = gradients[name].mul(clip.ref);
      const m = state.means[name].mul(BETA1).add(g.ref.mul(1 - BETA1));
      const v = state.squares[name].mul(BETA2).add(np.square(g).mul(1 - BETA2));
      const step = m.ref.mul(mean.ref).div(np.sqrt(v.ref).mul(root.ref).add(EPS));
      next.weights[name] = state.weights[name].mul(1 - RATE * DECAY).sub(step.mul(RATE));
      next.means[name] = m;
      next.squares[name] = v;
    }
    for (const scalar of [clip, mean, root]) scalar.dispose();
    return next;
  },
);

/** The optimiser of some parts. */
export class AdamW {
  #taken = 0;
  readonly #moments: Omit<State, "weights">[];

  constructor(private readonly parts: readonly Part[]) {
    const zeros = ({ weights }: Part): Arrays =>
      Object.fromEntries(
        Object.entries(weights).map(([name, { shape }]) => [name, np.zeros(shape)]),
      );
    this.#moments = parts.map((part) => ({ means: zeros(part), squares: zeros(part) }));
  }

  /** Updates the parts' weights, one part after the other; the gradients are consumed. */
  async step(gradients: readonly Arrays[]): Promise<void> {
    this.#taken++;
    const clip = coefficient(gradients.map((g) => sumSquares(tree.ref(g))));
    const scalar = (value: number) => np.array(Float32Array.of(value), { shape: [] });
    for (const [i, part] of this.parts.entries()) {
      const { weights, ...moments } = await blockUntilReady(update(
        { weights: part.weights, ...this.#moments[i] },
        gradients[i],
        clip.ref,
        scalar(1 / (1 - BETA1 ** this.#taken)),
        scalar((1 - BETA2 ** this.#taken) ** -0.5),
      ));
      part.weights = weights;
      this.#moments[i] = moments;
    }
    clip.dispose();
  }
}
