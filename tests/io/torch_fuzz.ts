/**
 * Damaged PyTorch files: each gives tensors or a typed error, in little time and memory.
 */
import { ok } from "node:assert/strict";
import { UserError } from "../../src/errors.ts";
import { openTorch } from "../../src/io/torch_file.ts";
import { TorchRecord } from "../../src/io/torch_names.ts";
import { TorchTensor } from "../../src/io/torch_tensor.ts";
import { moduleTensors, stateDictOf } from "../../src/train/convert/state_dict.ts";
import { Random } from "../../src/tensor/random.ts";
import { mutate } from "./mutate.ts";
import { fixture } from "./torch_fixtures.ts";

const FILES = ["zip.pt", "legacy.pt", "script.pt", "ckpt.pth.tar", "malicious.pt"];

/** Every tensor that a conversion would read. */
function tensorsOf(root: unknown): Iterable<TorchTensor> {
  if (root instanceof TorchRecord) return moduleTensors(root).values();
  const inner = root instanceof Map ? root.get("state_dict") ?? root : root;
  return stateDictOf(inner)?.values() ?? [];
}

/** Reads `count` damaged files; returns how many of them were refused. */
export async function fuzzTorch(count: number, seed: number): Promise<number> {
  const originals = await Promise.all(FILES.map((name) => Deno.readFile(fixture(name))));
  const random = new Random(seed, [0xf0]), path = await Deno.makeTempFile({ suffix: ".pt" });
  let refused = 0;
  try {
    for (let i = 0; i < count; i++) {
      await Deno.writeFile(path, mutate(originals[i % originals.length], random));
      const start = performance.now();
      try {
        using file = await openTorch(path);
        for (const tensor of tensorsOf(file.root)) {
          const bytes = await tensor.bytes();
          ok(bytes.length === tensor.size * tensor.storage.width);
        }
      } catch (error) {
        if (!(error instanceof UserError)) {
          throw new Error(`damaged file ${i} of seed ${seed}: ${(error as Error).stack}`);
        }
        ok(!error.message.includes("\n"), error.message);
        refused++;
      }
      ok(performance.now() - start < 5_000, `damaged file ${i} took too long`);
    }
  } finally {
    await Deno.remove(path);
  }
  return refused;
}
