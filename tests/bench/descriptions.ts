/**
 * What the rows of each group are, for the reader of `RESULTS.md`.
 *
 * @module
 */
import type { GroupName } from "./groups.ts";
import { STEP_MS } from "./loader_rows.ts";

const TOWERS = [
  "`centerclip_M_F_S_K`: the video tower of ViT-B/32 or ViT-B/16 on videos of F frames of noise that lie " +
  "on the GPU, with random weights, in f32: from the seventh block on, S segments of K tokens are left; " +
  "beside the same tower without clustering, in turns in one process. `training`: the tower, its mean " +
  "square, and the gradients of all its parameters.",
  "videos: the batch; `8 by 2` runs two at a time, the most that the device's largest binding holds.",
  "Spectral clustering takes the graph of nearest neighbours, as the original's scripts do, with sigma " +
  "the square root of the width.",
  "FLOPs are counted from the shapes of products and attention. Time / FLOPs is the share of the time " +
  "that is saved over the share of the FLOPs: 1 where clustering costs nothing.",
  "layer: the clustering layer alone, forward, on the tokens that reach it, as a share of the clustered " +
  "tower's time.",
  "saved: the fall of the peak of GPU memory; above weights: without weights and frames, which clustering " +
  "leaves as they are.",
] as const;

/** Lines in Markdown by group. */
export const DESCRIPTIONS: Readonly<Record<GroupName, readonly string[]>> = {
  products: [
    "`matmul_M_K_N`: `ab` multiplies as stored, `abt` with B stored transposed, `atb` with A.",
  ],
  blocks: [
    "`block_forward`: one ViT-B/32 block over 12 frames of 50 tokens, width 768, 12 heads. " +
    "`block_backward`: the same, its mean square, and the gradients of all parameters and of the input.",
    "`conv_S_C`: a 3 x 3 convolution of 12 feature maps of S x S pixels, from C channels to C, as in RN50; " +
    "`backward`: the same, its mean square, and the gradients of the maps and of the weights.",
  ],
  steps: [
    "`step_b32`: one training step of ViT-B/32 on 2 videos of 12 frames and 2 texts of 32 tokens: both " +
    "towers, the loss, the gradients of all parameters, clipping, AdamW. jax-js is given its patches cut and " +
    "normalised, and goes block by block, a `jit` each: the intermediates of one program over all of them do " +
    "not fit in the 4 GB of WebAssembly.",
    "Each holds gigabytes, so that one is timed after the other here, not in turn.",
    "`step_b32_amp`: the same with `--precision amp`: f16 activations, and a loss scale.",
  ],
  clustering: [
    "`kmedoids_B_N_K`: B segments of N normal tokens of width 768 into K clusters, to convergence. PyTorch " +
    "runs the original's way: distances once, an update that holds B x K x N x N numbers, and a wait in " +
    "every iteration.",
    "`spectral_B_N_K`: the same segments by spectral clustering, as the clustering layer runs it: heat " +
    "kernel (sigma is the square root of the width, about the distance of the tokens), Laplacian, K " +
    "eigenvectors, k-medoids on them.",
    "original (scaled): what the original's code takes in PyTorch where `torch.matmul` of 1024³ runs at 180 " +
    "GFLOP/s, multiplied by how much longer `torch.matmul` takes here, in turn with the row; unscaled where " +
    "PyTorch is not at hand.",
    "`eigen_B_N_K`: the K smallest eigenvectors of the normalised Laplacians of B graphs of N nodes (heat " +
    "kernel on normal points of 16 coordinates); PyTorch finds all N. Residual is the largest element of " +
    "A V - V diag(values), orthogonality that of V' V - I.",
  ],
  inference: [
    ...TOWERS,
    "`embed_M_F_S_K`: one video, clustered by k-medoids and embedded. PyTorch runs the same tower, and " +
    "k-medoids in the original's way.",
  ],
  training: TOWERS,
  long_inference: TOWERS,
  long_training: TOWERS,
  overheads: [
    "`overhead_recording`: host time of an op between its call and its return, over a forward and a " +
    "backward pass of ViT-B/32's video tower on one frame; what the device is handed is kept back " +
    "meanwhile, and finishing and submitting commands is not counted.",
    "`overhead_submits`, `overhead_readbacks`: in the step `step_b32`, the wait at its end included.",
    "`overhead_coverage`: the sum of the timestamps around every dispatch of `step_b32`, on a device that " +
    "takes them.",
    "`overhead_start`: from the start of a process to the end of its first training step of ViT-B/32 on " +
    "random weights, less what the step itself takes (a second one: two pairs of one frame), with the " +
    "driver's cache warm.",
  ],
  loader: [
    "`loader_PLACE_DECODER_N`: batches of training over videos in H.264 of 320 x 240 pixels, 3 frames a " +
    "second and 15 seconds, with N workers: 12 of the 45 frames drawn, resized and cut to 224 x 224. The " +
    "files are warm in memory. A GPU that takes less time a clip than the row says has to wait.",
    "`loader_cache`: the same batches from the frame cache, where each clip is kept whole; nothing is " +
    "decoded. `loader_cache_read`: 12 drawn frames of one clip, 1.8 MB, checked and copied; " +
    "`loader_cache_write`: the 45 frames of one clip, 6.8 MB.",
    `\`loader_wait_PLACE\`: the share of the time in which a GPU that needs ${STEP_MS} ms a clip has nothing ` +
    "to do for want of data, the start of the loader included, with one worker (of native ffmpeg where it " +
    "is there). The GPU is a timer, so that it takes nothing from the decoder: the software device of this " +
    "machine shares its cores with it, takes half a minute for `step_b32`, and never waits.",
  ],
};
