/**
 * What a runner of golden cases is.
 *
 * @module
 */
import type { Device } from "../../mod.ts";
import type { Checks } from "./checks.ts";
import type { Fields } from "./fields.ts";
import type { GoldenArea, GoldenCase } from "./golden.ts";

/** What runners share. */
export interface Context {
  /** The device, opened at the first call. */
  device(): Promise<Device>;
}

/** Runs the cases of some of the original's functions. */
export interface Kind {
  /** Matches {@link GoldenCase.function}. */
  readonly function: RegExp;
  /** Narrows the cases down by their parameters. */
  readonly when?: (params: Fields) => boolean;
  /** Runs the case and compares every output. */
  readonly run: (golden: GoldenCase, checks: Checks, context: Context) => void | Promise<void>;
}

/** Compares a table, found at the top level of a manifest. */
export interface Table {
  readonly name: string;
  readonly run: (area: GoldenArea, checks: Checks, context: Context) => void | Promise<void>;
}

/** Runners that belong together. */
export interface Kinds {
  readonly kinds?: readonly Kind[];
  readonly tables?: readonly Table[];
}

/** Why a case fails that nothing here can run so far. */
export class NotBuilt extends Error {
  override name = "NotBuilt";
  /** @param part what is missing */
  constructor(readonly part: string) {
    super(`not built yet: ${part}`);
  }
}

/** The runner of what is not built. */
export function notBuilt(part: string): () => never {
  return () => {
    throw new NotBuilt(part);
  };
}
