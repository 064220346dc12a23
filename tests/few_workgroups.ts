/**
 * A second handle on the shared device that allows three workgroups a dimension only: kernels that stride
 * over the grid then do so at small sizes.
 */
import { Device } from "../src/gpu/device.ts";
import { device } from "./device.ts";

/** The shared device with room for three workgroups. */
export const fewWorkgroups = new Device(
  device.gpu,
  { ...device.info, maxWorkgroups: 3 },
  device["provider"],
  { memoryBudget: 2 ** 30 },
);
