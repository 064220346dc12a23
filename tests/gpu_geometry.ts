/**
 * A second handle on the shared device that takes itself for a GPU: kernels then use the launch geometry
 * of hardware (teams of lanes for a row, more parts), whatever the machine at hand is.
 */
import { Device } from "../src/gpu/device.ts";
import { device } from "./device.ts";

/** The shared device with the launch geometry of a GPU. */
export const gpuGeometry = new Device(
  device.gpu,
  { ...device.info, software: false },
  device["provider"],
  { memoryBudget: 2 ** 30 },
);
