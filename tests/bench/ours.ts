/**
 * This project's side of the rows that are timed beside peers.
 *
 * @module
 */
import { Tape } from "../../src/autograd/tape.ts";
import { CenterClip } from "../../src/centerclip/model.ts";
import { kMedoids } from "../../src/cluster/k_medoids.ts";
import { spectralClusters } from "../../src/cluster/spectral.ts";
import type { Device } from "../../src/gpu/device.ts";
import { Parameters } from "../../src/nn/parameters.ts";
import { block } from "../../src/nn/transformer.ts";
import { mul } from "../../src/ops/binary.ts";
import { conv2d } from "../../src/ops/conv2d.ts";
import { smallestEigenvectors } from "../../src/ops/eigen.ts";
import { matmul } from "../../src/ops/matmul.ts";
import { mean } from "../../src/ops/reduce.ts";
import { Random } from "../../src/tensor/random.ts";
import { Scope } from "../../src/tensor/scope.ts";
import { type Tensor, tensor } from "../../src/tensor/tensor.ts";
import type { EigenErrors } from "../oracle/eigen.ts";
import { accuracyOf, laplacians } from "./eigen.ts";
import { clusteredOptions, noiseFrames, prepareTraining, randomParameters } from "./models.ts";
import {
  BLOCK,
  BLOCK_NAMES,
  BLOCK_PARAMETERS,
  type BlockParameter,
  type ClusterRow,
  CONV_FRAMES,
  type ConvRow,
  initial,
  noise,
  operandShapes,
  type TimedRow,
} from "./rows.ts";
import { clipConfig, type EmbedRow } from "./tower_rows.ts";
import { methodsOf } from "./towers.ts";

/**
 * Makes a row ready. The inputs belong to the open scope, or to `owned`.
 *
 * @returns Records one run.
 */
function prepare(device: Device, row: TimedRow, owned: DisposableStack): () => void {
  switch (row.kind) {
    case "matmul": {
      const [a, b] = operandShapes(row).map(([rows, cols]) =>
        tensor(device, noise(rows * cols), [rows, cols])
      );
      const options = { transposeA: row.form === "atb", transposeB: row.form === "abt" };
      return () => void matmul(a, b, options);
    }
    case "block":
      return prepareBlock(device, row.backward);
    case "conv":
      return prepareConvolution(device, row);
    case "step":
      return owned.use(prepareTraining(device, clipConfig("b32"), row)).step;
    case "kmedoids":
    case "spectral":
      return prepareClustering(device, row);
    case "embed":
      return prepareEmbedding(device, row);
    case "eigen": {
      const { matrices, n, k } = row;
      const a = tensor(device, laplacians(row), [matrices, n, n]);
      return () => void smallestEigenvectors(a, k);
    }
  }
}

function prepareClustering(device: Device, row: ClusterRow): () => void {
  const { kind, segments, tokens, width, k } = row;
  // Normal and from a seed: the number of iterations depends on the tokens.
  const random = new Random(1, [0]);
  const data = Float32Array.from({ length: segments * tokens * width }, () => random.normal());
  const x = tensor(device, data, [segments, tokens, width]);
  if (kind === "kmedoids") return () => void kMedoids(x, { k });
  // About the tokens' distance from each other, so that the graph holds together.
  return () => void spectralClusters(x, { k, sigma: Math.sqrt(width) });
}

function prepareEmbedding(device: Device, row: EmbedRow): () => void {
  const config = clipConfig(row.model);
  const options = clusteredOptions(config, row, methodsOf(config)["k-medoids"]);
  const model = new CenterClip(randomParameters(device, config, "visual"), config, options);
  const frames = noiseFrames(device, config, row.frames);
  return () => void model.encodeVideo(frames);
}

function prepareConvolution(device: Device, { side, channels, backward }: ConvRow): () => void {
  const size = CONV_FRAMES * side * side * channels;
  const x = tensor(device, noise(size), [CONV_FRAMES, side, side, channels]);
  const shape = [channels, channels, 3, 3];
  const weight = tensor(device, noise(9 * channels ** 2, 0.02), shape);
  const forward = () => conv2d(x, weight, { padding: 1 });
  if (!backward) return () => void forward();
  return () => {
    using tape = new Tape();
    tape.watch(x, weight);
    const loss = tape.run(() => {
      const y = forward();
      return mean(mul(y, y));
    });
    tape.backward(loss, [x, weight]);
  };
}

function prepareBlock(device: Device, backward: boolean): () => void {
  const { frames, tokens, width } = BLOCK;
  const entries = (Object.keys(BLOCK_NAMES) as BlockParameter[]).map((name): [string, Tensor] => {
    // Stored as PyTorch stores them, [out, in]; noise has no direction.
    const shape = BLOCK_PARAMETERS[name].toReversed();
    return [BLOCK_NAMES[name], tensor(device, initial(name), shape)];
  });
  const parameters = new Parameters(device, new Map(entries));
  const x = tensor(device, noise(frames * tokens * width), [frames, tokens, width]);
  if (!backward) return () => void block(x, parameters);
  const leaves = [x, ...entries.map(([, parameter]) => parameter)];
  return () => {
    using tape = new Tape();
    tape.watch(...leaves);
    const loss = tape.run(() => {
      const y = block(x, parameters);
      return mean(mul(y, y));
    });
    tape.backward(loss, leaves);
  };
}

/** A row made ready to be timed. */
export interface Prepared extends Disposable {
  /** Runs it once and gives the milliseconds, recording and waiting included. */
  run(): Promise<number>;
  /** Most bytes of GPU memory in use at once so far, inputs included. */
  readonly peakBytes: number;
  /** How accurate the result is, where that is in question. */
  accuracy(): Promise<EigenErrors | undefined>;
}

/** Makes a row ready on a device. */
export function open(device: Device, row: TimedRow): Prepared {
  const owned = new DisposableStack();
  owned.use(new Scope(device));
  device.pool.trim();
  device.pool.resetPeak();
  const record = prepare(device, row, owned);
  return {
    async run() {
      const start = performance.now();
      {
        using _run = new Scope(device);
        record();
      }
      await device.idle();
      return performance.now() - start;
    },
    get peakBytes() {
      return device.memory.peak;
    },
    accuracy: async () => row.kind === "eigen" ? await accuracyOf(device, row) : undefined,
    [Symbol.dispose]: () => owned[Symbol.dispose](),
  };
}
