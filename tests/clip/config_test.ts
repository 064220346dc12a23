import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { type ClipConfig, configOf, shapesOf } from "../../src/clip/config.ts";
import { sizeOf } from "../../src/tensor/shape.ts";

const text = { contextLength: 77, vocabSize: 49408, textLayers: 12 };

/** OpenAI's models with the number of their parameters, as openai/CLIP's notebooks print it. */
const MODELS: Readonly<Record<string, readonly [ClipConfig, number]>> = {
  "ViT-B/32": [{
    ...{ ...text, vision: "ViT", visionLayers: 12, visionWidth: 768, visionPatchSize: 32 },
    ...{ embedDim: 512, imageResolution: 224, textWidth: 512 },
  }, 151_277_313],
  "ViT-B/16": [{
    ...{ ...text, vision: "ViT", visionLayers: 12, visionWidth: 768, visionPatchSize: 16 },
    ...{ embedDim: 512, imageResolution: 224, textWidth: 512 },
  }, 149_620_737],
  "ViT-L/14": [{
    ...{ ...text, vision: "ViT", visionLayers: 24, visionWidth: 1024, visionPatchSize: 14 },
    ...{ embedDim: 768, imageResolution: 224, textWidth: 768 },
  }, 427_616_513],
  "ViT-L/14@336px": [{
    ...{ ...text, vision: "ViT", visionLayers: 24, visionWidth: 1024, visionPatchSize: 14 },
    ...{ embedDim: 768, imageResolution: 336, textWidth: 768 },
  }, 427_944_193],
  "RN50": [{
    ...{ ...text, vision: "ResNet", visionLayers: [3, 4, 6, 3], visionWidth: 64 },
    ...{ embedDim: 1024, imageResolution: 224, textWidth: 512 },
  }, 102_007_137],
  "RN101": [{
    ...{ ...text, vision: "ResNet", visionLayers: [3, 4, 23, 3], visionWidth: 64 },
    ...{ embedDim: 512, imageResolution: 224, textWidth: 512 },
  }, 119_688_033],
  "RN50x4": [{
    ...{ ...text, vision: "ResNet", visionLayers: [4, 6, 10, 6], visionWidth: 80 },
    ...{ embedDim: 640, imageResolution: 288, textWidth: 640 },
  }, 178_300_601],
  "RN50x16": [{
    ...{ ...text, vision: "ResNet", visionLayers: [6, 8, 18, 8], visionWidth: 96 },
    ...{ embedDim: 768, imageResolution: 384, textWidth: 768 },
  }, 290_979_217],
};

for (const [name, [config, parameters]] of Object.entries(MODELS)) {
  Deno.test(`the sizes of ${name} are read off its tensors, which hold ${parameters} parameters`, () => {
    const shapes = shapesOf(config);
    deepStrictEqual(configOf(shapes), config);
    const buffer = /running_|num_batches/;
    const learnt = [...shapes].filter(([name]) => !buffer.test(name));
    strictEqual(learnt.reduce((sum, [, shape]) => sum + sizeOf(shape), 0), parameters);
  });
}

Deno.test("weights of something else are refused by the tensor that is missing", () => {
  const shapes = shapesOf(MODELS.RN50[0]);
  shapes.delete("visual.attnpool.positional_embedding");
  throws(() => configOf(shapes), /"visual.attnpool.positional_embedding" is missing/);
  throws(() => configOf(new Map()), /these are no CLIP weights/);
});
