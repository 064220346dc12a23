// Opens a video of 1 MB that comes as bytes, over a scratch folder, and prints why it cannot; see
// native_test.ts.
import { PlaceError } from "../../src/errors.ts";
import { nativeEngine } from "../../src/video/native.ts";

const [scratch] = Deno.args;
try {
  await nativeEngine(scratch).open({ name: "a.mp4", bytes: new Uint8Array(1e6) });
} catch (error) {
  if (!(error instanceof PlaceError)) throw error;
  console.log(error.message);
}
