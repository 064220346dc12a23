/**
 * Sees to what the tests need beyond the project: liblmdb, and Python's lmdb to hold it against. Where
 * they are there it says nothing; where apt can be used it installs them and says so; elsewhere it says
 * what to install. It never fails: tests that lack something fail by themselves and say what.
 *
 * @module
 */
import { loadLiblmdb } from "../../src/data/lmdb/liblmdb.ts";
import { manualCommands } from "./apt.ts";
import { exec, hasApt, install, readSources, rootPrefix, say } from "./install.ts";

/** Debian's packages for what is missing. */
async function missingPackages(): Promise<string[]> {
  // Debian's own Python: apt installs modules for no other.
  const python = await exec("/usr/bin/python3", ["-c", "import lmdb"]);
  return [...hasLiblmdb() ? [] : ["liblmdb0"], ...python.ok ? [] : ["python3-lmdb"]];
}

function hasLiblmdb(): boolean {
  try {
    loadLiblmdb();
    return true;
  } catch {
    return false;
  }
}

/** Sees to the packages. */
export async function setUpTests(): Promise<void> {
  const packages = await missingPackages();
  if (packages.length === 0) return;
  const names = packages.join(" and ");
  if (!await hasApt()) {
    return say(`the tests of LMDB need ${names} (so called in Debian), and there is no apt here`);
  }
  const prefix = await rootPrefix(), byHand = manualCommands({ packages });
  if (prefix === undefined) {
    return say(
      `the tests of LMDB need ${names}, and there are no rights to install, run: ${byHand}`,
    );
  }
  say(`the tests of LMDB need ${names}, installing by apt`);
  const start = performance.now();
  const problem = await install({ packages }, await readSources(), prefix);
  if (problem) return say(`apt-get failed (${problem}), run: ${byHand}`);
  const seconds = ((performance.now() - start) / 1000).toFixed(0), left = await missingPackages();
  say(
    `done in ${seconds} s${left.length > 0 ? `, but ${left.join(" and ")} cannot be loaded` : ""}`,
  );
}
