import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { UserError } from "../../src/errors.ts";
import { expandHome, openModel, openWeights } from "../../src/io/model_folder.ts";
import { type TensorEntry, writeSafetensors } from "../../src/io/safetensors.ts";
import { ShardedSafetensors } from "../../src/io/sharded_safetensors.ts";
import { withFolder } from "./folder.ts";

const f32 = (name: string, ...values: number[]): TensorEntry => ({
  name,
  dtype: "F32",
  shape: [values.length],
  bytes: new Uint8Array(Float32Array.from(values).buffer),
});

/** Demands that `work` fails with this one line; the folder in it is written as DIR. */
async function refuses(folder: string, work: Promise<unknown>, line: string | RegExp) {
  let error: unknown;
  await work.catch((thrown) => error = thrown);
  ok(error instanceof UserError, String(error));
  const message = error.message.replaceAll(folder, "DIR");
  if (typeof line === "string") strictEqual(message, line);
  else match(message, line);
  ok(!message.includes("\n"));
}

/** A model in two shards; `index` may be changed before it is written. */
async function shards(
  folder: string,
  change: (map: Record<string, unknown>) => void = () => {},
): Promise<string> {
  await writeSafetensors(`${folder}/a.safetensors`, [f32("x", 1), f32("y", 2, 3)]);
  await writeSafetensors(`${folder}/b.safetensors`, [f32("z", 4)]);
  const weight_map = { x: "a.safetensors", y: "a.safetensors", z: "b.safetensors" };
  change(weight_map);
  const index = `${folder}/model.safetensors.index.json`;
  await Deno.writeTextFile(index, JSON.stringify({ metadata: {}, weight_map }));
  return index;
}

Deno.test("shards read as one file", () =>
  withFolder(async (folder) => {
    using file = await openWeights(await shards(folder));
    deepStrictEqual(file.names, ["x", "y", "z"]);
    deepStrictEqual(file.info("y").shape, [2]);
    const values = new Float32Array(1);
    await file.readF32Into("y", 1, values);
    deepStrictEqual([...values], [3]);
    await file.readF32Into("z", 0, values);
    deepStrictEqual([...values], [4]);
    await refuses(
      folder,
      (async () => await file.readF32Into("w", 0, values))(),
      'DIR/model.safetensors.index.json: it names no tensor "w"',
    );
  }));

const LIES: readonly [
  what: string,
  change: (map: Record<string, unknown>) => void,
  line: string | RegExp,
][] = [
  [
    "a shard that is missing",
    (map) => map.z = "c.safetensors",
    "cannot read DIR/c.safetensors: there is no such file; check the path",
  ],
  [
    "a tensor that its shard has not",
    (map) => map.w = "b.safetensors",
    'DIR/model.safetensors.index.json places tensor "w" in DIR/b.safetensors, which does not hold ' +
    "it; fetch the model anew",
  ],
  [
    "the wrong shard of a tensor",
    (map) => map.x = "b.safetensors",
    'DIR/model.safetensors.index.json places tensor "x" in DIR/b.safetensors, which does not hold ' +
    "it; fetch the model anew",
  ],
  [
    "fewer tensors than its shards have",
    (map) => delete map.y,
    'DIR/a.safetensors holds tensor "y", which DIR/model.safetensors.index.json does not place ' +
    "there; fetch the model anew",
  ],
  [
    "a path elsewhere",
    (map) => map.x = "../a.safetensors",
    'DIR/model.safetensors.index.json: tensor "x" lies in "../a.safetensors", which is no shard; ' +
    "fetch the model anew",
  ],
  [
    "no files",
    (map) => map.x = 7,
    'DIR/model.safetensors.index.json: tensor "x" lies in "7", which is no shard; fetch the model ' +
    "anew",
  ],
  [
    "nothing",
    (map) => Object.keys(map).forEach((name) => delete map[name]),
    "DIR/model.safetensors.index.json: it has no weight_map, which names the file of each tensor; " +
    "fetch the model anew",
  ],
];

for (const [what, change, line] of LIES) {
  Deno.test(`an index that names ${what} is refused in one line`, () =>
    withFolder(async (folder) => {
      await refuses(folder, ShardedSafetensors.open(await shards(folder, change)), line);
    }));
}

Deno.test("an index that is no JSON, or a damaged shard, is refused in one line", () =>
  withFolder(async (folder) => {
    const index = await shards(folder);
    await Deno.truncate(`${folder}/b.safetensors`, 20);
    await refuses(folder, openWeights(index), /^DIR\/b\.safetensors: /);
    await Deno.writeTextFile(index, "{");
    await refuses(
      folder,
      openWeights(index),
      /^DIR\/model\.safetensors\.index\.json is not JSON; /,
    );
  }));

const NAMES = ["ViT-B-32", "clip-vit-base-patch32"];

Deno.test("a model is found as a file, in a folder of one of its names, and in the folder itself", () =>
  withFolder(async (folder) => {
    const place = async (path: string, value: number) => {
      await Deno.mkdir(`${folder}/${path.replace(/[^/]+$/, "")}`, { recursive: true });
      await writeSafetensors(`${folder}/${path}`, [f32("x", value)]);
    };
    const found = async () => {
      using files = await openModel(folder, NAMES);
      return [
        files.tensors.label.slice(folder.length + 1),
        ...files.descriptions.map(({ json }) => JSON.stringify(json)),
      ];
    };
    // The one that wins comes last.
    await place("model.safetensors", 1);
    deepStrictEqual(await found(), ["model.safetensors"]);
    await place("clip-vit-base-patch32/model.safetensors", 2);
    await Deno.writeTextFile(`${folder}/clip-vit-base-patch32/config.json`, "{}");
    deepStrictEqual(await found(), ["clip-vit-base-patch32/model.safetensors", "{}"]);
    await place("ViT-B-32/model.safetensors", 3);
    deepStrictEqual(await found(), ["ViT-B-32/model.safetensors"]);
    await place("ViT-B-32/open_clip_model.safetensors", 4);
    await Deno.writeTextFile(`${folder}/ViT-B-32/open_clip_config.json`, '{"a":1}');
    deepStrictEqual(await found(), ["ViT-B-32/open_clip_model.safetensors", '{"a":1}']);
    await place("ViT-B-32.safetensors", 5);
    deepStrictEqual(await found(), ["ViT-B-32.safetensors"]);
  }));

Deno.test("an archive of PyTorch gets the command that converts it", () =>
  withFolder(async (folder) => {
    const line = (path: string) =>
      `DIR/${path} is an archive of PyTorch; run: deno task convert DIR/${path}`;
    await Deno.mkdir(`${folder}/ViT-B-32`);
    await Deno.writeTextFile(`${folder}/ViT-B-32/pytorch_model.bin`, "PK");
    await refuses(folder, openModel(folder, NAMES), line("ViT-B-32/pytorch_model.bin"));
    await Deno.writeTextFile(`${folder}/ViT-B-32.pt`, "PK");
    await refuses(folder, openModel(folder, NAMES), line("ViT-B-32.pt"));
    await refuses(folder, openWeights(`${folder}/ViT-B-32.pt`), line("ViT-B-32.pt"));
  }));

Deno.test("where nothing is found, the line says what was looked for", () =>
  withFolder((folder) =>
    refuses(
      folder,
      openModel(folder, NAMES),
      "--pretrained_dir DIR holds no weights of ViT-B-32: looked for ViT-B-32.safetensors, " +
        "clip-vit-base-patch32.safetensors, and for open_clip_model.safetensors, " +
        "open_clip_model.safetensors.index.json, model.safetensors, model.safetensors.index.json in " +
        "ViT-B-32/, clip-vit-base-patch32/ and in itself",
    )
  ));

Deno.test("~ is the user's folder, at the start of a path alone", () => {
  const home = Deno.env.get("HOME");
  strictEqual(expandHome("~/models"), `${home}/models`);
  strictEqual(expandHome("~"), home);
  strictEqual(expandHome("a/~/b"), "a/~/b");
  strictEqual(expandHome("~other"), "~other");
});
