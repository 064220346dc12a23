/**
 * What can go wrong on a GPU, as types that a caller can tell apart.
 *
 * @module
 */
import { UserError } from "../errors.ts";

/** A failure of the GPU; `op` names the operation that was being recorded or run. */
export class GpuError extends Error {
  /** Name of the class, as `String(error)` begins. */
  override name = "GpuError";
  /**
   * Puts the operation before the message.
   *
   * @param op The operation; may be empty.
   */
  constructor(message: string, readonly op: string) {
    super(op ? `${op}: ${message}` : message);
  }
}

/** The GPU refused a command: a defect in a kernel or in its host file. */
export class ValidationError extends GpuError {
  /** Name of the class, as `String(error)` begins. */
  override name = "ValidationError";
}

/** An allocation does not fit the device or the memory budget. */
export class OutOfMemoryError extends GpuError {
  /** Name of the class, as `String(error)` begins. */
  override name = "OutOfMemoryError";
}

/** The device is gone (driver reset, unplugged); nothing on it can be used any more. */
export class DeviceLostError extends GpuError {
  /** Name of the class, as `String(error)` begins. */
  override name = "DeviceLostError";
}

/** No usable WebGPU adapter was found (exit code 3). */
export class NoAdapterError extends UserError {
  /** Name of the class, as `String(error)` begins. */
  override name = "NoAdapterError";
  /** No usable GPU: 3. */
  override readonly exitCode = 3;
}
