/**
 * CenterCLIP on any GPU: text-video retrieval with token clustering, on WebGPU.
 *
 * @module
 */
export * from "./src/errors.ts";
export * from "./src/tensor/random.ts";
