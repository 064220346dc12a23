/**
 * The names that pickles of plain containers need.
 *
 * @module
 */

/** What a pickle may name: the stand-in for a class or a function. */
export interface Construct {
  /** Calls it, or makes an object of it. */
  call(args: readonly unknown[]): unknown;
  /** Sets the state of an object that {@link Construct.call} made. */
  build?(object: unknown, state: unknown): void;
}

/** A function. */
export const callable = (call: Construct["call"]): Construct => ({ call });

/** `_codecs.encode(text, "latin1")`: how protocol 2 writes bytes. */
function encode(text: unknown, codec: unknown): Uint8Array {
  if (typeof text !== "string" || !/^latin-?1$/.test(String(codec))) {
    throw new TypeError(`the codec ${codec} is not read`);
  }
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

const set = callable(([items = []]) => new Set(items as unknown[]));

/** Sets, ordered dictionaries and bytes, under the names that Python 2 and 3 give them. */
export const PLAIN_NAMES: ReadonlyMap<string, Construct> = new Map([
  ["collections.OrderedDict", callable(([pairs = []]) => new Map(pairs as [unknown, unknown][]))],
  ["_codecs.encode", callable(([text, codec]) => encode(text, codec))],
  ...["builtins", "__builtin__"].flatMap((module): [string, Construct][] => [
    [`${module}.set`, set],
    [`${module}.frozenset`, set],
    [`${module}.bytes`, callable(() => new Uint8Array())],
  ]),
]);
