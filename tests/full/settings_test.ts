import { SETTINGS, takesEffect, testUnder } from "../settings.ts";

for (const setting of Object.keys(SETTINGS) as (keyof typeof SETTINGS)[]) {
  Deno.test(`the runtime, every op and the clustering pass their tests with ${setting}`, async () => {
    await takesEffect(setting);
    await testUnder(setting, ["gpu", "tensor", "autograd", "ops", "cluster"]);
  });
}
