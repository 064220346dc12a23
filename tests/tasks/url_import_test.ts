import { deepStrictEqual, match } from "node:assert/strict";

const PROJECT = new URL("../../", import.meta.url);
const TYPES: Record<string, string> = { ts: "application/typescript", wgsl: "text/plain" };

/** Serves the project's modules and kernels on loopback, and nothing else of it. */
function serveProject(): Deno.HttpServer<Deno.NetAddr> {
  return Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const { pathname } = new URL(request.url);
    const type = TYPES[pathname.split(".").at(-1)!];
    if (type === undefined) return new Response(null, { status: 404 });
    try {
      const body = await Deno.readFile(new URL(`.${pathname}`, PROJECT));
      return new Response(body, { headers: { "content-type": type } });
    } catch {
      return new Response(null, { status: 404 });
    }
  });
}

/** Where Deno keeps its cache. */
async function cacheFolder(): Promise<string> {
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
  return JSON.parse(new TextDecoder().decode(stdout)).denoDir;
}

Deno.test("a script in an empty folder imports mod.ts from a URL and multiplies matrices", async () => {
  const provider = Deno.env.get("CENTERCLIP_PROVIDER") ?? "auto";
  const folder = await Deno.makeTempDir();
  await using server = serveProject();
  const host = `127.0.0.1:${server.addr.port}`;
  try {
    // A cache of its own, so that no module is left behind there; the packages are fetched but once.
    await Deno.mkdir(`${folder}/cache`);
    const packages = `${await cacheFolder()}/npm`;
    await Deno.mkdir(packages, { recursive: true });
    await Deno.symlink(packages, `${folder}/cache/npm`, { type: "dir" });
    await Deno.mkdir(`${folder}/empty`);
    await Deno.writeTextFile(
      `${folder}/empty/main.ts`,
      `import { matmul, openDevice, tensor } from "http://${host}/mod.ts";
      const device = await openDevice({ provider: "${provider}" });
      using a = tensor(device, new Float32Array([1, 2, 3, 4, 5, 6]), [2, 3]);
      using b = tensor(device, new Float32Array([1, 0, 2, -1, 0, 3]), [3, 2]);
      using product = matmul(a, b);
      console.log(JSON.stringify({ shape: product.shape, data: [...await product.data()] }));
      device.close();
      `,
    );
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "--quiet", "--no-prompt", `--allow-import=${host}`],
        ...["--allow-read", "--allow-env", "--allow-ffi", "--allow-sys", "main.ts"],
      ],
      cwd: `${folder}/empty`,
      env: { DENO_DIR: `${folder}/cache`, NO_COLOR: "1" },
    }).output();
    const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
    match(`${code}: ${err}`, /^0: /);
    deepStrictEqual(JSON.parse(out), { shape: [2, 2], data: [5, 7, 14, 13] });
    const left = [...Deno.readDirSync(`${folder}/empty`)].map(({ name }) => name);
    deepStrictEqual(left, ["main.ts"]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
