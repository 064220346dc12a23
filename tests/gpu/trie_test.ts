import { deepStrictEqual, notStrictEqual, strictEqual } from "node:assert/strict";
import { Trie } from "../../src/gpu/trie.ts";

Deno.test("what lies under a sequence of keys is found there and nowhere else", () => {
  const root = new Trie<string>();
  const keys = ["a", "b", 1, 2, "1", true, "true", false, 0];
  const paths = keys.flatMap((first) => [[first], ...keys.map((second) => [first, second])]);
  const node = (path: typeof keys) => path.reduce((at, key) => at.at(key), root);
  for (const path of paths) node(path).value = JSON.stringify(path);
  deepStrictEqual(
    paths.map((path) => node(path).value),
    paths.map((path) => JSON.stringify(path)),
  );
  strictEqual(root.value, undefined);
  strictEqual(root.at("a").at("b").at("c").value, undefined);
});

Deno.test("a number and the text of it are two keys", () => {
  const root = new Trie<number>();
  notStrictEqual(root.at(1), root.at("1"));
  strictEqual(root.at(1), root.at(1));
  strictEqual(root.at("1"), root.at("1"));
});
