/** The way to a running gateway: HTTP over the Unix socket in its data folder. */
import { type IncomingMessage, request } from "node:http";
import { Readable } from "node:stream";
import { UsageError } from "../../base/index.ts";
import type { Json } from "../../yang/api.ts";

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** Nothing listens: as good as no gateway. */
const ABSENT: ReadonlySet<string> = new Set(["ENOENT", "ENOTDIR", "ECONNREFUSED", "ENOTSOCK"]);
/** Somebody else's gateway, or at least somebody else's folder. */
const FORBIDDEN: ReadonlySet<string> = new Set(["EACCES", "EPERM"]);

/** Sends JSON, or a stream of bytes; the answer's body is parsed JSON. */
export function controlRequest(
  socketPath: string,
  method: "GET" | "POST",
  path: string,
  body?: Json | Readable,
): Promise<Answer> {
  const stream = body instanceof Readable;
  const headers =
    body === undefined ? {} : { "content-type": stream ? "application/octet-stream" : "application/json" };
  return new Promise((resolve, reject) => {
    let answered = false;
    const lost = (cause: NodeJS.ErrnoException): void => {
      if (answered) return; // what breaks after the answer began is told by reading it
      reject(failureOf(cause, socketPath));
    };
    const asking = request({ socketPath, method, path, headers, agent: false }, (answer) => {
      answered = true;
      readJson(answer)
        .then((read) => resolve({ status: answer.statusCode ?? 0, body: read }), reject)
        .finally(() => {
          if (stream) body.destroy(); // refused before its end: nobody wants the rest
          asking.destroy();
        });
    });
    asking.on("error", lost);
    if (!stream) return void asking.end(body === undefined ? undefined : JSON.stringify(body));
    body.on("error", (error) => {
      asking.destroy();
      reject(error);
    });
    body.pipe(asking);
  });
}

export interface Stream {
  readonly header: (name: string) => string | undefined;
  /** Breaks off with an error when it does not come to its end. */
  readonly bytes: AsyncIterable<Uint8Array>;
}

/** Asks for bytes that are too many to be held; a refusal is JSON. */
export function controlStream(socketPath: string, path: string): Promise<Stream | Answer> {
  return new Promise((resolve, reject) => {
    const asking = request({ socketPath, method: "POST", path, agent: false }, (answer) => {
      const { statusCode = 0, headers } = answer;
      if (statusCode >= 400) readJson(answer).then((body) => resolve({ status: statusCode, body }), reject);
      else resolve({ header: (name) => headers[name]?.toString(), bytes: whole(answer) });
    });
    asking.on("error", (cause: NodeJS.ErrnoException) => reject(failureOf(cause, socketPath)));
    asking.end();
  });
}

async function* whole(answer: IncomingMessage): AsyncGenerator<Uint8Array> {
  try {
    for await (const part of answer) yield part as Buffer;
  } catch (cause) {
    throw new UsageError("cli.gateway-lost", { reason: "its answer was cut off" }, { cause });
  }
}

function failureOf(cause: NodeJS.ErrnoException, socket: string): UsageError {
  const code = cause.code ?? cause.message;
  if (ABSENT.has(code)) return new UsageError("cli.no-gateway", { socket }, { cause });
  if (FORBIDDEN.has(code)) return new UsageError("cli.not-permitted", { socket }, { cause });
  return new UsageError("cli.gateway-lost", { reason: code }, { cause });
}

async function readJson(answer: IncomingMessage): Promise<unknown> {
  try {
    const parts: Buffer[] = [];
    for await (const part of answer) parts.push(part as Buffer);
    return JSON.parse(Buffer.concat(parts).toString("utf8"));
  } catch (cause) {
    throw new UsageError("cli.gateway-lost", { reason: "its answer was cut off" }, { cause });
  }
}
