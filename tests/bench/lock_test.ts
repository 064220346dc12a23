import { deepStrictEqual } from "node:assert/strict";

/** The packages of a lock file. */
async function specifiers(path: string): Promise<string[]> {
  const text = await Deno.readTextFile(new URL(path, import.meta.url));
  return Object.keys(JSON.parse(text).specifiers);
}

Deno.test("what only the bench's peers need is not fetched by every other task", async () => {
  const peers = (await specifiers("peers/deno.lock")).filter((name) =>
    /jax|tensorflow|onnx/.test(name)
  );
  deepStrictEqual(peers, [
    "npm:@jax-js/jax@0.1.25",
    "npm:@tensorflow/tfjs-backend-webgpu@4.22.0",
    "npm:@tensorflow/tfjs@4.22.0",
    "npm:onnxruntime-web@1.30.0",
  ]);
  const project = await specifiers("../../deno.lock");
  deepStrictEqual(project.filter((name) => peers.includes(name)), []);
});
