import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { outsideScopes, Scope, tidy } from "../../src/tensor/scope.ts";
import { empty, type Tensor, tensor } from "../../src/tensor/tensor.ts";
import { device } from "../device.ts";

const make = () => empty(device, "f32", [4]);
const liveAfter = (body: () => void): number => {
  const { buffers } = device.memory;
  body();
  return device.memory.buffers - buffers;
};

Deno.test("a scope gives back what was made in it, and nothing else", () => {
  using before = make();
  let kept: Tensor | undefined;
  strictEqual(
    liveAfter(() => {
      using scope = new Scope(device);
      make();
      make().reshape([2, 2]);
      kept = scope.keep(make());
    }),
    1,
  );
  strictEqual(kept!.disposed, false);
  strictEqual(before.disposed, false);
  kept!.dispose();
});

Deno.test("what an inner scope keeps belongs to the outer one", () => {
  let kept: Tensor, dropped: Tensor;
  const left = liveAfter(() => {
    using _outer = new Scope(device);
    {
      using inner = new Scope(device);
      kept = inner.keep(make());
      dropped = make();
    }
    strictEqual(kept.disposed, false);
    strictEqual(dropped.disposed, true);
  });
  strictEqual(kept!.disposed, true);
  strictEqual(left, 0);
});

Deno.test("a view that is kept holds the storage on", async () => {
  const view = tidy(device, () => tensor(device, new Float32Array([1, 2])).reshape([2, 1]));
  deepStrictEqual([...await view.data()], [1, 2]);
  strictEqual(view.unshared, true);
  view.dispose();
});

Deno.test("tidy() keeps one tensor or a list, and nothing when the body throws", () => {
  strictEqual(liveAfter(() => tidy(device, () => (make(), make())).dispose()), 0);
  strictEqual(
    liveAfter(() => {
      for (const t of tidy(device, () => [make(), make()])) t.dispose();
    }),
    0,
  );
  strictEqual(
    liveAfter(() => {
      throws(() =>
        tidy(device, () => {
          make();
          throw new Error("body");
        }), /body/);
    }),
    0,
  );
});

Deno.test("disposing of a tensor before its scope ends is no error", () => {
  strictEqual(
    liveAfter(() => {
      using _scope = new Scope(device);
      make().dispose();
    }),
    0,
  );
});

Deno.test("scopes end in the reverse order of their begin, or say so and stay open", () => {
  const outer = new Scope(device), inner = new Scope(device);
  const x = make();
  throws(() => outer[Symbol.dispose](), /reverse order/);
  strictEqual(x.disposed, false);
  inner[Symbol.dispose]();
  strictEqual(x.disposed, true);
  outer[Symbol.dispose]();
  throws(() => outer[Symbol.dispose](), /reverse order/);
});

Deno.test("what is made outside scopes outlives them, also after an error", () => {
  let mine: Tensor, theirs: Tensor;
  {
    using _scope = new Scope(device);
    mine = outsideScopes(device, make);
    throws(() =>
      outsideScopes(device, () => {
        throw new Error("body");
      }), /body/);
    theirs = make();
  }
  strictEqual(mine.disposed, false);
  strictEqual(theirs.disposed, true);
  mine.dispose();
});

Deno.test("a scope outside scopes is on its own", () => {
  using outer = new Scope(device);
  const kept = outsideScopes(device, () => {
    using inner = new Scope(device);
    return inner.keep(make());
  });
  outer.keep(make()).dispose();
  strictEqual(kept.disposed, false);
  kept.dispose();
});

Deno.test("a scope gives back the first and the last of many tensors, most of them gone before", () => {
  const scope = new Scope(device);
  const first = make();
  for (let i = 0; i < 5000; i++) first.alias().dispose();
  const last = make();
  scope[Symbol.dispose]();
  deepStrictEqual([first.disposed, last.disposed], [true, true]);
});
