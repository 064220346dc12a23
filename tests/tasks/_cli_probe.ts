// A task that ends in the way its flag says; see cli_test.ts.
import { UserError } from "../../src/errors.ts";
import { runTask } from "../../tasks/_cli.ts";

const flags = {
  end: {
    kind: "choice",
    choices: ["well", "user", "defect", "timer", "wait", "ignore", "now"],
    default: "well",
    meaning: "how to end",
  },
  times: { kind: "int", default: 1, min: 1, meaning: "a number" },
} as const;

const until = (signal: AbortSignal) =>
  new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
const ready = () => setTimeout(() => console.log("ready"), 0);

await runTask({
  command: "probe",
  purpose: "Ends as told.",
  operands: ["FILE", "[OUT]"],
  flags,
  onInterrupt: ({ end }) => end === "now" ? undefined : "Interrupted: writing a checkpoint",
}, async ({ values, operands, signal }) => {
  const hold = setInterval(() => {}, 1000); // keeps the event loop alive while waiting
  switch (values.end) {
    case "user":
      throw new UserError("no such video:\n  clip.mp4");
    case "defect":
      throw new TypeError("undefined is not a function");
    case "timer":
      setTimeout(() => {
        throw new RangeError("out of bounds");
      }, 0);
      await new Promise(() => {});
      break;
    case "wait":
      ready();
      await until(signal);
      console.log("saved");
      break;
    case "ignore":
    case "now":
      ready();
      await new Promise(() => {});
  }
  clearInterval(hold);
  console.log(JSON.stringify({ ...values, operands }));
});
