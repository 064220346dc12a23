/**
 * Runs golden cases: each goes to the kind that knows its function and parameters, each table to the
 * comparison of its name. A case that no kind knows fails.
 *
 * @module
 */
import { NoAdapterError } from "../../mod.ts";
import { brief, Checks, Mismatch } from "./checks.ts";
import type { GoldenArea, GoldenCase } from "./golden.ts";
import { type Context, type Kinds, NotBuilt } from "./kind.ts";

/** What came of a case or a table. */
export interface Outcome {
  /** `AREA/NAME`. */
  readonly label: string;
  /** Why it failed; undefined where it passed. */
  readonly failure?: string;
  /** What is not built, where that is why it failed. */
  readonly missing?: string;
  /** The error that came nearest to its tolerance, and that tolerance. */
  readonly error: number;
  readonly tolerance: number;
}

/** Runs every case and table of an area whose label `wanted` accepts. */
export async function* runArea(
  area: GoldenArea,
  all: readonly Kinds[],
  context: Context,
  wanted: (label: string) => boolean = () => true,
): AsyncGenerator<Outcome> {
  for (const golden of area.cases.filter(({ label }) => wanted(label))) {
    yield await attempt(golden.label, async (checks) => {
      const kind = all.flatMap(({ kinds = [] }) => kinds)
        .find((kind) =>
          kind.function.test(golden.function) && (kind.when?.(golden.params) ?? true)
        );
      if (!kind) throw new Mismatch(`no runner knows ${golden.function} with these parameters`);
      await kind.run(golden, checks, context);
      demandAll(golden, checks);
    });
  }
  for (const name of area.tables.filter((name) => wanted(`${area.name}/${name}`))) {
    yield await attempt(`${area.name}/${name}`, async (checks) => {
      const table = all.flatMap(({ tables = [] }) => tables).find((table) => table.name === name);
      if (!table) throw new Mismatch("no runner knows this table");
      await table.run(area, checks, context);
      if (checks.count === 0) throw new Mismatch("nothing was compared");
    });
  }
}

/** A case passes only where all that it pins was compared. */
function demandAll(golden: GoldenCase, checks: Checks): void {
  const [forgotten] = golden.unread;
  if (forgotten !== undefined) throw new Mismatch(`the output ${forgotten} was not compared`);
  if (checks.count === 0) throw new Mismatch("nothing was compared");
}

async function attempt(
  label: string,
  run: (checks: Checks) => Promise<void>,
): Promise<Outcome> {
  const checks = new Checks();
  try {
    await run(checks);
    return { label, ...checks.worst };
  } catch (error) {
    if (error instanceof NoAdapterError) throw error;
    const failure = error instanceof Error ? error.message : String(error);
    const missing = error instanceof NotBuilt ? error.part : undefined;
    return { label, failure, missing, ...checks.worst };
  }
}

/** The outcome as a line. */
export function lineOf({ label, failure, error, tolerance }: Outcome): string {
  if (failure !== undefined) return `FAIL ${label} ${failure.replaceAll(/\s+/g, " ")}`;
  return `ok ${label} ${brief(error)} ${brief(tolerance)}`;
}
