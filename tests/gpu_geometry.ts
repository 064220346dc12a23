/**
 * Further handles on the shared device that take themselves for something else, so that kernels meet the
 * launch geometry of other machines, whatever this one is.
 */
import { Device, type DeviceInfo } from "../src/gpu/device.ts";
import { device } from "./device.ts";

function posing(info: Partial<DeviceInfo>): Device {
  const options = { memoryBudget: 2 ** 30 };
  return new Device(device.gpu, { ...device.info, ...info }, device["provider"], options);
}

/** Like a GPU: teams of lanes for a row, more parts. */
export const gpuGeometry = posing({ software: false });

/** Like a dispatch that overflows: no more than two workgroups, so that kernels have to stride. */
export const twoGroups = posing({ maxWorkgroups: 2 });
