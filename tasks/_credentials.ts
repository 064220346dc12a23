/**
 * A user name and a password from where neither other users of the machine nor the shell's history see
 * them: the environment, a file, or the terminal.
 *
 * @module
 */
import process from "node:process";
import { read } from "npm:read@5.0.1";
import { UsageError, UserError } from "../src/errors.ts";

/** Where to look besides the environment. */
export interface CredentialFlags {
  readonly user: string | null;
  readonly password_file: string | null;
}

/** What was found. */
export interface Given {
  readonly user: string;
  readonly password: string;
}

/**
 * The user name from its flag or `<prefix>_USER`; the password from its file, `<prefix>_PASSWORD` or, where
 * there is a user name, the terminal. The environment forgets the password, so that no child process
 * inherits it.
 *
 * @returns Nothing where neither is given; `"interrupted"` after Ctrl-C at the terminal.
 * @throws {UserError} where one is missing, or the file cannot be read.
 */
export async function findCredentials(
  { user: named, password_file: file }: CredentialFlags,
  prefix: string,
): Promise<Given | "interrupted" | undefined> {
  const user = named ?? Deno.env.get(`${prefix}_USER`) ?? "";
  const inherited = Deno.env.get(`${prefix}_PASSWORD`) ?? "";
  Deno.env.delete(`${prefix}_PASSWORD`);
  const password = file === null ? inherited : await firstLine(file);
  if (user === "" && password === "") return undefined;
  if (user === "") throw new UsageError(`a password without a user name; set ${prefix}_USER`);
  if (password !== "") return { user, password };
  if (!Deno.stdin.isTerminal()) {
    throw new UsageError(
      `no password for ${user}; set ${prefix}_PASSWORD, or give --password_file`,
    );
  }
  const typed = await ask(`Password for ${user}: `);
  return typed === undefined ? "interrupted" : { user, password: typed };
}

async function firstLine(path: string): Promise<string> {
  const text = await Deno.readTextFile(path).catch(({ message }) => {
    throw new UserError(`cannot read the password file ${path} (${message})`);
  });
  const line = text.split(/\r?\n/)[0];
  if (line === "") throw new UserError(`the password file ${path} begins with an empty line`);
  return line;
}

/** What is typed, unseen; nothing after Ctrl-C. */
async function ask(prompt: string): Promise<string | undefined> {
  try {
    return await read<string>({ prompt, silent: true, output: process.stderr });
  } catch {
    return undefined; // all that it throws: "canceled"
  } finally {
    console.error();
  }
}
