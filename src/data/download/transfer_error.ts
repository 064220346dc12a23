/**
 * What can go wrong with one transfer, and what is to be done about it.
 *
 * @module
 */

/**
 * `again`: another attempt may succeed; `once more`: one may; `never`: none will; `stop`: nor will that of
 * any other file.
 */
export type Remedy = "again" | "once more" | "never" | "stop";

/** A transfer that failed. The message follows the file's address in the line that names it. */
export class TransferError extends Error {
  /** Name of the class, as `String(error)` begins. */
  override name = "TransferError";

  /** @param waitMs How long the server asks to wait before the next attempt. */
  constructor(message: string, readonly remedy: Remedy, readonly waitMs?: number) {
    super(message);
  }
}
