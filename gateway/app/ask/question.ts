/** From the words of a command line to a request: whom to ask (RFC 7252 §6.4), and what. */
import { lookup } from "node:dns/promises";
import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import type { AskOptions } from "../../admin/cli/index.ts";
import { fromHex, UsageError } from "../../base/index.ts";
import type { Question, Remote } from "../../coap/index.ts";
import { type AbsoluteUri, CONTENT_FORMAT, parseUri } from "../../wire/coap/index.ts";

/** What a payload is when nobody says it: on a datastore these methods take one format each. */
const USUAL_FORMAT: Readonly<Partial<Record<Question["method"], number>>> = {
  FETCH: CONTENT_FORMAT.yangIdentifiers,
  iPATCH: CONTENT_FORMAT.yangInstances,
  POST: CONTENT_FORMAT.yangInstances,
};

export interface Asked {
  readonly remote: Remote;
  readonly question: Question;
}

/** Throws UsageError `cli.usage`, `cli.file`. */
export async function readQuestion({ uri, method, payload, format, accept }: AskOptions): Promise<Asked> {
  const parsed = parseUri(uri);
  if (parsed?.scheme !== "coap") throw usage(`'${uri}' is no URI like coap://127.0.0.1/c`);
  const contentFormat = format ?? USUAL_FORMAT[method];
  const question = {
    method,
    path: pathOf(parsed),
    query: parsed.query === undefined ? [] : parsed.query.split("&").map(decodeURIComponent),
    ...(payload === undefined ? {} : { payload: bytesOf(payload) }),
    ...(payload === undefined || contentFormat === undefined ? {} : { contentFormat }),
    ...(accept === undefined ? {} : { accept }),
  };
  return { remote: await remoteOf(parsed), question };
}

/** RFC 7252 §6.4 step 8: no segment for "/" alone, an empty one for a slash at the end. */
const pathOf = ({ path }: AbsoluteUri): readonly string[] =>
  path === "/" ? [] : path.slice(1).split("/").map(decodeURIComponent);

/** Hex digits, or `@FILE`. */
function bytesOf(payload: string): Uint8Array {
  if (payload.startsWith("@")) {
    const path = payload.slice(1);
    try {
      return new Uint8Array(readFileSync(path));
    } catch (error) {
      throw new UsageError("cli.file", { path, reason: (error as NodeJS.ErrnoException).code ?? String(error) });
    }
  }
  const bytes = fromHex(payload);
  if (bytes === undefined) throw usage("the payload is not an even number of hex digits, nor @FILE");
  return bytes;
}

async function remoteOf({ host, port = 0 }: AbsoluteUri): Promise<Remote> {
  if (isIP(host) !== 0) return { address: host, port };
  try {
    return { address: (await lookup(decodeURIComponent(host))).address, port };
  } catch {
    throw usage(`the name '${host}' has no address`);
  }
}

const usage = (what: string): UsageError => new UsageError("cli.usage", { what });
