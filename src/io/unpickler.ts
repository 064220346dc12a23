/**
 * Python's pickles, read without running anything: plain containers come back as JavaScript's, and any
 * class or function that is not on the caller's list is refused by its name.
 *
 * @module
 */
import { ArchiveError } from "./archive_error.ts";
import { PickleCursor } from "./pickle_cursor.ts";
import { type Construct, PLAIN_NAMES } from "./pickle_names.ts";
import { quote } from "./safetensors_error.ts";

/** How a pickle is read. */
export interface UnpickleOptions {
  /** The file, for messages. */
  readonly label: string;
  /** The stand-in for `module.name`; undefined refuses it. Default: sets, ordered dictionaries, bytes. */
  readonly find?: (qualified: string) => Construct | undefined;
  /** What a persistent id stands for. */
  readonly persistent?: (id: unknown) => unknown;
}

/** A pickled value, and where the pickle ended. */
export interface Unpickled {
  readonly value: unknown;
  /** Offset behind the pickle. */
  readonly end: number;
}

const findPlain = (qualified: string) => PLAIN_NAMES.get(qualified);

/** Most bytes of an integer. */
const MOST_INTEGER = 64;

/**
 * Reads one pickle of protocol 0 to 5. Tuples and lists come back as arrays, dictionaries as `Map`, sets
 * as `Set`, bytes as `Uint8Array`, Python 2's strings as Latin-1 text, integers beyond 2^53 as `bigint`.
 * Memory is bounded by the pickle's length.
 *
 * @param bytes The pickle, from `start` on.
 * @throws {ArchiveError} if it is malformed or truncated, names what is not on the list, or uses what
 *   needs another program (extension registries, out-of-band buffers).
 *
 * @example
 * ```ts
 * import { unpickle } from "./unpickler.ts";
 * import { deepStrictEqual } from "node:assert/strict";
 * // pickle.dumps({"id": [1, None]}, 2)
 * const bytes = Uint8Array.from(atob("gAJ9cQBYAgAAAGlkcQFdcQIoSwFOZXMu"), (c) => c.charCodeAt(0));
 * deepStrictEqual(unpickle(bytes, { label: "x.pkl" }).value, new Map([["id", [1, null]]]));
 * ```
 */
export function unpickle(bytes: Uint8Array, options: UnpickleOptions, start = 0): Unpickled {
  return new Unpickler(new PickleCursor(bytes, start, options.label), options).run();
}

/** A class or function that a pickle named; a value like any other where it was not called. */
export class PickledName {
  /** @param qualified `module.name` */
  constructor(readonly qualified: string, readonly construct: Construct) {}
}

class Unpickler {
  #stack: unknown[] = [];
  /** Stacks as they were when marks were set. */
  readonly #marks: unknown[][] = [];
  readonly #memo = new Map<number, unknown>();
  /** What made an object, for the state that follows. */
  readonly #makers = new WeakMap<object, Construct>();

  constructor(private readonly cursor: PickleCursor, private readonly options: UnpickleOptions) {}

  run(): Unpickled {
    for (;;) {
      const opcode = this.cursor.byte();
      if (opcode === 0x2e) return { value: this.#pop(), end: this.cursor.at };
      const step = STEPS.get(opcode);
      if (!step) return this.fail(`opcode 0x${opcode.toString(16)} is not known here`);
      step(this, this.cursor);
    }
  }

  fail(what: string): never {
    return this.cursor.fail(what);
  }

  push(value: unknown): void {
    this.#stack.push(value);
  }

  pop(): unknown {
    return this.#pop();
  }

  top(): unknown {
    return this.#stack.length ? this.#stack[this.#stack.length - 1] : this.fail("it takes nothing");
  }

  mark(): void {
    this.#marks.push(this.#stack);
    this.#stack = [];
  }

  /** What was pushed since the last mark. */
  sinceMark(): unknown[] {
    const items = this.#stack;
    this.#stack = this.#marks.pop() ?? this.fail("it has no mark");
    return items;
  }

  remember(key: number): void {
    this.#memo.set(key, this.top());
  }

  memoize(): void {
    this.remember(this.#memo.size);
  }

  recall(key: number): void {
    if (!this.#memo.has(key)) this.fail(`it recalls entry ${key}, which is not there`);
    this.push(this.#memo.get(key));
  }

  named(module: unknown, name: unknown): void {
    const qualified = `${module}.${name}`;
    const construct = (this.options.find ?? findPlain)(qualified);
    if (!construct) {
      throw new ArchiveError(
        this.options.label,
        `it names ${quote(qualified)}, which is not on the list of what may be read`,
        "it holds more than tensors and plain containers; nothing of it was run",
      );
    }
    this.push(new PickledName(qualified, construct));
  }

  /** Calls what lies below its arguments. */
  call(): void {
    const args = this.pop(), callee = this.pop();
    if (!(callee instanceof PickledName) || !(args instanceof Array)) {
      this.fail("it calls what is no function");
    }
    this.push(this.#made(callee, args));
  }

  /** Makes an object of a class, with the arguments of a mark. */
  instance([named, ...args]: readonly unknown[]): void {
    if (!(named instanceof PickledName)) this.fail("it makes an object of no class");
    this.push(this.#made(named, args));
  }

  #made({ construct, qualified }: PickledName, args: readonly unknown[]): unknown {
    let made: unknown;
    try {
      made = construct.call(args);
    } catch (cause) {
      if (cause instanceof ArchiveError) throw cause;
      this.fail(`${quote(qualified)}: ${(cause as Error).message}`);
    }
    if (typeof made === "object" && made !== null) this.#makers.set(made, construct);
    return made;
  }

  build(): void {
    const state = this.pop(), object = this.top();
    const maker = typeof object === "object" && object !== null
      ? this.#makers.get(object)
      : undefined;
    if (!maker?.build) this.fail("it sets the state of what has none");
    maker.build(object, state);
  }

  persistent(id: unknown): void {
    const { persistent } = this.options;
    if (!persistent) this.fail("it refers to something outside itself");
    this.push(persistent(id));
  }

  fill(items: readonly unknown[], into: unknown): void {
    if (!(into instanceof Map) || items.length % 2 !== 0) {
      this.fail("it fills what is no dictionary");
    }
    for (let i = 0; i < items.length; i += 2) into.set(items[i], items[i + 1]);
  }

  extend(items: readonly unknown[]): void {
    const list = this.top();
    if (!(list instanceof Array)) this.fail("it appends to what is no list");
    for (const item of items) list.push(item);
  }

  add(items: readonly unknown[]): void {
    const set = this.top();
    if (!(set instanceof Set)) this.fail("it adds to what is no set");
    for (const item of items) set.add(item);
  }

  #pop(): unknown {
    if (this.#stack.length === 0) this.fail("it takes from an empty stack");
    return this.#stack.pop();
  }
}

type Step = (machine: Unpickler, cursor: PickleCursor) => void;

const char = (text: string) => text.charCodeAt(0);

/** Pushes what `read` reads. */
const value = (read: (cursor: PickleCursor) => unknown): Step => (m, c) => m.push(read(c));

/** Replaces the last `count` values by an array of them. */
const tuple = (count: number): Step => (m) => {
  m.push(Array.from({ length: count }, () => m.pop()).reverse());
};

/** Every opcode but STOP (PEP 307, PEP 3154, PEP 574; CPython's `pickletools`). */
const STEPS: ReadonlyMap<number, Step> = new Map<number, Step>([
  [char("("), (m) => m.mark()],
  [char("0"), (m) => void m.pop()],
  [char("1"), (m) => void m.sinceMark()],
  [char("2"), (m) => m.push(m.top())],
  // Numbers.
  [char("F"), value((c) => c.float(c.line()))],
  [char("I"), value((c) => c.textInteger())],
  [char("L"), value((c) => c.integer(c.line().replace(/L$/, "")))],
  [char("J"), value((c) => c.unsigned(4) | 0)],
  [char("K"), value((c) => c.byte())],
  [char("M"), value((c) => c.unsigned(2))],
  [0x8a, value((c) => c.long(c.length(1, MOST_INTEGER)))],
  [0x8b, value((c) => c.long(c.length(4, MOST_INTEGER)))],
  [char("G"), value((c) => c.double())],
  [char("N"), (m) => m.push(null)],
  [0x88, (m) => m.push(true)],
  [0x89, (m) => m.push(false)],
  // Text and bytes.
  [char("S"), value((c) => c.quoted())],
  [char("V"), value((c) => c.escaped())],
  [char("T"), value((c) => c.latin1(c.length(4)))],
  [char("U"), value((c) => c.latin1(c.length(1)))],
  [char("X"), value((c) => c.utf8(c.length(4)))],
  [0x8c, value((c) => c.utf8(c.length(1)))],
  [0x8d, value((c) => c.utf8(c.length(8)))],
  [char("B"), value((c) => c.bytes(c.length(4)).slice())],
  [char("C"), value((c) => c.bytes(c.length(1)).slice())],
  [0x8e, value((c) => c.bytes(c.length(8)).slice())],
  [0x96, value((c) => c.bytes(c.length(8)).slice())],
  // Containers.
  [char("]"), (m) => m.push([])],
  [char("l"), (m) => m.push(m.sinceMark())],
  [char("a"), (m) => {
    const item = m.pop();
    m.extend([item]);
  }],
  [char("e"), (m) => {
    const items = m.sinceMark();
    m.extend(items);
  }],
  [char(")"), (m) => m.push([])],
  [char("t"), (m) => m.push(m.sinceMark())],
  [0x85, tuple(1)],
  [0x86, tuple(2)],
  [0x87, tuple(3)],
  [char("}"), (m) => m.push(new Map())],
  [char("d"), (m) => {
    const items = m.sinceMark(), into = new Map();
    m.fill(items, into);
    m.push(into);
  }],
  [char("s"), (m) => {
    const item = m.pop(), key = m.pop();
    m.fill([key, item], m.top());
  }],
  [char("u"), (m) => {
    const items = m.sinceMark();
    m.fill(items, m.top());
  }],
  [0x8f, (m) => m.push(new Set())],
  [0x90, (m) => {
    const items = m.sinceMark();
    m.add(items);
  }],
  [0x91, (m) => m.push(new Set(m.sinceMark()))],
  // Memory.
  [char("g"), (m, c) => m.recall(c.index(c.line()))],
  [char("h"), (m, c) => m.recall(c.byte())],
  [char("j"), (m, c) => m.recall(c.unsigned(4))],
  [char("p"), (m, c) => m.remember(c.index(c.line()))],
  [char("q"), (m, c) => m.remember(c.byte())],
  [char("r"), (m, c) => m.remember(c.unsigned(4))],
  [0x94, (m) => m.memoize()],
  // Names, calls and objects.
  [char("c"), (m, c) => m.named(c.line(), c.line())],
  [0x93, (m) => {
    const name = m.pop();
    m.named(m.pop(), name);
  }],
  [char("R"), (m) => m.call()],
  [0x81, (m) => m.call()],
  [0x92, (m) => {
    const keywords = m.pop();
    if (!(keywords instanceof Map) || keywords.size > 0) m.fail("it calls with keywords");
    m.call();
  }],
  [char("i"), (m, c) => {
    m.named(c.line(), c.line());
    const named = m.pop();
    m.instance([named, ...m.sinceMark()]);
  }],
  [char("o"), (m) => m.instance(m.sinceMark())],
  [char("b"), (m) => m.build()],
  [char("P"), (m, c) => m.persistent(c.line())],
  [char("Q"), (m) => m.persistent(m.pop())],
  // Framing.
  [0x80, (m, c) => {
    const protocol = c.byte();
    if (protocol > 5) m.fail(`protocol ${protocol} is newer than 5`);
  }],
  [0x95, (_, c) => void c.bytes(8)],
]);
