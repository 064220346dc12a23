/**
 * What `--recipe list` prints.
 *
 * @module
 */
import { defaultsOf, flags } from "../config/settings.ts";
import { RECIPES } from "./mod.ts";
import type { Recipe } from "./recipe.ts";

const HEADER = [
  ...["recipe", "original's script", "CLIP", "tokens", "script: R@1 t2v, v2t"],
  ...["paper: R@1/5/10 t2v", "v2t", "GB", "ms"],
];

/** How tokens are reduced: "12 to 4 x 49". */
function reduction({ settings }: Recipe): string {
  const { cluster_inter, cluster_algo, max_frames, ...all } = { ...defaultsOf(flags), ...settings };
  if (!cluster_inter) return `${max_frames} frames`;
  if (cluster_algo.endsWith("_shift")) return `${max_frames} frames, shifted`;
  return `${max_frames} frames to ${all.target_frames_blocks.at(-1)} x ${
    all.cluster_num_blocks.at(-1)
  }`;
}

function row(name: string, recipe: Recipe): string[] {
  const { origin, settings, script, paper } = recipe;
  const text = (values: readonly number[], by: string) =>
    values.map((value) => value.toFixed(1)).join(by);
  return [
    ...[name, origin, settings.pretrained_clip_name!, reduction(recipe)],
    script ? text([script.t2v, script.v2t], ", ") : "-",
    ...(paper
      ? [text(paper.t2v, "/"), text(paper.v2t, "/"), paper.gb.toFixed(1), `${paper.ms}`]
      : ["-", "-", "-", "-"]),
  ];
}

/** All recipes as a table, with what the original's scripts note and the paper reports of each. */
export function recipeTable(): string[] {
  const rows = [HEADER, ...Object.entries(RECIPES).map(([name, recipe]) => row(name, recipe))];
  const widths = HEADER.map((_, i) => Math.max(...rows.map((cells) => cells[i].length)));
  return rows.map((cells) => cells.map((cell, i) => cell.padEnd(widths[i])).join("  ").trimEnd());
}
