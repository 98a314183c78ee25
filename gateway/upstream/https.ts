/** Images from `https://` authors (RFC 9110): one GET, the certificate always checked, the address given beforehand. */
import type { IncomingMessage } from "node:http";
import { request } from "node:https";
import { isIP } from "node:net";
import { TLSSocket } from "node:tls";
import { type Millis, shownUri, TrustError, WireError } from "../base/index.ts";
import { type AbsoluteUri, parseUri } from "../wire/coap/index.ts";
import type { Asked, OpenSource } from "./source.ts";

export interface HttpsOptions {
  /** PEM; by default the authorities that Node.js brings along. */
  readonly ca: Uint8Array | undefined;
  /** Longest silence. */
  readonly patience: Millis;
}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const MOST_REDIRECTS = 3;
/** RFC 9110 §15.5.9, RFC 8470 §5.2, RFC 6585 §4: the refusals that say to come again. */
const COME_AGAIN: ReadonlySet<number> = new Set([408, 425, 429]);

export const httpsSource = (options: HttpsOptions): OpenSource =>
  async function* (asked) {
    let { uri } = asked;
    for (let redirects = 0; ; redirects++) {
      const response = await get({ ...asked, uri }, options);
      const location = REDIRECTS.has(response.statusCode ?? 0) ? (response.headers.location ?? "") : undefined;
      if (location === undefined) {
        yield* body(response, { ...asked, uri });
        return;
      }
      response.destroy();
      if (redirects === MOST_REDIRECTS)
        throw new TrustError("upstream.redirect", { uri: asked.uri.shown, location: shownUri(location) });
      uri = followed(uri, location);
    }
  };

/** Only within the host whose address was checked: the author may move a file, not send us elsewhere. */
function followed(from: AbsoluteUri, location: string): AbsoluteUri {
  const to = URL.canParse(location, from.text) ? parseUri(new URL(location, from.text).href) : undefined;
  if (to === undefined || to.scheme !== from.scheme || to.host !== from.host || to.port !== from.port) {
    throw new TrustError("upstream.redirect", { uri: from.shown, location: shownUri(location) });
  }
  return to;
}

function get({ uri, at, signal }: Asked, { ca, patience }: HttpsOptions): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const outgoing = request({
      host: uri.host,
      port: uri.port,
      path: uri.query === undefined ? uri.path : `${uri.path}?${uri.query}`,
      headers: { "accept-encoding": "identity", "user-agent": "sidgate" },
      // The name stays for the certificate and the Host field; where it leads was decided before.
      lookup: (_host, { all }, done) => (all === true ? done(null, [at]) : done(null, at.address, at.family)),
      ...(isIP(uri.host) === 0 ? { servername: uri.host } : {}),
      ...(ca === undefined ? {} : { ca: Buffer.from(ca) }),
      agent: false,
      signal,
    });
    const silent = new WireError("upstream.silent", { uri: uri.shown, seconds: Math.round(patience / 1000) });
    outgoing.setTimeout(patience, () => outgoing.destroy(silent));
    outgoing.once("response", (response: IncomingMessage) => {
      outgoing.setTimeout(0); // from here on it is the response that falls silent
      response.setTimeout(patience, () => response.destroy(silent));
      resolve(response);
    });
    outgoing.on("error", (error) => reject(distrusted(uri, outgoing.socket, error) ?? reachable(uri, error, signal)));
    outgoing.end();
  });
}

async function* body(response: IncomingMessage, { uri, size, atMost, signal }: Asked): AsyncGenerator<Uint8Array> {
  try {
    if (response.statusCode !== 200) throw answered(uri, response.statusCode ?? 0);
    const encoding = response.headers["content-encoding"] ?? "identity";
    if (encoding !== "identity") throw refused(uri, `in the encoding ${encoding}`);
    const length = response.headers["content-length"];
    // What says beforehand that it is something else need not be read.
    if (length !== undefined && (atMost ? Number(length) > size : Number(length) !== size)) {
      const expected = atMost ? `at most ${size}` : size;
      throw new TrustError("upstream.size", { uri: uri.shown, actual: length, expected });
    }
    for await (const part of response) yield part as Uint8Array; // no encoding is set, so parts are Buffers
  } catch (error) {
    throw reachable(uri, error, signal);
  } finally {
    response.destroy();
  }
}

/** RFC 9110 §15.6: what fails on the server's side may be mended; anything else is its answer for good. */
const answered = (uri: AbsoluteUri, status: number): WireError =>
  status >= 500 || COME_AGAIN.has(status)
    ? new WireError("upstream.answer", { uri: uri.shown, answer: String(status) })
    : refused(uri, String(status));
const refused = ({ shown: uri }: AbsoluteUri, answer: string): WireError =>
  new WireError("upstream.refused", { uri, answer });

/** A connection that ended because the certificate is not believed, e.g. as it has another name. */
const distrusted = ({ shown: uri }: AbsoluteUri, socket: unknown, error: Error): TrustError | undefined =>
  socket instanceof TLSSocket && socket.authorizationError
    ? new TrustError("upstream.certificate", { uri, reason: error.message }, { cause: error })
    : undefined;

/** What node:https throws, as an error of ours; an end that we asked for stays what it is. */
function reachable({ shown: uri }: AbsoluteUri, error: unknown, signal: AbortSignal): unknown {
  if (signal.aborted || isOurs(error)) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new WireError("upstream.unreachable", { uri, reason }, { cause: error });
}
const isOurs = (error: unknown): boolean => error instanceof WireError || error instanceof TrustError;
