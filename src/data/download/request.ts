/**
 * One request for a file: redirects followed by hand, so that credentials stay with their host, and given
 * up when nothing arrives for a while.
 *
 * @module
 */

import type { Credentials } from "./credentials.ts";
import { withoutCredentials } from "./links.ts";
import { TransferError } from "./transfer_error.ts";

/** How requests are made. */
export interface RequestOptions {
  readonly credentials?: Credentials;
  /** Milliseconds without a byte after which a request is given up. */
  readonly stallMs: number;
  /** Ends the request. */
  readonly signal: AbortSignal;
}

const MOST_REDIRECTS = 10;

/** A server's answer. Dispose of it; what was not read of its body is then not waited for. */
export class Answer implements Disposable {
  readonly status: number;
  readonly headers: Headers;

  constructor(readonly url: URL, readonly response: Response, readonly watch: Watch) {
    this.status = response.status;
    this.headers = response.headers;
  }

  /** The body. @throws {TransferError} where it breaks off or stalls. */
  async *chunks(): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
    const reader = this.response.body?.getReader();
    while (reader !== undefined) {
      const { done, value } = await this.watch.guard(() => reader.read());
      if (done) return;
      yield value;
    }
  }

  /** Ends the connection, unless the body was read to its end. */
  [Symbol.dispose](): void {
    this.watch[Symbol.dispose]();
  }
}

/** Ends a request where the user does, or where one step of it takes too long. */
class Watch implements Disposable {
  readonly #abort = new AbortController();
  readonly #forward = () => this.#abort.abort(this.options.signal.reason);
  #stalled = false;

  constructor(readonly options: RequestOptions) {
    options.signal.addEventListener("abort", this.#forward);
    if (options.signal.aborted) this.#forward();
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Takes one step that has to end in time. */
  async guard<T>(step: () => Promise<T>): Promise<T> {
    const { stallMs, signal } = this.options;
    const timer = setTimeout(() => {
      this.#stalled = true;
      this.#abort.abort();
    }, stallMs);
    try {
      return await step();
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (this.#stalled) throw new TransferError(`nothing came for ${stallMs / 1000} s`, "again");
      throw new TransferError(`the connection failed (${reasonOf(error)})`, "again");
    } finally {
      clearTimeout(timer);
    }
  }

  [Symbol.dispose](): void {
    this.options.signal.removeEventListener("abort", this.#forward);
    this.#abort.abort();
  }
}

/** The innermost reason of a failed `fetch`: its own message is mostly "fetch failed". */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.cause !== undefined) return reasonOf(error.cause);
  return error.message.replace(/^error sending request .* client error \(\w+\): /, "");
}

/**
 * Asks for `url`, with `range` headers where a part of the file is there.
 *
 * @throws {TransferError} where no answer comes, or redirects lead nowhere.
 */
export async function request(
  url: URL,
  range: Record<string, string>,
  options: RequestOptions,
): Promise<Answer> {
  let at = url;
  for (let hop = 0; hop <= MOST_REDIRECTS; hop++) {
    const watch = new Watch(options);
    try {
      const authorization = options.credentials?.headerFor(at, url);
      const headers = {
        // Anything else would change what lengths and ranges count.
        "Accept-Encoding": "identity",
        ...range,
        ...authorization === undefined ? {} : { Authorization: authorization },
      };
      const response = await watch.guard(() =>
        fetch(at, { headers, redirect: "manual", signal: watch.signal })
      );
      const location = response.headers.get("Location");
      if (![301, 302, 303, 307, 308].includes(response.status) || location === null) {
        return new Answer(at, response, watch);
      }
      at = follow(location, at);
    } catch (error) {
      watch[Symbol.dispose]();
      throw error;
    }
    watch[Symbol.dispose]();
  }
  throw new TransferError(`more than ${MOST_REDIRECTS} redirects`, "never");
}

function follow(location: string, from: URL): URL {
  const url = URL.parse(location, from);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new TransferError("it redirects to no web address", "never");
  }
  return withoutCredentials(url);
}
