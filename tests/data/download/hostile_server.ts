/** What a client asked for. */
export interface Asked {
  readonly path: string;
  readonly headers: Headers;
  /** How often this path was asked for, this time included. */
  readonly time: number;
  /** When, in milliseconds of `performance.now()`. */
  readonly at: number;
}

/** A connection to answer on: it is closed afterwards. */
export interface Wire {
  /** Sends a head of a status line and headers, then a body. */
  send(head: readonly string[], body?: Uint8Array): Promise<void>;
  /** Sends what is no HTTP. */
  raw(text: string): Promise<void>;
  /** Sends nothing more until the client goes. */
  hang(): Promise<void>;
}

/** How a path is answered. */
export type Behaviour = (asked: Asked, wire: Wire) => Promise<void>;

/** A server on a bare socket: it says whatever it is told to, sense or not. */
export class HostileServer implements AsyncDisposable {
  readonly asked: Asked[] = [];
  readonly host: string;
  readonly #listener: Deno.Listener;
  readonly #serving: Promise<unknown>;

  constructor(readonly behaviours: { readonly [path: string]: Behaviour }) {
    this.#listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
    this.host = `127.0.0.1:${(this.#listener.addr as Deno.NetAddr).port}`;
    this.#serving = this.#serve();
  }

  /** The address of a path. */
  url(path: string): string {
    return `http://${this.host}${path}`;
  }

  /** How often a path was asked for. */
  times(path: string): number {
    return this.asked.filter((asked) => asked.path === path).length;
  }

  async #serve(): Promise<void> {
    const open: Promise<void>[] = [];
    for await (const connection of this.#listener) {
      // Clients go in the middle of things here.
      open.push(this.#answer(connection).catch(() => {}).finally(() => connection.close()));
    }
    await Promise.all(open);
  }

  async #answer(connection: Deno.Conn): Promise<void> {
    const [line, ...lines] = (await readHead(connection)).split("\r\n");
    const path = line.split(" ")[1];
    const headers = new Headers(
      lines.map((line) => line.split(/: (.*)/).slice(0, 2) as [string, string]),
    );
    const asked = { path, headers, time: this.times(path) + 1, at: performance.now() };
    this.asked.push(asked);
    const send = async (bytes: Uint8Array) => {
      for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
    };
    await this.behaviours[path](asked, {
      async send(head, body = new Uint8Array(0)) {
        await send(encode([`HTTP/1.1 ${head[0]}`, "Connection: close", ...head.slice(1), "", ""]));
        await send(body);
      },
      raw: (text) => send(encode([text])),
      async hang() {
        while (await connection.read(new Uint8Array(64)) !== null);
      },
    });
  }

  /** Stops listening and waits for what is under way. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    await this.#serving;
  }
}

function encode(lines: readonly string[]): Uint8Array {
  return new TextEncoder().encode(lines.join("\r\n"));
}

async function readHead(connection: Deno.Conn): Promise<string> {
  let head = "";
  for (const bytes = new Uint8Array(4096); !head.endsWith("\r\n\r\n");) {
    const count = await connection.read(bytes);
    if (count === null) throw new Error("the client went");
    head += new TextDecoder("latin1").decode(bytes.subarray(0, count));
  }
  return head.slice(0, -4);
}

/** A file on a well-behaved server, which heeds ranges and their conditions. */
export function file(body: Uint8Array, tag = '"v1"'): Behaviour {
  return async ({ headers }, wire) => {
    const from = /^bytes=(\d+)-$/.exec(headers.get("Range") ?? "")?.[1];
    if (from === undefined || headers.get("If-Range") !== tag) {
      return await wire.send(["200 OK", `ETag: ${tag}`, `Content-Length: ${body.length}`], body);
    }
    if (Number(from) >= body.length) {
      return await wire.send(["416 Too Far", `Content-Range: bytes */${body.length}`]);
    }
    await wire.send([
      "206 Partial Content",
      `ETag: ${tag}`,
      `Content-Length: ${body.length - Number(from)}`,
      `Content-Range: bytes ${from}-${body.length - 1}/${body.length}`,
    ], body.subarray(Number(from)));
  };
}

/** The first answers, one after the other, then `last`. */
export function first(...answers: readonly Behaviour[]): (last: Behaviour) => Behaviour {
  return (last) => (asked, wire) => (answers[asked.time - 1] ?? last)(asked, wire);
}

/** The first half of a file whose head promises the whole. */
export function cut(body: Uint8Array, tag = '"v1"'): Behaviour {
  return (_, wire) =>
    wire.send(
      ["200 OK", `ETag: ${tag}`, `Content-Length: ${body.length}`],
      body.subarray(0, body.length / 2),
    );
}

/** One head and one body, whatever is asked for. */
export function says(head: readonly string[], body?: Uint8Array): Behaviour {
  return (_, wire) => wire.send(head, body);
}
