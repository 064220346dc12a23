/**
 * Figures as text for the terminal, and the stored ones as `RESULTS.md`.
 *
 * @module
 */
import { DESCRIPTIONS } from "./descriptions.ts";
import type { Figure, Results } from "./figures.ts";
import { GROUP_NAMES, type GroupName } from "./groups.ts";
import { aligned, type Cells, tablesOf } from "./table.ts";

/** Tables in columns, and the accuracies below them. */
export function report(figures: readonly Figure[]): string {
  const tables = tablesOf(figures).map((cells) =>
    aligned(cells).map((line) => line.join("  ").trimEnd()).join("\n")
  );
  return [...tables, ...accuracies(figures)].join("\n");
}

function accuracies(figures: readonly Figure[]): string[] {
  return figures.flatMap((figure) => {
    if (figure.kind !== "timed" || !figure.accuracy) return [];
    const { residual, orthogonality } = figure.accuracy;
    return [
      `${figure.name}: residual ${residual.toExponential(1)}, ` +
      `orthogonality ${orthogonality.toExponential(1)}`,
    ];
  });
}

function markdown(cells: Cells): string {
  const [head, ...rows] = aligned(cells);
  const rule = head.map((cell, i) =>
    i === 0 ? "-".repeat(cell.length) : `${"-".repeat(cell.length - 1)}:`
  );
  return [head, rule, ...rows].map((parts) => `| ${parts.join(" | ")} |\n`).join("");
}

const items = (lines: readonly string[]) => lines.map((line) => `- ${line}\n`).join("");

/** One group: where and when, its tables, what its rows are. */
function section(group: GroupName, results: Results): string {
  const { figures, device, machine, load, date, command, repeats, absences } = results;
  const measured = accuracies(figures);
  const parts = [
    `## ${group[0].toUpperCase()}${group.slice(1).replace("_", " ")}\n`,
    items([
      `\`${command}\`, ${date}; medians of ${repeats}`,
      `device: ${device}`,
      `machine: ${machine}, load before the run ${load.toFixed(2)}`,
    ]),
    ...tablesOf(figures).map(markdown),
    ...absences.length ? [`Not measured:\n\n${items(absences)}`] : [],
    items(DESCRIPTIONS[group]),
    ...measured.length ? [`How well they are solved:\n\n${items(measured)}`] : [],
  ];
  return parts.join("\n");
}

/** The text of `RESULTS.md`, from the groups that were measured. */
export function resultsPage(results: Readonly<Partial<Record<GroupName, Results>>>): string {
  const sections = GROUP_NAMES.flatMap((group) => {
    const found = results[group];
    return found ? [section(group, found)] : [];
  });
  return `# Results

Written by \`deno task bench\` from the figures in \`results/\`; do not edit.

Times are milliseconds, medians of runs after a warm-up, this project and its peers in turn, each peer in a
process of its own. A ratio above 1 means that the peer takes that many times as long. GPU MiB is the most
memory in use at once, inputs included. WebGPU peers run on the same device through the same implementation
of WebGPU as this project; peers on the CPU run on every core.

${sections.join("\n")}`;
}
