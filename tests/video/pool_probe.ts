// Exits while a pool over the scratch folder of its argument is open; see pool_test.ts.
import { WorkerPool } from "../../src/video/pool.ts";

const [scratch] = Deno.args;
const pool = new WorkerPool({ scratch }, 1);
const source = { name: "a.mp4", bytes: new Uint8Array(9) };
pool.run(() => ({ kind: "decode", source, options: { choose: { rule: "all" } } })).catch(() => {});
Deno.exit(7);
