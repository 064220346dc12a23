/**
 * Every kernel with the values that its host gives to its `const` and `alias` declarations.
 */
import { type Specialisation, specialise } from "../../src/gpu/shader.ts";

type Values = readonly (number | boolean | string)[];
type Choices = Readonly<Record<string, Values>>;

const BOTH: Values = [false, true];
/** Subgroups that the software variants are made for. */
const L: Values = [4, 8, 16];
/** Four f16. */
const HALF = "vec4<f16>";
const T: Choices = { T: ["f32", "vec4f"] };
const EPILOGUE: Choices = { BIAS: BOTH, QUICK_GELU: BOTH, RESIDUAL: BOTH };
/** What a product of f16 stores, forward and backward: activations by f32 weights, activations by activations. */
const STORED = (half: string): Choices[] => [
  { A: [half], Residual: [half], C: [half], RESIDUAL: BOTH },
  { A: [half], B: [half], Bias: [half], Residual: [half] },
];
/** Teams of lanes that share a row: one lane on a software device, up to a workgroup on a GPU. */
const TEAMS: readonly Choices[] = [
  { TEAM: [1], LANES: [16] },
  { TEAM: [1, 2, 4, 8, 16, 32, 64], LANES: [64] },
];
const ROWS = TEAMS.flatMap((team): Choices[] => [
  { T: ["f32"], VECTORS: [false], ...team },
  { T: ["vec4f"], VECTORS: [true], ...team },
]);
/** Columns of the eigensolver: one a lane on a GPU, four on a software device. */
const COLUMNS: readonly Choices[] = [{ T: ["f32"], LANES: [32] }, { T: ["vec4f"], LANES: [8] }];
/** Subgroups that hold the eight reflectors of a panel. */
const WIDE: Values = [8, 16];
const CAPACITY: Values = [1024, 2048];
const METRICS: Choices = { METRIC: [0, 1, 2, 3, 4], SELF: BOTH };

/** By path under `kernels/`; each entry stands for the product of its choices. */
const TABLE: Readonly<Record<string, readonly Choices[]>> = {
  "attention/attention": [
    { CAUSAL: BOTH, BIASED: [false], HEAD4: [16] },
    { CAUSAL: [false], BIASED: [true], HEAD4: [1, 8, 16] },
    { CAUSAL: BOTH, BIASED: [false], HEAD4: [16], X: [HALF], Bias: ["f16"] },
    { CAUSAL: [false], BIASED: [true], HEAD4: [1, 8, 16], X: [HALF] },
  ],
  "attention/attention_subgroup": [
    { CAUSAL: BOTH, BIASED: [false], L },
    { CAUSAL: [false], BIASED: [true], L },
    { CAUSAL: BOTH, BIASED: [false], L, X: [HALF], Bias: ["f16"] },
    { CAUSAL: [false], BIASED: [true], L, X: [HALF] },
  ],
  "attention/query_attention": [{}],
  "cluster/affinity": [{}],
  "cluster/centres": [T],
  "cluster/distance": [METRICS],
  "cluster/distance_subgroup": [{ ...METRICS, L }],
  "cluster/k_means": [{ LANES: [64, 256], CAPACITY: [64, 1024] }],
  "cluster/k_medoids": [{ LANES: [64, 256], CAPACITY: [64, 1024] }],
  "cluster/k_medoids_reference": [{}],
  "cluster/laplacian": [{}],
  "cluster/nearest": [{}],
  "cluster/shift": [T],
  "cluster/sign_flip": [{}],
  "cluster/tokens": [{}],
  "image/patches": [{ PATCH: [1, 8, 14, 32], GRID: [1, 7, 24], TAPS: [1, 3] }],
  "index/class_token": [T],
  "index/copy_rows": [T],
  "index/gather_rows": [T],
  "linalg/apply_reflectors": COLUMNS,
  "linalg/apply_reflectors_subgroup": [{ L: WIDE }],
  "linalg/apply_rotations": [{ ...COLUMNS[0], U: ["u32"] }, { ...COLUMNS[1], U: ["vec4u"] }],
  "linalg/apply_rotations_subgroup": [{ L: WIDE }],
  "index/transpose": [{}],
  "linalg/conv2d": [{ STEP: [1, 2] }],
  "linalg/conv2d_layout": [{}],
  "linalg/conv2d_subgroup": [{ L, STEP: [1, 2] }],
  "linalg/implicit_ql": [
    { PACK: [1], LANES: [32] },
    { PACK: [1, 2, 3, 4, 5, 6, 7, 8], LANES: [8] },
  ],
  "linalg/matmul": [
    { TRANSPOSE_A: [false], TRANSPOSE_B: BOTH, ...EPILOGUE },
    { TRANSPOSE_A: [true], TRANSPOSE_B: [false], ...EPILOGUE },
    ...STORED("f16"),
  ],
  "linalg/matmul_subgroup": [{ L, ...EPILOGUE }, ...STORED(HALF)],
  "linalg/matmul_wide": [
    ...STORED(HALF),
    ...[64, 128].flatMap((side) => [
      {
        TRANSPOSE_A: [false],
        TRANSPOSE_B: BOTH,
        TILE_ROWS: [side],
        TILE_COLS: [side],
        ...EPILOGUE,
      },
      {
        TRANSPOSE_A: [true],
        TRANSPOSE_B: [false],
        TILE_ROWS: [side],
        TILE_COLS: [side],
        ...EPILOGUE,
      },
    ]),
  ],
  "linalg/pack_panels": [{ L, X: ["vec4f", HALF] }],
  "linalg/symmetric_part": [{ LANES: [8, 64, 256] }],
  "linalg/tridiagonalize": [{ LANES: [8, 256], CAPACITY }],
  "linalg/tridiagonalize_subgroup": [{ L: WIDE, CAPACITY }],
  "norm/batch_norm": [{ ...T, RELU: BOTH, RESIDUAL: BOTH, TRAINING: BOTH }],
  "norm/cross_entropy": TEAMS.map((team) => ({ ...team, TRANSPOSED: BOTH, DIAGONAL: BOTH })),
  "norm/l2_normalize": ROWS,
  "norm/layer_norm": ROWS.map((rows) => {
    const stored = ["T", rows.VECTORS[0] ? HALF : "f16"];
    return { ...rows, X: stored, Y: stored };
  }),
  "norm/softmax": ROWS,
  "optim/adamw": [{}],
  "optim/adamw_advance": [{}],
  "optim/bert_adam": [{ SCHEDULE: [0, 1, 2] }],
  "optim/clamp_scalar": [{}],
  "optim/finite_latch": [{}],
  "optim/global_norm": [{}],
  "optim/loss_scale": [{}],
  "pointwise/add_into": [{ X: ["vec4f", HALF], Y: [HALF] }],
  "pointwise/affine": [{ X: [HALF], Y: [HALF] }],
  "pointwise/binary": [
    { ...T, RANK: [1, 2, 3, 4], OPERATOR: [0, 1, 2, 3] },
    { T: ["f32"], A: ["f16"], B: ["f32", "f16"], Y: ["f16"] },
    { T: ["vec4f"], A: [HALF], B: ["vec4f", HALF], Y: [HALF] },
  ],
  "pointwise/cast": [{ X: [HALF], Y: ["vec4f"] }, { X: ["vec4f"], Y: [HALF] }],
  "pointwise/exp": [{}],
  "pointwise/expand": [{ ...T, RANK: [1, 2, 3, 4] }],
  "pointwise/quick_gelu": [{ X: [HALF] }],
  "pointwise/relu": [{}],
  "profile/roofline": [{}],
  "random/dropout": [{}],
  "recurrent/lstm": [{ LANES: [64], CAPACITY: [4, 2048] }],
  "reduce/avg_pool": [{ ...T, SIDE: [1, 2, 3] }],
  "reduce/masked_mean": [T],
  "reduce/reduce": [T, { T: ["f32"], X: ["f16"] }, { T: ["vec4f"], X: [HALF] }],
};

/** A kernel as one host call composes it. */
export interface Variant {
  readonly name: string;
  readonly code: string;
  readonly usesSubgroups: boolean;
}

/** The product of the choices: every way to pick one value for each name. */
function product(choices: Choices): Specialisation[] {
  return Object.entries(choices).reduce<Specialisation[]>(
    (all, [name, values]) => all.flatMap((one) => values.map((v) => ({ ...one, [name]: v }))),
    [{}],
  );
}

/** The paths of all kernels, without folder and ending. */
function* kernels(under = ""): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(new URL(under || ".", ROOT))) {
    if (isDirectory) yield* kernels(`${under}${name}/`);
    else if (name.endsWith(".wgsl")) yield under + name.slice(0, -".wgsl".length);
  }
}

const ROOT = new URL("../../kernels/", import.meta.url);

/** The kernels that the table lacks, and those that it names in vain. */
export function unlisted(): string[] {
  return [...new Set(kernels()).symmetricDifference(new Set(Object.keys(TABLE)))].sort();
}

/** Every variant, the text as it lies in the file first. */
export function* variants(): Generator<Variant> {
  for (const [path, choices] of Object.entries(TABLE)) {
    const source = Deno.readTextFileSync(new URL(`${path}.wgsl`, ROOT));
    const usesSubgroups = /^enable subgroups;/m.test(source);
    for (const values of [{}, ...choices.flatMap(product)]) {
      const name = `${path} ${JSON.stringify(values)}`;
      yield { name, code: specialise(source, values), usesSubgroups };
    }
  }
}
