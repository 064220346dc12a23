/**
 * Every row, in groups that run together and are written together.
 *
 * @module
 */
import { LOADER_ROWS } from "./loader_rows.ts";
import { BLOCK, type Row } from "./rows.ts";
import {
  EMBED_NAME,
  EMBED_ROW,
  OVERHEAD_ROWS,
  STEP_ROW,
  TOWER_ROWS,
  type TowerRow,
} from "./tower_rows.ts";

const forms = ["ab", "abt", "atb"] as const;
/** M, K, N of ViT-B/32's products over 600 tokens: to the hidden width, back from it, and to QKV. */
const shapes = [[600, 768, 3072], [600, 3072, 768], [600, 768, 2304]] as const;
/** Side and channels of the maps that RN50's first and last stage convolve. */
const convolutions = [[56, 64], [7, 512]] as const;
/** Segments, tokens and centres that the original was timed at, and its times: k-medoids, spectral. */
const clusterings = [
  [[16, 98, 49], [388, 48]],
  [[16, 196, 49], [411, 139]],
  [[4, 588, 160], [5584, 1639]],
] as const;
/** Matrices, rows and vectors of spectral clusterings. */
const eigenproblems = [[4, 98, 49], [4, 196, 49], [4, 392, 160], [4, 588, 160]] as const;

/** Frames of a long video. */
const LONG = 60;

function towers(wanted: { training: boolean; long: boolean }): [string, TowerRow][] {
  return TOWER_ROWS.filter(([, { frames, training }]) =>
    training === wanted.training && frames >= LONG === wanted.long
  );
}

/** The groups. */
export const GROUPS = {
  products: new Map<string, Row>([
    ["matmul_1024", { kind: "matmul", form: "ab", m: 1024, k: 1024, n: 1024 }],
    ...shapes.flatMap(([m, k, n]) =>
      forms.map((form): [string, Row] => [
        `matmul_${m}_${k}_${n}_${form}`,
        { kind: "matmul", form, m, k, n },
      ])
    ),
  ]),
  blocks: new Map<string, Row>([
    ["block_forward", { kind: "block", backward: false }],
    ["block_backward", { kind: "block", backward: true }],
    ...convolutions.flatMap(([side, channels]) =>
      [false, true].map((backward): [string, Row] => [
        `conv_${side}_${channels}_${backward ? "backward" : "forward"}`,
        { kind: "conv", side, channels, backward },
      ])
    ),
  ]),
  // Minutes a run for the peers, so apart from the blocks.
  steps: new Map<string, Row>([
    ["step_b32", STEP_ROW],
    ["step_b32_amp", { ...STEP_ROW, precision: "amp" }],
  ]),
  clustering: new Map<string, Row>([
    ...(["kmedoids", "spectral"] as const).flatMap((kind, i) =>
      clusterings.map(([[segments, tokens, k], times]): [string, Row] => [
        `${kind}_${segments}_${tokens}_${k}`,
        { kind, segments, tokens, width: BLOCK.width, k, originalMs: times[i] },
      ])
    ),
    ...eigenproblems.map(([matrices, n, k]): [string, Row] => [
      `eigen_${matrices}_${n}_${k}`,
      { kind: "eigen", matrices, n, k },
    ]),
  ]),
  inference: new Map<string, Row>([
    ...towers({ training: false, long: false }),
    [EMBED_NAME, EMBED_ROW],
  ]),
  // Hours on a software device, so each apart from the others.
  training: new Map<string, Row>(towers({ training: true, long: false })),
  long_inference: new Map<string, Row>(towers({ training: false, long: true })),
  long_training: new Map<string, Row>(towers({ training: true, long: true })),
  overheads: new Map<string, Row>(OVERHEAD_ROWS),
  loader: new Map<string, Row>(LOADER_ROWS),
} as const satisfies Record<string, ReadonlyMap<string, Row>>;

/** The name of a group. */
export type GroupName = keyof typeof GROUPS;
/** The groups in the order in which they run. */
export const GROUP_NAMES = Object.keys(GROUPS) as GroupName[];

/** Every row by its name. */
export const ROWS: ReadonlyMap<string, Row> = new Map(
  GROUP_NAMES.flatMap((group) => [...GROUPS[group]]),
);
