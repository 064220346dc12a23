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

/** Applies a function to every array of parts that have the same names. */
function each(f: (...arrays: Array[]) => Array, ...parts: Arrays[]): Arrays {
  return Object.fromEntries(
    Object.keys(parts[0]).map((name) => [name, f(...parts.map((part) => part[name]))]),
  );
}

const mean = jit((means: Arrays, gradients: Arrays, clip: Array) =>
  each((m, g) => m.mul(BETA1).add(g.mul(clip.ref).mul(1 - BETA1)), means, gradients)
);

const meanSquare = jit((squares: Arrays, gradients: Arrays, clip: Array) =>
  each(
    (v, g) => v.mul(BETA2).add(np.square(g.mul(clip.ref)).mul(1 - BETA2)),
    squares,
    gradients,
  )
);

/** Weights after a step; `rate` and `root` correct for the moments' start at zero. */
const stepped = jit(
  (weights: Arrays, means: Arrays, squares: Arrays, rate: Array, root: Array) =>
    each(
      (w, m, v) =>
        w.mul(1 - RATE * DECAY)
          .sub(m.mul(rate.ref).div(np.sqrt(v).mul(root.ref).add(EPS))),
      weights,
      means,
      squares,
    ),
);

interface Moments {
  means: Arrays;
  squares: Arrays;
}

/** The optimiser of some parts. */
export class AdamW {
  #taken = 0;
  readonly #moments: Moments[];

  constructor(private readonly parts: readonly Part[]) {
    const zeros = ({ weights }: Part) => each(({ shape }) => np.zeros(shape), weights);
    this.#moments = parts.map((part) => ({ means: zeros(part), squares: zeros(part) }));
  }

  /**
   * Updates the parts' weights; the gradients are consumed. One kind of array after the other: an old one is
   * freed when its new one is there, and WebAssembly has no room for all three of the token embedding twice.
   */
  async step(gradients: readonly Arrays[]): Promise<void> {
    this.#taken++;
    const clip = coefficient(gradients.map((g) => sumSquares(tree.ref(g))));
    const scalar = (value: number) => np.array(Float32Array.of(value), { shape: [] });
    const rate = scalar(RATE / (1 - BETA1 ** this.#taken));
    const root = scalar((1 - BETA2 ** this.#taken) ** -0.5);
    for (const [i, part] of this.parts.entries()) {
      const g = gradients[i], moments = this.#moments[i];
      moments.means = await blockUntilReady(mean(moments.means, tree.ref(g), clip.ref));
      moments.squares = await blockUntilReady(meanSquare(moments.squares, g, clip.ref));
      const { means, squares } = tree.ref(moments);
      const updated = stepped(part.weights, means, squares, rate.ref, root.ref);
      part.weights = await blockUntilReady(updated);
    }
    tree.dispose([clip, rate, root]);
  }
}
