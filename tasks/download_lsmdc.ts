/**
 * Downloads the clips of LSMDC by the lists of links that its makers give:
 *
 *     LSMDC_USER=... deno task download-lsmdc *_downloadLinks.txt VIDEOS
 *
 * @module
 */
import { Credentials } from "../src/data/download/credentials.ts";
import { download } from "../src/data/download/download.ts";
import { compressing, keeping } from "../src/data/download/finish.ts";
import { type Link, readLinks } from "../src/data/download/links.ts";
import { trimmed } from "../src/data/paths.ts";
import { UsageError } from "../src/errors.ts";
import { leaveList } from "../src/io/line_list.ts";
import { flags as trainFlags } from "../src/train/config/settings.ts";
import { writeLine } from "../src/train/log/terminal.ts";
import { h264Name } from "../src/video/container.ts";
import { runTask } from "./_cli.ts";
import { findCredentials } from "./_credentials.ts";
import { bytesText, count, readingFlags, sumUp, withProgress } from "./_videos.ts";

const PREFIX = "LSMDC";

await runTask({
  command: "deno task download-lsmdc",
  purpose:
    "Download what lists of links name into FOLDER/<parent folder of the link>/<file>, and compress it " +
    `as deno task compress does. The password comes from ${PREFIX}_PASSWORD, a file, or the terminal. ` +
    "The same command goes on where one stopped.",
  operands: ["LIST...", "FOLDER"],
  flags: {
    only_down: { kind: "flag", default: false, meaning: "keep the videos as they come" },
    user: { kind: "text", default: null, meaning: `the user name, else ${PREFIX}_USER` },
    password_file: { kind: "text", default: null, meaning: "a file whose first line it is" },
    auth_host: {
      ...{ kind: "text", default: null },
      meaning: "the host that the password is for, where the lists name several",
    },
    parallel: { kind: "int", default: 8, min: 1, meaning: "files at once" },
    retries: {
      ...{ kind: "int", default: 8, min: 0 },
      meaning: "attempts after the first one that bring nothing new before a file is given up",
    },
    pause: {
      ...{ kind: "float", default: 1, min: 0 },
      meaning: "seconds before the first of them; each pause is up to twice the one before",
    },
    stall: { kind: "float", default: 60, above: 0, meaning: "seconds to wait for the next byte" },
    ...readingFlags,
    compat: trainFlags.compat,
  },
  onInterrupt: () => "Stopping; what has come stays",
}, async ({ operands, values, signal }) => {
  const lists = operands.slice(0, -1), folder = trimmed(operands.at(-1)!);
  if (await Deno.stat(folder).then(({ isFile }) => isFile, () => false)) {
    throw new UsageError(`${folder} is a file; name the folder for the videos last`);
  }
  const { links, stripped } = await readLinks(lists, values.only_down ? undefined : h264Name);
  if (stripped > 0) {
    writeLine(
      `left out of ${count(stripped, "link")}: user names and passwords that stand in them`,
    );
  }
  const found = await findCredentials(values, PREFIX);
  if (found === "interrupted") return 130;
  const credentials = found &&
    new Credentials(found.user, found.password, authHost(links, values.auth_host));

  const engine = { prefer: values.decoder, workers: values.workers };
  using finisher = values.only_down
    ? keeping(engine)
    : await compressing(engine, { fps: 3, size: 224, compat: values.compat ?? undefined });
  signal.addEventListener("abort", () => finisher[Symbol.dispose]());
  const summary = await withProgress("download", (onProgress) =>
    download(links, folder, {
      ...{ credentials, signal, parallel: values.parallel, retries: values.retries },
      ...{ pauseMs: values.pause * 1000, stallMs: values.stall * 1000, onProgress },
      finish: (part, target) => finisher.finish(part, target),
      onFailed: ({ url }, reason) => writeLine(`failed: ${url}: ${reason}`),
    }));
  const { fetched, bytes, resumed, already, failed, left } = summary;
  const list = `${folder}/failed.txt`, finished = left === 0;
  await leaveList(list, failed.map(({ url }) => url.href), { finished });
  sumUp([
    `Downloaded ${count(fetched, "file")} (${bytesText(bytes)}) into ${folder}`,
    resumed > 0 && `${resumed} of them begun by an earlier run`,
    already > 0 && `already there: ${already}`,
    failed.length > 0 && `failed: ${failed.length}, listed in ${list}`,
    left > 0 && `left: ${left}`,
  ], finished);
  return finished && failed.length > 0 ? 1 : 0;
});

/** The host that the password goes to. */
function authHost(links: readonly Link[], named: string | null): string {
  const hosts = [...new Set(links.map(({ url }) => url.host))];
  if (named !== null && !hosts.includes(named)) {
    throw new UsageError(`no link is of ${named}; they are of ${hosts.join(", ")}`);
  }
  if (named === null && hosts.length > 1) {
    throw new UsageError(
      `the links are of several hosts (${hosts.slice(0, 5).join(", ")}); say by --auth_host ` +
        "which of them the password is for",
    );
  }
  const host = named ?? hosts[0];
  if (links.some(({ url }) => url.host === host && url.protocol === "http:")) {
    writeLine(
      `note: the links of ${host} are not encrypted (http); nor is the password on its way`,
    );
  }
  return host;
}
