/**
 * Opens a device in a process of its own and prints one line of JSON. Arguments: a provider, and
 * `reveal` to show the drivers again once Dawn has looked for them.
 */
import { UserError } from "../../src/errors.ts";
import { openDevice, summary } from "../../src/gpu/open.ts";
import { openProvider, type ProviderName } from "../../src/gpu/provider.ts";
import { quickGelu } from "../../src/ops/quick_gelu.ts";
import { tensor } from "../../src/tensor/tensor.ts";

const [provider, reveal] = Deno.args;
try {
  if (reveal) {
    await (await openProvider("dawn")).gpu.requestAdapter();
    Deno.env.delete("VK_DRIVER_FILES");
  }
  using device = await openDevice({ provider: provider as ProviderName | "auto" });
  using x = tensor(device, new Float32Array([-100, 0, 100]));
  using y = quickGelu(x);
  const values = [...await y.data()];
  console.log(JSON.stringify({ ...device.info, summary: summary(device.info), values }));
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  const { name, message, exitCode } = error;
  console.log(JSON.stringify({ name, message, exitCode }));
}
