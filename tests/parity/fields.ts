/**
 * Typed access to the objects of a manifest, with errors that name what is missing and where.
 *
 * @module
 */

/** An object of a manifest. */
export class Fields {
  readonly #values: Readonly<Record<string, unknown>>;

  /** @param where what error messages call the object */
  constructor(values: unknown, readonly where: string) {
    if (typeof values !== "object" || values === null || Array.isArray(values)) {
      throw new Error(`${where} is not an object`);
    }
    this.#values = values as Record<string, unknown>;
  }

  /** Names of the fields. */
  get keys(): string[] {
    return Object.keys(this.#values);
  }

  /** Whether there is such a field that is not null. */
  has(key: string): boolean {
    return this.#values[key] !== undefined && this.#values[key] !== null;
  }

  /** A number. */
  number(key: string): number {
    return this.#typed(key, "a number", (value) => typeof value === "number");
  }

  /** A number; undefined where the field is absent or null. */
  optionalNumber(key: string): number | undefined {
    return this.has(key) ? this.number(key) : undefined;
  }

  /** A text. */
  text(key: string): string {
    return this.#typed(key, "a text", (value) => typeof value === "string");
  }

  /** Whether there is a text of that name. */
  isText(key: string): boolean {
    return typeof this.#values[key] === "string";
  }

  /** A truth value, written as `true`, `false`, 1 or 0; false where absent. */
  flag(key: string): boolean {
    if (!this.has(key)) return false;
    return Boolean(
      this.#typed<boolean | 0 | 1>(
        key,
        "0 or 1",
        (value) => [true, false, 0, 1].includes(value as 0),
      ),
    );
  }

  /** A list of numbers. */
  numbers(key: string): number[] {
    return this.#typed(key, "a list of numbers", listOf("number"));
  }

  /** A list of texts. */
  texts(key: string): string[] {
    return this.#typed(key, "a list of texts", listOf("string"));
  }

  /** A list of lists of numbers. */
  rows(key: string): number[][] {
    return this.#typed(
      key,
      "a list of lists of numbers",
      (value) => Array.isArray(value) && value.every(listOf("number")),
    );
  }

  /** An object. */
  object(key: string): Fields {
    return new Fields(this.#values[key], `${this.where}.${key}`);
  }

  /** A list of objects. */
  objects(key: string): Fields[] {
    return this.#typed<unknown[]>(key, "a list", Array.isArray)
      .map((value, i) => new Fields(value, `${this.where}.${key}[${i}]`));
  }

  #typed<T>(key: string, kind: string, fits: (value: unknown) => boolean): T {
    const value = this.#values[key];
    if (fits(value)) return value as T;
    const found = value === undefined ? "missing" : `${JSON.stringify(value).slice(0, 40)}`;
    throw new Error(`${this.where}.${key} must be ${kind}, but is ${found}`);
  }
}

function listOf(type: "number" | "string"): (value: unknown) => boolean {
  return (value) => Array.isArray(value) && value.every((item) => typeof item === type);
}
