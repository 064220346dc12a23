/**
 * What a bad PyTorch file or pickle gets: one line that names the file and the place in it.
 *
 * @module
 */
import { UserError } from "../errors.ts";

/** A PyTorch archive or a pickle breaks its format, or asks for what this reader refuses. */
export class ArchiveError extends UserError {
  /** Name of the class, as `String(error)` begins. */
  override name = "ArchiveError";

  /**
   * Makes the line from its parts.
   *
   * @param file Path, or the label of bytes that came from elsewhere.
   * @param what What is wrong.
   * @param remedy What to do.
   */
  constructor(
    file: string,
    what: string,
    remedy = "the file is damaged, fetch or write it again",
    options?: ErrorOptions,
  ) {
    super(`${file}: ${what}; ${remedy}`, options);
  }
}
