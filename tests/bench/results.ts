/**
 * The figures of each group, kept as `results/GROUP.json` with where and when they were measured.
 *
 * @module
 */
import type { Results } from "./figures.ts";
import { GROUP_NAMES, type GroupName } from "./groups.ts";
import { resultsPage } from "./report.ts";

/** Where figures are kept. */
export const FOLDER: URL = new URL("./", import.meta.url);

const fileOf = (group: GroupName, folder: URL) => new URL(`results/${group}.json`, folder);

/** The groups that were measured. */
export async function readResults(folder = FOLDER): Promise<Partial<Record<GroupName, Results>>> {
  const results: Partial<Record<GroupName, Results>> = {};
  for (const group of GROUP_NAMES) {
    try {
      results[group] = JSON.parse(await Deno.readTextFile(fileOf(group, folder)));
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return results;
}

/** Writes one group in place of what it had, and `RESULTS.md` anew. */
export async function writeResults(
  group: GroupName,
  results: Results,
  folder = FOLDER,
): Promise<void> {
  await Deno.mkdir(new URL("results/", folder), { recursive: true });
  await Deno.writeTextFile(fileOf(group, folder), `${JSON.stringify(results, null, 2)}\n`);
  await writePage(folder);
}

/** Writes `RESULTS.md` from the groups that were measured. */
export async function writePage(folder = FOLDER): Promise<void> {
  const page = await formatted(resultsPage(await readResults(folder)));
  await Deno.writeTextFile(new URL("RESULTS.md", folder), page);
}

/** Lines break where the names of devices and reasons make them too long; the gate looks at them. */
export async function formatted(page: string): Promise<string> {
  const process = new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--quiet", "--line-width", "100", "--ext", "md", "-"],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const output = process.output();
  await new Response(page).body!.pipeTo(process.stdin);
  return new TextDecoder().decode((await output).stdout);
}
