import { deepStrictEqual } from "node:assert/strict";
import type { Profile } from "../../src/gpu/profile.ts";
import { tracksOf } from "../../src/train/tracks.ts";

const interval = (begin: number, end: number) => ({ begin, end });
const profile: Profile = {
  kernels: [],
  dispatches: [{ name: "k", begin: 12, end: 15, flops: 1, bytes: 2 }],
  forgotten: 0,
  recordings: [interval(0, 4), interval(6, 12)],
  submits: [interval(4, 5), interval(12, 13)],
  waits: [interval(5, 30)],
  clockError: 0,
};
const decoded = [
  { worker: 1, file: "b.mp4", frames: 4, begin: 1, end: 9 },
  { worker: 0, file: "a.mp4", frames: 3, begin: 2, end: 14 },
];
const waited = [{ batch: 7, begin: 7, end: 10 }];

/** Names and times of the spans, by track. */
const shown = (...told: Parameters<typeof tracksOf>) =>
  Object.fromEntries(
    tracksOf(...told).map(({ name, spans }) => [
      name,
      spans.map(({ name, begin, end }) => `${name} ${begin}-${end}`),
    ]),
  );

Deno.test("the host waits for the GPU while it does nothing else, and records while it does not wait", () => {
  deepStrictEqual(shown(profile, decoded, waited), {
    "GPU: kernels": ["k 12-15"],
    "host: recording": ["record 0-4", "record 6-7", "record 10-12"],
    "host: submits": ["submit 4-5", "submit 12-13"],
    "host: waits": ["wait for the GPU 5-6", "wait for batch 7 7-10", "wait for the GPU 13-30"],
    "decode: worker 1": ["a.mp4 2-14"],
    "decode: worker 2": ["b.mp4 1-9"],
  });
});

Deno.test("where dispatches are forgotten, what went on before the others is, too", () => {
  deepStrictEqual(shown({ ...profile, forgotten: 1 }, decoded, waited), {
    "GPU: kernels": ["k 12-15"],
    "host: recording": [],
    "host: submits": ["submit 12-13"],
    "host: waits": ["wait for the GPU 13-30"],
    "decode: worker 1": [],
    "decode: worker 2": [],
  });
});

Deno.test("without timestamps the trace shows what the loaders did", () => {
  const tracks = shown(undefined, decoded, waited);
  deepStrictEqual(tracks["host: waits"], ["wait for batch 7 7-10"]);
  deepStrictEqual(tracks["decode: worker 1"], ["a.mp4 2-14"]);
  deepStrictEqual(tracks["GPU: kernels"], []);
});
