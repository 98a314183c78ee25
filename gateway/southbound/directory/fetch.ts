/** RFC 9176 §5.1, RFC 6690 §4 — the second half of a simple registration: GET /.well-known/core of the node. */
import { type Clock, type Credential, type Millis, type NodeId, seconds, UsageError } from "../../base/index.ts";
import type { Question, Remote, Requests } from "../../coap/index.ts";
import { CONTENT_FORMAT } from "../../wire/coap/index.ts";
import type { FetchLinks } from "./simple.ts";
import { placeOf } from "./source.ts";

export interface LinkFetcherOptions {
  readonly requests: Pick<Requests, "request">;
  /** Of the requests. */
  readonly clock: Clock;
  /** Which of the engine's transports reaches a peer that does not say by which it came. */
  readonly transportTo: (remote: Remote) => number;
  /** A node that registers under its security context is asked under it. */
  readonly credentialOf: (node: NodeId) => Credential | undefined;
}

const QUESTION: Question = { method: "GET", path: [".well-known", "core"], accept: CONTENT_FORMAT.linkFormat };
/** The node waits for its answer and is awake: MAX_TRANSMIT_WAIT (RFC 7252 §4.8.2). */
const PATIENCE = seconds(93);

export function linkFetcher({ requests, clock, transportTo, credentialOf }: LinkFetcherOptions): FetchLinks {
  return async ({ path, nodeId }) => {
    const { remote, transport } = placeOf({ path });
    if (remote === undefined) throw new UsageError("directory.fetch", { path, what: "the path has no address" });
    const credential = nodeId === undefined ? undefined : credentialOf(nodeId);
    const peer = { remote, transport: transport ?? transportTo(remote), ...(credential && { credential }) };
    const deadline = (clock.now() + PATIENCE) as Millis;
    const { code, contentFormat, payload, maxAge } = await requests.request(peer, QUESTION, { deadline });
    if (code !== "2.05") throw new UsageError("directory.fetch", { path, what: `the answer was ${code}` });
    if (contentFormat !== undefined && contentFormat !== CONTENT_FORMAT.linkFormat) {
      throw new UsageError("directory.fetch", { path, what: `they came in content format ${contentFormat}` });
    }
    return { links: payload, ...(maxAge === undefined ? {} : { maxAge }) };
  };
}
