import { ok } from "node:assert/strict";
import { fuzzTorch } from "../io/torch_fuzz.ts";

Deno.test("20,000 damaged PyTorch files give tensors or a typed error each, in bounded memory", async () => {
  const before = Deno.memoryUsage().rss;
  let refused = 0;
  for (let seed = 10; seed < 20; seed++) refused += await fuzzTorch(2_000, seed);
  ok(refused > 10_000, `${refused} were refused`);
  const grown = Deno.memoryUsage().rss - before;
  ok(grown < 256e6, `${grown} bytes more`);
});
