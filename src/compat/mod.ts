/**
 * What only the reference does. Golden cases pin it; nothing here is a recommendation.
 *
 * @module
 */
export * from "./k_medoids.ts";
export * from "./datasets.ts";
export * from "./frames.ts";
export * from "./metrics.ts";
export * from "./sampling.ts";
export * from "./text.ts";
export * from "./training.ts";
export * from "./weights.ts";
