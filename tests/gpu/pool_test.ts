import { deepStrictEqual, notStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import { OutOfMemoryError } from "../../src/gpu/errors.ts";
import { BufferPool, sizeClass } from "../../src/gpu/pool.ts";

/** A pool over a device that only counts, with a stream number that the test sets. */
function fakePool(budget = Infinity, largest = 2 ** 30) {
  const seen = { created: 0, events: [] as string[], stream: 0 };
  const gpu = {
    limits: { maxBufferSize: 2 ** 31, maxStorageBufferBindingSize: largest },
    createBuffer() {
      seen.created++;
      return { destroy: () => void seen.events.push("destroy") };
    },
  } as unknown as GPUDevice;
  const submit = () => {
    seen.events.push("submit");
    seen.stream++;
  };
  return { seen, pool: new BufferPool(gpu, budget, () => seen.stream, submit) };
}

Deno.test("size classes hold what was asked for and waste at most an eighth", () => {
  let last = 0;
  for (let bytes = 1; bytes < 2 ** 31; bytes = Math.ceil(bytes * 1.03)) {
    const size = sizeClass(bytes);
    ok(size >= bytes && size >= last, `${bytes} -> ${size}`);
    ok(size <= Math.max(256, bytes * 9 / 8) || size - bytes < 256, `${bytes} -> ${size}`);
    strictEqual(size % 256, 0);
    strictEqual(sizeClass(size), size, "a class is its own class");
    last = size;
  }
});

Deno.test("a buffer that was given back is handed out again, without a new one", () => {
  const { pool, seen } = fakePool();
  const first = pool.acquire(1000, "a");
  pool.release(first);
  strictEqual(pool.acquire(900, "b"), first);
  notStrictEqual(pool.acquire(900, "c"), first);
  strictEqual(seen.created, 2);
});

Deno.test("which buffer a request gets does not depend on the order in which buffers came back", () => {
  const { pool } = fakePool();
  const made = Array.from({ length: 5 }, () => pool.acquire(256, "a"));
  for (const order of [[0, 1, 2, 3, 4], [4, 3, 2, 1, 0], [2, 4, 0, 3, 1]]) {
    for (const i of order) pool.release(made[i]);
    deepStrictEqual(made.map(() => pool.acquire(256, "b").id), made.map(({ id }) => id));
  }
});

Deno.test("live, peak and free bytes and the live buffers are counted", () => {
  const { pool } = fakePool();
  const a = pool.acquire(256, "a"), b = pool.acquire(512, "b");
  deepStrictEqual(pool.use, { live: 768, peak: 768, free: 0, buffers: 2 });
  pool.release(a);
  deepStrictEqual(pool.use, { live: 512, peak: 768, free: 256, buffers: 1 });
  pool.resetPeak();
  strictEqual(pool.use.peak, 512);
  pool.acquire(200, "c");
  deepStrictEqual(pool.use, { live: 768, peak: 768, free: 0, buffers: 2 });
  pool.release(b);
  strictEqual(pool.use.peak, 768);
});

Deno.test("a buffer freed in the unsubmitted stream goes to kernels, never to the host", () => {
  const { pool, seen } = fakePool();
  const old = pool.acquire(256, "a");
  const fresh = pool.acquire(256, "b");
  pool.release(old);
  seen.stream++; // submit
  pool.release(fresh);
  const upload = pool.acquire(256, "upload", true);
  strictEqual(upload, old, "what was freed before the submit may be written");
  const another = pool.acquire(256, "upload", true);
  ok(another !== fresh && another !== old);
  strictEqual(pool.acquire(256, "kernel"), fresh);
});

Deno.test("trim() submits, destroys what waits and leaves what is in use", () => {
  const { pool, seen } = fakePool();
  const kept = pool.acquire(256, "a");
  pool.release(pool.acquire(4096, "b"));
  pool.trim();
  deepStrictEqual(seen.events, ["submit", "destroy"]);
  deepStrictEqual(pool.use, { live: 256, peak: 4352, free: 0, buffers: 1 });
  pool.release(kept);
  strictEqual(pool.acquire(100, "c"), kept);
});

Deno.test("the budget counts waiting buffers, and gives them up before it refuses", () => {
  const { pool, seen } = fakePool(1024);
  pool.release(pool.acquire(768, "a"));
  const b = pool.acquire(512, "b");
  deepStrictEqual(seen.events, ["submit", "destroy"]);
  strictEqual(b.size, 512);
  pool.acquire(512, "c");
  throws(() => pool.acquire(1, "matmul"), {
    name: "OutOfMemoryError",
    op: "matmul",
    message: "matmul: 256 more bytes do not fit the memory budget (1024 of 1024 in use)",
  });
  strictEqual(pool.use.live, 1024, "a refusal changes no count");
});

Deno.test("a tensor that no kernel can bind whole is refused with its op and bytes", () => {
  const { pool } = fakePool(Infinity, 5000);
  strictEqual(pool.acquire(4900, "a").size, 4992, "a class past the limit shrinks to it");
  throws(() => pool.acquire(5008, "embedding"), (error: OutOfMemoryError) => {
    ok(error instanceof OutOfMemoryError);
    return /^embedding: a tensor of 5008 bytes/.test(error.message);
  });
});
