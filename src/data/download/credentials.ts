/**
 * A user name and a password for one host. Nothing prints or stores them: they live in a private field
 * and leave it only as the header of a request to that host.
 *
 * @module
 */

import { UserError } from "../../errors.ts";

/** HTTP Basic credentials (RFC 7617). */
export class Credentials {
  readonly #header: string;

  /**
   * @param host The host that they are for, with its port where that is not the protocol's own.
   * @throws {UserError} where the user name holds a colon or either a control character, which Basic
   *   cannot carry.
   */
  constructor(user: string, password: string, readonly host: string) {
    // deno-lint-ignore no-control-regex -- RFC 7617 rules these out
    if (/:/.test(user) || /[\x00-\x1f\x7f]/.test(user + password)) {
      throw new UserError("the user name holds a colon, or the password a control character");
    }
    this.#header = `Basic ${new TextEncoder().encode(`${user}:${password}`).toBase64()}`;
  }

  /**
   * The `Authorization` header of a request to `url`; nothing where it goes to another host, or where a
   * redirect from `origin`, which is encrypted, led to a connection that is not.
   */
  headerFor(url: URL, origin: URL): string | undefined {
    const exposed = origin.protocol === "https:" && url.protocol !== "https:";
    return url.host === this.host && !exposed ? this.#header : undefined;
  }
}
