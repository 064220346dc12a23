/**
 * Where the files of OpenAI's models may lie.
 *
 * @module
 */
import { expandHome } from "../io/model_folder.ts";
import type { Settings } from "./config/settings.ts";

/** What OpenAI's models are called elsewhere: Hugging Face's repositories, and those of open_clip's weights. */
const ELSEWHERE: Readonly<Record<string, readonly string[]>> = {
  "ViT-B/32": ["clip-vit-base-patch32", "vit_base_patch32_clip_224.openai"],
  "ViT-B/16": ["clip-vit-base-patch16", "vit_base_patch16_clip_224.openai"],
  "ViT-L/14": ["clip-vit-large-patch14", "vit_large_patch14_clip_224.openai"],
  "ViT-L/14@336px": ["clip-vit-large-patch14-336", "vit_large_patch14_clip_336.openai"],
  "RN50": ["resnet50_clip.openai"],
  "RN101": ["resnet101_clip.openai"],
  "RN50x4": ["resnet50x4_clip.openai"],
  "RN50x16": ["resnet50x16_clip.openai"],
};

/** The folder of models, and what the settings' model may be called in it, the likeliest first. */
export function pretrainedPlace(
  { pretrained_dir, pretrained_clip_name: clip }: Settings,
): { folder: string; names: readonly string[] } {
  const names = [clip.replaceAll(/[/@]/g, "-"), ...ELSEWHERE[clip] ?? []];
  return { folder: expandHome(pretrained_dir), names };
}
