import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { boundOf, costLines, rooflineLine } from "../../../src/train/log/costs.ts";

const roofline = { flops: 100e9, bytes: 8e9 };
const kernel = (name: string, ms: number, flops: number, bytes: number) => (
  { name, calls: 2, ms, flops, bytes }
);

Deno.test("a kernel is bound by the ceiling that it meets first", () => {
  deepStrictEqual(boundOf(kernel("matmul", 50, 2e9, 8e6), roofline), {
    by: "flops",
    rate: 40e9,
    share: 0.4,
  });
  deepStrictEqual(boundOf(kernel("add", 50, 1e6, 100e6), roofline), {
    by: "bytes",
    rate: 2e9,
    share: 0.25,
  });
  strictEqual(boundOf(kernel("fast", 0, 1, 1), roofline), undefined);
});

Deno.test("the table has a line for each of the ten costliest kernels", () => {
  const kernels = [
    kernel("matmul", 50, 2e9, 8e6),
    kernel("gather", 30, 0, 1e9),
    kernel("add", 20, 0, 40e6),
    kernel("fast", 0, 0, 1),
  ];
  deepStrictEqual(costLines(kernels, roofline), [
    "50.0 % in matmul: 50 ms, 2 calls, 40 GFLOP/s, 40 % of the roofline",
    "30.0 % in gather: 30 ms, 2 calls, at most 33 GB/s, at most 100 % of the roofline",
    "20.0 % in add: 20 ms, 2 calls, at most 2.0 GB/s, at most 25 % of the roofline",
    "0.0 % in fast: 0 ms, 2 calls",
  ]);
  strictEqual(costLines(kernels)[0], "50.0 % in matmul: 50 ms, 2 calls");
  strictEqual(costLines(Array.from({ length: 12 }, () => kernel("k", 1, 0, 0))).length, 10);
  deepStrictEqual(costLines([], roofline), []);
  strictEqual(
    rooflineLine(roofline),
    "roofline, measured: 100 GFLOP/s of multiply-adds, 8.0 GB/s of copying",
  );
});
