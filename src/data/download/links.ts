/**
 * Lists of links, as data sets publish them: text files with one address a line among other text.
 *
 * @module
 */

import { UserError } from "../../errors.ts";
import { readText } from "../../io/text_file.ts";

/** A file to fetch. */
export interface Link {
  /** Without a user name or a password. */
  readonly url: URL;
  /** Where it goes: `<parent folder of the URL>/<file>`. */
  readonly target: string;
}

/** What {@link readLinks} found. */
export interface LinkList {
  /** Each address once, sorted. */
  readonly links: readonly Link[];
  /** Addresses that carried a user name or a password, which were left out. */
  readonly stripped: number;
}

/**
 * Reads the links of several lists: of each line that holds one the first, each address once, sorted.
 *
 * @param nameOf Changes the names under which files are kept.
 * @throws {UserError} for a list that is missing or without links, for an address that cannot be read or
 *   names no file, and for two addresses of one target.
 */
export async function readLinks(
  lists: readonly string[],
  nameOf: (target: string) => string = (target) => target,
): Promise<LinkList> {
  const links = new Map<string, Link>();
  let stripped = 0;
  for (const list of lists) {
    const text = await readText(list);
    if (text === undefined) throw new UserError(`${list} does not exist; give a list of links`);
    let found = 0;
    for (const [index, line] of text.split("\n").entries()) {
      const [address] = /https?:\/\/[^\s"<>]+/i.exec(line) ?? [];
      if (address === undefined) continue;
      const { url, hadCredentials } = readUrl(address, `${list}:${index + 1}`);
      stripped += Number(hadCredentials);
      links.set(url.href, { url, target: nameOf(targetOf(url, `${list}:${index + 1}`)) });
      found++;
    }
    if (found === 0) throw new UserError(`${list} holds no link (http:// or https://)`);
  }
  const sorted = [...links.values()].sort((a, b) => a.url.href < b.url.href ? -1 : 1);
  refuseClashes(sorted);
  return { links: sorted, stripped };
}

/** Messages name the line and not its text, in which a password may stand. */
function readUrl(address: string, place: string): { url: URL; hadCredentials: boolean } {
  const url = URL.parse(address);
  if (url === null) throw new UserError(`${place}: the address cannot be read; correct the list`);
  return { url: withoutCredentials(url), hadCredentials: url.username + url.password !== "" };
}

/** A URL without user name, password and fragment. */
export function withoutCredentials(from: URL): URL {
  const url = new URL(from);
  url.username = url.password = url.hash = "";
  return url;
}

function targetOf({ pathname }: URL, place: string): string {
  const [parent, file] = ["", ...pathname.split("/")].slice(-2).map(plainName);
  if (file === "") {
    throw new UserError(`${place}: the address names no file; take the line out of the list`);
  }
  return parent === "" ? file : `${parent}/${file}`;
}

/** A segment of a URL's path as a file name. Where its decoded form would lead elsewhere, undecoded. */
function plainName(segment: string): string {
  try {
    const name = decodeURIComponent(segment);
    // deno-lint-ignore no-control-regex -- these are what must not get into a name
    return /[/\\\x00-\x1f\x7f]|^\.\.?$/.test(name) ? segment : name;
  } catch {
    return segment;
  }
}

function refuseClashes(links: readonly Link[]): void {
  const taken = new Map<string, Link>();
  for (const link of links) {
    const other = taken.get(link.target);
    if (other !== undefined) {
      throw new UserError(
        `${other.url} and ${link.url} are both to become ${link.target}; fetch them into two folders`,
      );
    }
    taken.set(link.target, link);
  }
}
