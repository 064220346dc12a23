/**
 * Figures as a table for the terminal and as `RESULTS.md`.
 *
 * @module
 */
import type { Figure } from "./measure.ts";
import { PEERS } from "./peers.ts";

/** Where and how figures came about. */
export interface Circumstances {
  readonly device: string;
  /** Processor cores and memory. */
  readonly machine: string;
  /** The load of the machine before the first row, in running processes. */
  readonly load: number;
  readonly command: string;
  readonly date: string;
  readonly repeats: number;
  /** Peers that could not run, with the reason. */
  readonly absences: readonly string[];
}

const HEAD = ["row", "ms", "GFLOP/s", "GPU MiB"];

/** One line of cells for each figure, peers with their ratio to this project. */
function cells(figures: readonly Figure[]): string[][] {
  const peers = PEERS.map(({ name }) => name)
    .filter((name) => figures.some((figure) => name in figure.peers));
  return [
    [...HEAD, ...peers],
    ...figures.map(({ name, ms, gflops, bytes, peers: theirs }) => [
      name,
      time(ms),
      gflops?.toFixed(1) ?? "",
      bytes === undefined ? "" : (bytes / 2 ** 20).toFixed(0),
      ...peers.map((peer) =>
        peer in theirs ? `${time(theirs[peer])} (${(theirs[peer] / ms).toFixed(2)}x)` : ""
      ),
    ]),
  ];
}

const time = (ms: number) => ms.toFixed(ms < 10 ? 2 : 1);

/** A table in columns, and the accuracies below it. */
export function table(figures: readonly Figure[]): string {
  const lines = aligned(cells(figures)).map((line) => line.join("  ").trimEnd());
  return [...lines, ...accuracies(figures)].join("\n");
}

function accuracies(figures: readonly Figure[]): string[] {
  return figures.flatMap(({ name, accuracy }) =>
    accuracy
      ? [
        `${name}: residual ${accuracy.residual.toExponential(1)}, ` +
        `orthogonality ${accuracy.orthogonality.toExponential(1)}`,
      ]
      : []
  );
}

/** Cells padded to the width of their column: the first to the right, numbers to the left. */
function aligned(lines: readonly string[][]): string[][] {
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  return lines.map((line) =>
    line.map((cell, i) => i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))
  );
}

/** The text of `RESULTS.md`. */
export function resultsPage(figures: readonly Figure[], seen: Circumstances): string {
  const [head, ...rows] = aligned(cells(figures));
  const rule = head.map((cell, i) =>
    i === 0 ? "-".repeat(cell.length) : `${"-".repeat(cell.length - 1)}:`
  );
  const line = (parts: readonly string[]) => `| ${parts.join(" | ")} |`;
  const absences = seen.absences.length === 0
    ? ""
    : `\nNot measured:\n\n${seen.absences.map((absence) => `- ${absence}\n`).join("")}`;
  return `# Results

Written by \`${seen.command}\`; do not edit.

- device: ${seen.device}
- machine: ${seen.machine}, load before the run ${seen.load.toFixed(2)}
- date: ${seen.date}

Times are milliseconds, medians of ${seen.repeats} runs after a warm-up, this project and its peers in turn,
each peer in a process of its own. A ratio above 1 means that the peer takes that many times as long.
GPU MiB is the most memory in use at once, inputs included.

${[head, rule, ...rows].map(line).join("\n")}
${absences}
- \`matmul_M_K_N\`: \`ab\` multiplies as stored, \`abt\` with B stored transposed, \`atb\` with A.
- \`block_forward\`: one ViT-B/32 block over 12 frames of 50 tokens, width 768, 12 heads.
  \`block_backward\`: the same, its mean square, and the gradients of all parameters and of the input.
- \`conv_S_C\`: a 3 x 3 convolution of 12 feature maps of S x S pixels, from C channels to C, as in RN50;
  \`backward\`: the same, its mean square, and the gradients of the maps and of the weights.
- \`kmedoids_B_N_K\`: B segments of N normal tokens of width 768 into K clusters, to convergence.
- \`eigen_B_N_K\`: the K smallest eigenvectors of the normalised Laplacians of B graphs of N nodes (heat
  kernel on normal points of 16 coordinates); PyTorch finds all N. Residual is the largest element of
  A V - V diag(values), orthogonality that of V' V - I:
${
    accuracies(figures).map((line) => `  - ${line}\n`).join("")
  }- WebGPU peers run on the same device through the same implementation of WebGPU as this project; peers on
  the CPU run on every core.
`;
}
