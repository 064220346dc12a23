/**
 * Checks that `jax_clip.ts` is the model that this project has: loss and gradients of a tiny one, with the
 * same weights and inputs. Not a test, since tests do not fetch the peers' packages:
 *
 *     deno run -A --lock=tests/bench/peers/deno.lock tests/bench/peers/jax_check.ts [wasm|webgpu]
 *
 * (WebGPU takes minutes on a software device, which compiles some hundred kernels.)
 *
 * @module
 */
import { Tape } from "../../../src/autograd/tape.ts";
import { CenterClip } from "../../../src/centerclip/model.ts";
import { patchesOf, shapesOf, type VitConfig } from "../../../src/clip/config.ts";
import { openDevice } from "../../../src/gpu/open.ts";
import { Parameters } from "../../../src/nn/parameters.ts";
import { Scope } from "../../../src/tensor/scope.ts";
import { sizeOf } from "../../../src/tensor/shape.ts";
import { tensor } from "../../../src/tensor/tensor.ts";
import { noise } from "../rows.ts";
import { clipConfig } from "../tower_rows.ts";
import { type Backend, useProvider } from "./child.ts";
import { clip } from "./jax_clip.ts";
import { jax, use } from "./jax_package.ts";
import { lossAndGradients } from "./jax_step.ts";

const VIDEOS = 3, FRAMES = 2, WORDS = 5, TOLERANCE = 1e-4;
const config: VitConfig = {
  ...clipConfig("b32"),
  imageResolution: 16,
  visionPatchSize: 8,
  visionWidth: 128,
  visionLayers: 2,
  textWidth: 64,
  textLayers: 2,
  vocabSize: 40,
  embedDim: 32,
};

const weights = new Map(
  [...shapesOf(config)].map(([name, shape]) => [name, noise(sizeOf(shape), 0.3)]),
);
const { imageResolution: size, visionPatchSize: side } = config, grid = size / side;
const pixels = noise(VIDEOS * FRAMES * 3 * size * size);
// The third text has its first word twice, so that a row of the embedding has two gradients.
const ids = Int32Array.of(1, 2, 3, 39, 0, 4, 5, 6, 7, 38, 8, 8, 37, 0, 0);
const ends = Int32Array.of(3, WORDS + 4, 2 * WORDS + 2);

async function ours() {
  const device = await openDevice();
  using _scope = new Scope(device);
  const leaves = [...shapesOf(config)].map(([name, shape]) =>
    tensor(device, weights.get(name)!, shape)
  );
  const named = [...weights.keys()].map((name, i) => [`clip.${name}`, leaves[i]] as const);
  const model = new CenterClip(new Parameters(device, new Map(named)), config, {
    maxFrames: FRAMES,
  });
  using tape = new Tape();
  tape.watch(...leaves);
  const loss = tape.run(() =>
    model.loss({
      text: { ids, length: WORDS },
      frames: tensor(device, pixels, [VIDEOS * FRAMES, 3, size, size]),
      videoMask: new Float32Array(VIDEOS * FRAMES).fill(1),
    })
  );
  const gradients = tape.backward(loss, leaves);
  const read = await Promise.all(gradients.map((gradient) => gradient!.data()));
  return {
    loss: (await loss.data())[0],
    gradients: new Map([...weights.keys()].map((name, i) => [name, read[i] as Float32Array])),
  };
}

/** Pixels as [frames, grid, grid, 3, side, side] from [frames, 3, size, size]. */
function patches(): Float32Array {
  const area = size * size, inner = side * side;
  return Float32Array.from({ length: pixels.length }, (_, at) => {
    const within = at % inner, channel = Math.floor(at / inner) % 3;
    const patch = Math.floor(at / (3 * inner)) % grid ** 2, frame = Math.floor(at / (3 * area));
    const y = Math.floor(patch / grid) * side + Math.floor(within / side);
    const x = (patch % grid) * side + within % side;
    return pixels[(frame * 3 + channel) * area + y * size + x];
  });
}

async function theirs(backend: Backend) {
  const wait = await useProvider("dawn");
  await use(backend);
  const { numpy: np } = jax;
  const inputs = {
    patches: np.array(patches(), {
      shape: [VIDEOS * FRAMES * patchesOf(config), 3 * side * side],
    }),
    videos: VIDEOS,
    ids: np.array(ids, { shape: [VIDEOS, WORDS] }),
    ends: np.array(ends, { shape: [VIDEOS] }),
  };
  const model = clip(config, inputs, (name, shape) => np.array(weights.get(name)!, { shape }));
  const { loss, gradients } = await wait(lossAndGradients(model));
  const named = new Map<string, Float32Array>();
  for (const [i, { prefix }] of [...model.vision, ...model.text, model.loss].entries()) {
    for (const [name, gradient] of Object.entries(gradients[i])) {
      named.set(prefix + name, await gradient.data());
    }
  }
  return { loss: (await loss.data())[0], gradients: named };
}

const [a, b] = [await ours(), await theirs((Deno.args[0] ?? "wasm") as Backend)];
let worst = { name: "loss", error: Math.abs(a.loss - b.loss) / Math.abs(a.loss) };
console.log(`loss ${a.loss} here, ${b.loss} in jax-js`);
for (const [name, mine] of a.gradients) {
  const other = b.gradients.get(name)!;
  const largest = mine.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  const off = mine.reduce((most, x, i) => Math.max(most, Math.abs(x - other[i])), 0) / largest;
  // Written so that a NaN is the worst.
  if (!(off <= worst.error)) worst = { name, error: off };
}
console.log(`${a.gradients.size} gradients; the largest error is ${worst.error}, of ${worst.name}`);
Deno.exit(worst.error <= TOLERANCE && b.gradients.size === a.gradients.size ? 0 : 1);
