import assert from "node:assert/strict";
import { UserError } from "../../src/errors.ts";
import {
  type CheckpointState,
  EXP_AVG,
  EXP_AVG_SQ,
  type Json,
  MODEL,
  namesUnder,
  openCheckpoint,
  saveCheckpoint,
} from "../../src/io/checkpoint.ts";
import { openSafetensors, type TensorEntry, writeSafetensors } from "../../src/io/safetensors.ts";
import { listing, withFolder } from "./folder.ts";

const f32 = (name: string, ...values: number[]): TensorEntry => ({
  name,
  dtype: "F32",
  shape: [values.length],
  bytes: () => new Uint8Array(Float32Array.from(values).buffer),
});

Deno.test("weights, moments and state come back as they were saved", () =>
  withFolder(async (folder) => {
    const path = `${folder}/ckpt.safetensors`;
    const state: CheckpointState = {
      settings: { lr: 1e-7, cluster_num_blocks: [49, 49], resume: null, amp: false },
      epoch: 3,
      global_step: 12_345,
      loader: { position: 7, order: "größe\n\u2028😀" },
      random: [4294967295, 0],
      best: { R1: 43.6, loss: 0.1 + 0.2 },
    };
    await saveCheckpoint(path, {
      tensors: [f32(`${EXP_AVG_SQ}w`, 5), f32(`${MODEL}w`, 1, -0), f32(`${EXP_AVG}w`, NaN)],
      state,
    });
    const checkpoint = await openCheckpoint(path);
    using file = checkpoint.file;
    assert.deepEqual(checkpoint.state, state);
    assert.deepEqual(namesUnder(file.names, MODEL), ["w"]);
    assert.deepEqual(await file.readF32(`${MODEL}w`), Float32Array.of(1, -0));
    assert.deepEqual(await file.readF32(`${EXP_AVG}w`), Float32Array.of(NaN));
    assert.deepEqual(await file.readF32(`${EXP_AVG_SQ}w`), Float32Array.of(5));
    assert.deepEqual(await listing(folder), ["ckpt.safetensors"]);
  }));

Deno.test("awkward state is given back to the last bit", () =>
  withFolder(async (folder) => {
    const numbers = [
      -0,
      0,
      Infinity,
      -Infinity,
      5e-324,
      1.7976931348623157e308,
      2 ** 53 - 1,
      1 / 3,
    ];
    const state: CheckpointState = {
      numbers,
      minusZero: -0,
      best: -Infinity,
      format: "a key that other tools use",
      ["__proto__"]: { ["__proto__"]: [], constructor: "" },
      "": {},
    };
    await saveCheckpoint(`${folder}/x`, { tensors: [], state });
    const { file, state: back } = await openCheckpoint(`${folder}/x`);
    file.close();
    assert.deepEqual(back, state);
    assert.deepEqual(Object.keys(back).sort(), Object.keys(state).sort());
    (back.numbers as number[]).forEach((value, i) => assert.ok(Object.is(value, numbers[i])));
  }));

Deno.test("two saves of the same run are the same bytes", () =>
  withFolder(async (folder) => {
    const tensors = [f32(`${MODEL}b`, 1), f32(`${MODEL}a`, 2)];
    await saveCheckpoint(`${folder}/a`, { tensors, state: { epoch: 1, best: 2 } });
    await saveCheckpoint(`${folder}/b`, {
      tensors: tensors.toReversed(),
      state: { best: 2, epoch: 1 },
    });
    assert.deepEqual(await Deno.readFile(`${folder}/a`), await Deno.readFile(`${folder}/b`));
  }));

const unfit: [string, unknown][] = [
  ["NaN", NaN],
  ["undefined", undefined],
  ["a member that is undefined", { a: undefined }],
  ["a typed array", Uint32Array.of(1)],
  ["a Map", new Map()],
  ["a Date", new Date(0)],
  ["a list with holes", Array(2)],
  ["NaN far inside", { a: [{ b: NaN }] }],
];

for (const [what, value] of unfit) {
  Deno.test(`state with ${what} is refused before anything is written`, () =>
    withFolder(async (folder) => {
      await assert.rejects(
        saveCheckpoint(`${folder}/x`, { tensors: [], state: { random: value as Json } }),
        /^TypeError: checkpoint state random holds what JSON cannot give back unchanged/,
      );
      assert.deepEqual(await listing(folder), []);
    }));
}

Deno.test("a tensor under no known prefix and a reserved state key are refused", () =>
  withFolder(async (folder) => {
    await assert.rejects(
      saveCheckpoint(`${folder}/x`, { tensors: [f32("w", 1)], state: {} }),
      /^TypeError: checkpoint tensor w is under none of/,
    );
    await assert.rejects(
      saveCheckpoint(`${folder}/x`, { tensors: [], state: { centerclip_checkpoint: 1 } }),
      /^TypeError: centerclip_checkpoint is a reserved key/,
    );
    assert.deepEqual(await listing(folder), []);
  }));

Deno.test("a save that fails in the middle leaves the checkpoint before it", () =>
  withFolder(async (folder) => {
    const path = `${folder}/ckpt`;
    await saveCheckpoint(path, { tensors: [f32(`${MODEL}a`, 1)], state: { epoch: 1 } });
    const lost = new Error("device lost");
    const failing = { ...f32(`${MODEL}b`, 1), bytes: () => Promise.reject(lost) };
    const tensors = [f32(`${MODEL}a`, 2), failing];
    await assert.rejects(saveCheckpoint(path, { tensors, state: { epoch: 2 } }), lost);
    const { file, state } = await openCheckpoint(path);
    assert.deepEqual(state, { epoch: 1 });
    assert.deepEqual(await file.readF32(`${MODEL}a`), Float32Array.of(1));
    file.close();
    assert.deepEqual(await listing(folder), ["ckpt"]);
  }));

const foreign: [string, Record<string, string>, RegExp][] = [
  ["no mark of ours", { format: "pt" }, /holds tensors but is not a checkpoint of a run; give the/],
  [
    "a later version",
    { centerclip_checkpoint: "2" },
    /a checkpoint of version "2" and this program/,
  ],
  [
    "a hostile version",
    { centerclip_checkpoint: "\n\u001b[2J" },
    /of version "\\n\\u001b\[2J" and/,
  ],
  [
    "broken state",
    { centerclip_checkpoint: "1", epoch: "{" },
    /: its "epoch" is not JSON; use another/,
  ],
  ["no state text", { centerclip_checkpoint: "1", epoch: "" }, /: its "epoch" is not JSON/],
];

for (const [what, metadata, line] of foreign) {
  Deno.test(`a safetensors file with ${what} is refused in one line`, () =>
    withFolder(async (folder) => {
      const path = `${folder}/x`;
      await writeSafetensors(path, [f32("w", 1)], metadata);
      await assert.rejects(openCheckpoint(path), (error: unknown) => {
        assert.ok(error instanceof UserError, String(error));
        assert.ok(error.message.startsWith(path));
        assert.match(error.message, line);
        assert.doesNotMatch(error.message, /\n/);
        return true;
      });
    }));
}

Deno.test("a truncated checkpoint and a missing one are refused in one line", () =>
  withFolder(async (folder) => {
    const path = `${folder}/x`;
    await saveCheckpoint(path, { tensors: [f32(`${MODEL}a`, 1, 2)], state: {} });
    await Deno.truncate(path, (await Deno.stat(path)).size - 1);
    await assert.rejects(
      openCheckpoint(path),
      /^SafetensorsError: .*x: tensor "model\.a": its bytes end/,
    );
    await assert.rejects(
      openCheckpoint(`${folder}/y`),
      /^UserError: cannot read .*y: there is no such/,
    );
  }));

Deno.test("any safetensors reader can take the weights out of a checkpoint", () =>
  withFolder(async (folder) => {
    await saveCheckpoint(`${folder}/x`, { tensors: [f32(`${MODEL}a`, 1)], state: { epoch: 4 } });
    using file = await openSafetensors(`${folder}/x`);
    assert.deepEqual(await file.readF32("model.a"), Float32Array.of(1));
    assert.equal(file.metadata.epoch, "4");
  }));
