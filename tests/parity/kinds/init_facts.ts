/**
 * How parameters start that CLIP's files do not hold.
 *
 * @module
 */
import { newParameters, Random } from "../../../mod.ts";
import type { Checks } from "../checks.ts";
import type { GoldenArea } from "../golden.ts";
import { type Kinds, NotBuilt, type Table } from "../kind.ts";
import { configOf } from "../model.ts";
import { floats } from "../values.ts";

/** The convolution over three frames: CLIP's in the middle, zeros around it. */
async function convolution({ manifest, file }: GoldenArea, checks: Checks): Promise<void> {
  const facts = manifest.object("init_facts");
  const clip = async (name: string) => (await floats(file.tensor(`sd.model/clip.${name}`))).data;
  const name = "clip.visual.conv2.weight";
  checks.holds(name, facts.texts("new_state_keys").includes(name));
  const config = configOf(manifest.object("config"));
  const { shape, init } = newParameters(config, { maxFrames: 8, linearPatch: "3d" }).get(name)!;
  checks.same("conv2_shape", shape, facts.numbers("conv2_shape"));
  const weight = await init({ clip, random: new Random(0, [0]) });
  const single = await clip("visual.conv1.weight");
  const area = shape[3] * shape[4];
  /** The element of `conv1` that an element on the middle frame is. */
  const middle = (i: number) =>
    Math.floor(i / area) % 3 === 1 ? single[Math.floor(i / area / 3) * area + i % area] : undefined;
  const equals = weight.every((value, i) => value === (middle(i) ?? value));
  checks.same("conv2_middle_equals_conv1", equals, facts.flag("conv2_middle_equals_conv1"));
  const outerZero = weight.every((value, i) => middle(i) !== undefined || value === 0);
  checks.same("conv2_outer_zero", outerZero, facts.flag("conv2_outer_zero"));
}

const facts: Table = {
  name: "init_facts",
  async run(area, checks) {
    await convolution(area, checks);
    throw new NotBuilt("initialising seqTransf from CLIP");
  },
};

export const initFacts: Kinds = { tables: [facts] };
