/**
 * One attempt to bring a part to the whole: what HTTP's answers mean for the bytes that are there
 * (RFC 9110: ranges, conditions, status codes).
 *
 * @module
 */

import type { PartFile, Version } from "./part_file.ts";
import { type Answer, request, type RequestOptions } from "./request.ts";
import { TransferError } from "./transfer_error.ts";

/**
 * Fetches what `part` lacks of the file at `url`. It returns when all is there; whatever it throws, the
 * bytes of `part` are the file's first ones, or none.
 *
 * @throws {TransferError} where an attempt failed.
 * @throws {UserError} where the file system refuses.
 */
export async function transfer(url: URL, part: PartFile, options: RequestOptions): Promise<void> {
  if (part.whole) return;
  const { size, version: { validator } } = part;
  const resume = size > 0 && validator !== undefined;
  const range = resume ? { Range: `bytes=${size}-`, "If-Range": validator } : undefined;
  using answer = await request(url, range ?? {}, options);
  switch (answer.status) {
    case 200:
      refusePages(answer);
      await part.begin(versionOf(answer));
      break;
    case 206:
      await checkPart(answer, part);
      break;
    case 416:
      return await checkEnd(answer, part);
    default:
      refuse(answer, url, options.credentials !== undefined);
  }
  for await (const chunk of answer.chunks()) {
    await part.append(chunk);
    const { total } = part.version;
    if (total !== undefined && part.size > total) {
      return await distrust(part, "more came than said");
    }
  }
  await part.sync();
  const { total } = part.version;
  if (total === undefined) await part.know({ ...part.version, total: part.size });
  else if (!part.whole) {
    throw new TransferError(`it ended at ${part.size} of ${total} bytes`, "again");
  }
}

/** What a whole answer says of the file. */
function versionOf({ headers }: Answer): Version {
  const length = headers.get("Content-Length"), tag = headers.get("ETag");
  return {
    // A weak tag does not promise the same bytes.
    validator: (tag?.startsWith('"') ? tag : headers.get("Last-Modified")) ?? undefined,
    total: length === null ? undefined : Number(length),
  };
}

/** That a partial answer goes on where the part ends, in the same file. */
async function checkPart({ headers }: Answer, part: PartFile): Promise<void> {
  const said = headers.get("Content-Range") ?? "";
  const [, first, last, all] = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(said) ?? [];
  const total = all === undefined || all === "*" ? undefined : Number(all);
  if (Number(first) !== part.size || Number(last) < part.size) {
    return await distrust(part, `another part came than was asked for ("${said.slice(0, 60)}")`);
  }
  const known = part.version.total;
  if (total !== undefined && (Number(last) >= total || total !== (known ?? total))) {
    return await distrust(part, `its size is said to be ${total} bytes, and was ${known}`);
  }
  const tag = headers.get("ETag"), { validator } = part.version;
  if (tag !== null && validator?.startsWith('"') && tag !== validator) {
    return await distrust(part, "it has changed meanwhile");
  }
  if (known === undefined && total !== undefined) await part.know({ ...part.version, total });
}

/** No bytes follow those that are there: they are all, or not the file's. */
async function checkEnd({ headers }: Answer, part: PartFile): Promise<void> {
  const total = Number(/^bytes \*\/(\d+)$/.exec(headers.get("Content-Range") ?? "")?.[1]);
  if (part.size > 0 && total === part.size && total === (part.version.total ?? total)) {
    return await part.know({ ...part.version, total });
  }
  await distrust(part, "it is shorter than what is there of it");
}

/** Begins anew: the next attempt asks for the whole file. */
async function distrust(part: PartFile, why: string): Promise<never> {
  await part.begin({});
  throw new TransferError(`${why}; what was there of it is dropped`, "again");
}

function refusePages({ headers }: Answer): void {
  if (!/^(text\/html|application\/xhtml)/i.test(headers.get("Content-Type") ?? "")) return;
  throw new TransferError(
    "a web page came instead of a file, perhaps one to log in; open the address in a browser",
    "never",
  );
}

function refuse({ status, headers, url }: Answer, asked: URL, hadCredentials: boolean): never {
  if (status === 401 || status === 403) {
    const what = url.host !== asked.host
      ? `, to which ${asked.host} redirects, wants credentials of its own; download from there`
      : hadCredentials
      ? " refuses the user name and password; correct them"
      : " wants a user name and a password; give them (--help says how)";
    throw new TransferError(`${url.host}${what} (status ${status})`, "stop");
  }
  if (status === 408 || status === 425 || status === 429 || status >= 500 || status < 300) {
    throw new TransferError(`status ${status}`, "again", retryAfter(headers));
  }
  throw new TransferError(
    status === 404 ? "it is not there (status 404)" : `status ${status}`,
    "never",
  );
}

/** `Retry-After` in milliseconds: it holds seconds or a date. */
function retryAfter(headers: Headers): number | undefined {
  const value = headers.get("Retry-After");
  if (value === null) return undefined;
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}
