/** Folders of clips, for tests. */

/** The folder of the fixtures' clips. */
export const CLIPS = new URL("../../../fixtures/videos/", import.meta.url).pathname;

/** Copies clips of the fixtures to `folder`: new name to clip. */
export async function copyClips(folder: string, names: Record<string, string>): Promise<void> {
  for (const [to, from] of Object.entries(names)) {
    const path = `${folder}/${to}`;
    await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    await Deno.copyFile(CLIPS + from, path);
  }
}

/** Every file below a folder, sorted, temporary ones included. */
export async function tree(folder: string, below = ""): Promise<string[]> {
  const entries = await Array.fromAsync(Deno.readDir(folder + below));
  const paths = entries.map(async ({ name, isDirectory }) =>
    isDirectory ? await tree(folder, `${below}/${name}`) : [`${below}/${name}`.slice(1)]
  );
  return (await Promise.all(paths)).flat().sort();
}
