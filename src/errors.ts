/**
 * Errors whose message is meant for the person at the keyboard: one line that says what went wrong,
 * where, and what to do. A task prints the line and exits with {@link UserError.exitCode}; a stack
 * trace is kept for defects of this project.
 *
 * @module
 */

/** A failure that the user can act on. The message is one line: what, where, what to do. */
export class UserError extends Error {
  /** Name of the class, as `String(error)` begins. */
  override name = "UserError";
  /** Exit code of a task that ends with this error: 1 failure, 2 usage, 3 no usable GPU. */
  readonly exitCode: number = 1;
}

/** The machine or a place on it is at fault, whichever video is in work. */
export class PlaceError extends UserError {}

/** The command line or an API argument is wrong (exit code 2). */
export class UsageError extends UserError {
  /** Name of the class, as `String(error)` begins. */
  override name = "UsageError";
  /** Usage: 2. */
  override readonly exitCode: number = 2;
}

/** The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
