/**
 * The tokens that stand for a segment: the mean of its class tokens, and its centres.
 *
 * @module
 */
import source from "../../kernels/cluster/centres.wgsl" with { type: "text" };
import { UsageError } from "../errors.ts";
import { defineOp } from "../ops/define.ts";
import { pointwiseGroups } from "../ops/grid.ts";
import { vectorsOf } from "../ops/vectors.ts";
import { sameShape, type Shape } from "../tensor/shape.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import { type Segmentation, segmentLayout, type TokenLayout, tokensOf } from "./layout.ts";

const kernel = { name: "centres", source };

interface Attributes {
  readonly layout: TokenLayout;
  readonly k: number;
}

/** Records an entry point over `n` items. */
function launch(
  entry: string,
  { layout, k }: Attributes,
  n: number,
  bind: Record<string, Tensor>,
): void {
  const { device } = Object.values(bind)[0];
  const { T, width } = vectorsOf(layout.width);
  const { frames, patches } = layout;
  device.launch({
    kernel,
    entry,
    consts: { T },
    bind,
    params: { n, frames, patches, k, width },
    groups: pointwiseGroups(device, n),
  });
}

/** The output and its size in T. */
function fusedLike(x: Tensor, { layout, k }: Attributes): { fused: Tensor<"f32">; n: number } {
  const fused = empty(x.device, "f32", [layout.segments, 1 + k, layout.width], "centres");
  return { fused, n: fused.size * vectorsOf(layout.width).width / (layout.width || 1) };
}

/** The gradient of the tokens and its size in T. */
function tokensLike(dy: Tensor, { layout }: Attributes): { gradient: Tensor<"f32">; n: number } {
  const { segments, frames, patches, width } = layout;
  const gradient = empty(dy.device, "f32", [segments * frames, 1 + patches, width], "centres");
  return { gradient, n: gradient.size * vectorsOf(width).width / (width || 1) };
}

const gather = defineOp<[Tensor, Tensor], Attributes>({
  name: "gatherCentres",
  forward([tokens, medoids], attributes, save) {
    const { fused, n } = fusedLike(tokens, attributes);
    launch("gather", attributes, n, { tokens, medoids, fused });
    save(medoids);
    return fused;
  },
  gradient(dy, { saved: [medoids], attributes }) {
    const { layout } = attributes;
    const { gradient, n } = tokensLike(dy, attributes);
    const slots = empty(dy.device, "u32", [layout.segments, tokensOf(layout)], "centres");
    launch("slots", attributes, slots.size, { medoids: medoids!, slots_of: slots });
    launch("gather_gradient", attributes, n, {
      medoids: medoids!,
      slots_of: slots,
      fused_gradient: dy,
      tokens_gradient: gradient,
    });
    return [gradient, undefined];
  },
});

const average = defineOp<[Tensor, Tensor], Attributes>({
  name: "averageClusters",
  forward([tokens, assignment], attributes, save) {
    const { device } = tokens;
    const { layout, k } = attributes;
    const { fused, n } = fusedLike(tokens, attributes);
    // One entry more than clusters: where the last one ends.
    const begin = empty(device, "u32", [layout.segments, k + 1], "centres");
    const members = empty(device, "u32", [layout.segments, tokensOf(layout)], "centres");
    launch("list", attributes, begin.size, { assignment, begin, members });
    launch("average", attributes, n, { tokens, begin, members, fused });
    save(assignment, begin);
    return fused;
  },
  gradient(dy, { saved: [assignment, begin], attributes }) {
    const { gradient, n } = tokensLike(dy, attributes);
    launch("average_gradient", attributes, n, {
      assignment: assignment!,
      begin: begin!,
      fused_gradient: dy,
      tokens_gradient: gradient,
    });
    return [gradient, undefined];
  },
});

function fit(ids: Tensor, shape: Shape, what: string): void {
  if (!sameShape(ids.shape, shape)) {
    throw new UsageError(`segments: ${what} is [${ids.shape}], not [${shape}]`);
  }
}

/**
 * Replaces the frames of every segment by one: the mean of their class tokens, then the patches that
 * `medoids` names.
 *
 * @param x `[B * frames, 1 + n, D]`, videos outermost.
 * @param medoids `[B * targetFrames, K]`, patch numbers within the segment (`frame * n + patch`); a patch
 *   that is named twice stands beside itself.
 * @returns `[B * targetFrames, 1 + K, D]`.
 * @throws {UsageError} if the shapes do not fit.
 */
export function gatherCentres(
  x: Tensor,
  medoids: Tensor<"i32">,
  segmentation: Segmentation,
): Tensor {
  const layout = segmentLayout(x.shape, segmentation);
  const k = medoids.shape.at(-1) ?? 0;
  fit(medoids, [layout.segments, k], "medoids");
  return gather([x, medoids], { layout, k });
}

/**
 * As {@link gatherCentres}, but a centre is the mean of its cluster's patches.
 *
 * @param assignment `[B * targetFrames, frames of a segment * n]`, the cluster (0 to k - 1) of each
 *   patch; a cluster without any gives NaN.
 * @throws {UsageError} if the shapes do not fit.
 */
export function averageClusters(
  x: Tensor,
  assignment: Tensor<"i32">,
  k: number,
  segmentation: Segmentation,
): Tensor {
  const layout = segmentLayout(x.shape, segmentation);
  fit(assignment, [layout.segments, tokensOf(layout)], "assignment");
  return average([x, assignment], { layout, k });
}
