/**
 * The recurrence of an LSTM, all steps in one kernel.
 *
 * @module
 */
import source from "../../kernels/recurrent/lstm.wgsl" with { type: "text" };
import { UserError } from "../errors.ts";
import type { Device } from "../gpu/device.ts";
import { empty, type Tensor, zeros } from "../tensor/tensor.ts";
import { concatRows, sliceRows } from "./copy_rows.ts";
import { defineOp } from "./define.ts";
import { matmul } from "./matmul.ts";
import { transpose } from "./transpose.ts";

const kernel = { name: "lstm", source };

const LANES = 64;

/** The kernel's constants for a state of `hidden`. */
function constsOf({ info }: Device, hidden: number): { LANES: number; CAPACITY: number } {
  const CAPACITY = Math.max(4 * hidden, 4);
  if (4 * CAPACITY > info.maxWorkgroupStorage) {
    throw new UserError(
      `an LSTM with a state of ${hidden} needs ${4 * CAPACITY} bytes of workgroup memory, ` +
        `this device has ${info.maxWorkgroupStorage}`,
    );
  }
  return { LANES, CAPACITY };
}

const op = defineOp<[gates: Tensor, weights: Tensor]>({
  name: "lstm",
  forward([gates, weights], _, save) {
    const { device, shape: [batch, steps, width] } = gates;
    const hidden = width / 4;
    const h = empty(device, "f32", [batch, steps, hidden], "lstm");
    const cells = empty(device, "f32", [batch, steps, hidden], "lstm");
    const opened = empty(device, "f32", [batch, steps, width], "lstm");
    device.launch({
      kernel,
      entry: "forward",
      consts: constsOf(device, hidden),
      bind: { gates, weights: transpose(weights), opened, cells, h },
      params: { steps, hidden },
      groups: [batch],
      flops: 8 * batch * steps * hidden ** 2,
    });
    save(weights, opened, cells, h);
    return h;
  },
  gradient(dh, { saved: [weights, opened, cells, h], needs }) {
    const { device, shape: [batch, steps, hidden] } = dh;
    const dgates = empty(device, "f32", [batch, steps, 4 * hidden], "lstm");
    device.launch({
      kernel,
      entry: "backward",
      consts: constsOf(device, hidden),
      bind: {
        weights: weights!,
        saved_opened: opened!,
        saved_cells: cells!,
        dh,
        dgates,
        dcells: empty(device, "f32", [batch, hidden], "lstm"),
      },
      params: { steps, hidden },
      groups: [batch],
      flops: 8 * batch * steps * hidden ** 2,
    });
    if (!needs[1] || batch * steps === 0) return [dgates, undefined];
    // dW = sum over sequences and steps of da_t h_{t-1}'
    const before = concatRows(
      zeros(device, "f32", [batch, 1, hidden]),
      sliceRows(h!, 0, steps - 1),
    );
    const rows = batch * steps;
    const dweights = matmul(dgates.reshape([rows, 4 * hidden]), before.reshape([rows, hidden]), {
      transposeA: true,
    });
    return [dgates, dweights];
  },
});

/**
 * Runs an LSTM over sequences, from a state of zeros: `a = gates + W h`, PyTorch's gate order i, f, g, o.
 *
 * @param gates [batch, steps, 4 hidden]: what the inputs add to the gates, with all biases.
 * @param weights [4 hidden, hidden], as PyTorch's `weight_hh`.
 * @returns The states [batch, steps, hidden].
 * @throws {RangeError} if the shapes do not fit.
 * @throws {UserError} if the state exceeds what the device's workgroup memory holds (above 1024
 *   everywhere).
 *
 * Source: Hochreiter and Schmidhuber, "Long short-term memory" (1997), with forget gates; PyTorch's
 * `torch.nn.LSTM`.
 */
export function lstm(gates: Tensor, weights: Tensor): Tensor {
  const [rows, hidden] = weights.shape;
  if (gates.shape.length !== 3 || gates.shape[2] !== rows || rows !== 4 * hidden) {
    throw new RangeError(`lstm: gates [${gates.shape}] with weights [${weights.shape}]`);
  }
  return op([gates, weights]);
}
