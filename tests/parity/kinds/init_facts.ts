/**
 * How parameters start that CLIP's files do not hold.
 *
 * @module
 */
import { newParameters, Random } from "../../../mod.ts";
import type { Checks } from "../checks.ts";
import type { GoldenArea } from "../golden.ts";
import type { Kinds, Table } from "../kind.ts";
import { configOf } from "../model.ts";
import { floats } from "../values.ts";

/** New parameters and CLIP's own, by name. */
type Values = (name: string) => Promise<ArrayLike<number>>;

/** The convolution over three frames: CLIP's in the middle, zeros around it. */
function convolution(
  shape: readonly number[],
  weight: ArrayLike<number>,
  single: ArrayLike<number>,
): { middle: boolean; outer: boolean } {
  const area = shape[3] * shape[4];
  /** The element of `conv1` that an element on the middle frame is. */
  const middle = (i: number) =>
    Math.floor(i / area) % 3 === 1 ? single[Math.floor(i / area / 3) * area + i % area] : undefined;
  const values = Array.from(weight);
  return {
    middle: values.every((value, i) => value === (middle(i) ?? value)),
    outer: values.every((value, i) => middle(i) !== undefined || value === 0),
  };
}

async function compare({ manifest, file }: GoldenArea, checks: Checks): Promise<void> {
  const facts = manifest.object("init_facts"), layers = facts.number("transformerClip_layers");
  const clip = async (name: string) => (await floats(file.tensor(`sd.model/clip.${name}`))).data;
  const added = newParameters(configOf(manifest.object("config")), {
    maxFrames: 8,
    linearPatch: "3d",
    head: { kind: "seqTransf", layers },
  });
  const fresh: Values = async (name) =>
    await added.get(name)!.init({ clip, random: new Random(0, [0]) });
  const same = (a: ArrayLike<number>, b: ArrayLike<number>) =>
    a.length === b.length && Array.from(a).every((value, i) => value === b[i]);

  checks.same("new_state_keys", [...added.keys()].sort(), facts.texts("new_state_keys").toSorted());
  const conv2 = "clip.visual.conv2.weight", { shape } = added.get(conv2)!;
  checks.same("conv2_shape", shape, facts.numbers("conv2_shape"));
  const { middle, outer } = convolution(
    shape,
    await fresh(conv2),
    await clip("visual.conv1.weight"),
  );
  checks.same("conv2_middle_equals_conv1", middle, facts.flag("conv2_middle_equals_conv1"));
  checks.same("conv2_outer_zero", outer, facts.flag("conv2_outer_zero"));
  const positions = "frame_position_embeddings_equals_text_positional_embedding";
  checks.same(
    positions,
    same(await fresh("frame_position_embeddings.weight"), await clip("positional_embedding")),
    facts.flag(positions),
  );
  const blocks = [...added.keys()].filter((name) => name.startsWith("transformerClip."));
  checks.equal("transformerClip_layers", [new Set(blocks.map((n) => n.split(".")[2])).size], [
    layers,
  ]);
  const copied = await Promise.all(
    blocks.map(async (name) => same(await fresh(name), await clip(name.replace("Clip", "")))),
  );
  // Copied as they are, so not rounded to half precision either.
  for (const key of ["transformerClip_equals_text_layers", "transformerClip_exact_unrounded"]) {
    checks.same(key, copied.every((equal) => equal), facts.flag(key));
  }
}

const facts: Table = { name: "init_facts", run: compare };

export const initFacts: Kinds = { tables: [facts] };
