/**
 * The weights that the cases of a ResNet began with.
 *
 * Their files hold the running statistics as the training step left them: PyTorch's state dicts are
 * views, and this one was written after the step. Where that is so, the step is undone. It moved each
 * statistic from `s` to `0.9 s + 0.1 b`, and `b`, the batch's own, is found by training from zeros. That `b`
 * is right is for the evaluation case to show, whose outputs come of `s`.
 *
 * @module
 */
import { configOf, type Device, encodeFrames, Parameters, type Tensor, tensor } from "../../mod.ts";
import type { GoldenCase } from "./golden.ts";
import { type Floats, floats, upload } from "./values.ts";

/** The case in which a batch norm trains. */
export const TRAINS = /BatchNorm in train mode/;

const RUNNING = /\.running_(mean|var)$/;
const MOMENTUM = 0.1;

/** A state dict; its counters are floats, as the model keeps them. */
export type State = ReadonlyMap<string, Floats>;

/** The sizes of a model, read off its weights. */
export const configFrom = (state: State) =>
  configOf(new Map(Array.from(state, ([name, { shape }]) => [name, shape])));

/** A state on a device. */
export function parametersFrom(device: Device, state: State): Parameters {
  const upload = ({ data, shape }: Floats): Tensor => tensor(device, data, shape);
  return new Parameters(device, new Map(Array.from(state, ([name, x]) => [name, upload(x)])));
}

/** The state that a case began with. */
export async function initialState(golden: GoldenCase, device: Device): Promise<State> {
  const saved = new Map<string, Floats>();
  for (const [name, values] of await golden.inputGroup("state_dict")) {
    saved.set(name, await floats(Promise.resolve(values)));
  }
  const group = golden.inputText("state_dict");
  const training = golden.area.cases.find((other) =>
    TRAINS.test(other.function) && other.inputText("state_dict") === group
  );
  if (!training || !await isMoved(training, saved)) return saved;
  const still = changed(saved, (x) => x.map(() => 0));
  const parameters = parametersFrom(device, still).at("visual");
  const frames = upload(device, await floats(training.input("image")));
  encodeFrames(parameters, configFrom(saved), frames, { training: true });
  const shares = new Map<string, Float32Array>();
  for (const name of saved.keys()) {
    if (!RUNNING.test(name)) continue;
    shares.set(name, await parameters.get(name.replace("visual.", "")).data() as Float32Array);
  }
  return changed(
    saved,
    (x, name) => x.map((value, i) => (value - shares.get(name)![i]) / (1 - MOMENTUM)),
  );
}

/** Whether a state holds the statistics that a training case gives as its results, bit for bit. */
async function isMoved({ entry, area }: GoldenCase, saved: State): Promise<boolean> {
  const outputs = entry.object("outputs");
  const statistics = outputs.keys.filter((name) => RUNNING.test(name));
  for (const output of statistics) {
    const { data } = await area.file.tensor(outputs.text(output));
    const before = saved.get(output.replace("after.", "visual."))!.data;
    if (!data.every((value, i) => value === before[i])) return false;
  }
  return statistics.length > 0;
}

/** A state with other running statistics. */
function changed(
  state: State,
  change: (values: Float32Array<ArrayBuffer>, name: string) => Float32Array<ArrayBuffer>,
): State {
  return new Map(Array.from(state, ([name, { shape, data }]) => [
    name,
    { shape, data: RUNNING.test(name) ? change(data, name) : data },
  ]));
}
