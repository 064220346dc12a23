/**
 * Python's lmdb, which shares its data format with the original. Debian's: `deno task test` installs it.
 *
 * @module
 */

/** Debian's Python, for which apt installs modules; another one on the PATH does not see them. */
const PYTHON = "/usr/bin/python3";

/** How the original opens a database that it writes. */
const WRITE = `
import lmdb, os, sys
env = lmdb.open(sys.argv[1], subdir=os.path.isdir(sys.argv[1]), map_size=2 ** 43, meminit=False,
                map_async=True)
`;

/** How the original opens a database that it reads. */
const READ = `
import lmdb, os, sys
env = lmdb.open(sys.argv[1], subdir=os.path.isdir(sys.argv[1]), readonly=True, lock=False,
                readahead=False, meminit=False)
`;

/** Runs a script with Python's lmdb; gives what it prints. */
async function python(script: string, args: readonly string[]): Promise<string> {
  const { success, out, err } = await run(["-c", script, ...args]);
  if (success) return out;
  throw new Error(
    /No module|not found/.test(err)
      ? `${PYTHON} with its module lmdb is needed: apt-get install python3-lmdb (${err.trim()})`
      : err,
  );
}

async function run(args: string[]): Promise<{ success: boolean; out: string; err: string }> {
  try {
    const { success, stdout, stderr } = await new Deno.Command(PYTHON, { args }).output();
    const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
    return { success, out, err };
  } catch (error) {
    return { success: false, out: "", err: `not found: ${error}` };
  }
}

/** Packs the files of a folder into a database as the original does: its path, then its content. */
export async function packInPython(folder: string, path: string): Promise<void> {
  await python(
    `${WRITE}
with env.begin(write=True) as txn:
    for name in sorted(os.listdir(sys.argv[2])):
        with open(os.path.join(sys.argv[2], name), "rb") as file:
            txn.put(name.encode(), file.read())
env.sync()
env.close()`,
    [path, folder],
  );
}

/** Runs `body` on the database at `path`, which is made where it is not there: `env` is open for writing. */
export async function writeInPython(path: string, body: string): Promise<void> {
  await python(`${WRITE}\n${body}\nenv.sync()\nenv.close()`, [path]);
}

/** Every name in a database, in its order, with its value in hexadecimal digits of its SHA-256. */
export async function readInPython(path: string): Promise<[name: string, sha256: string][]> {
  const script = `${READ}
import hashlib, json
with env.begin() as txn:
    print(json.dumps([(k.decode(), hashlib.sha256(v).hexdigest()) for k, v in txn.cursor()]))`;
  return JSON.parse(await python(script, [path]));
}
