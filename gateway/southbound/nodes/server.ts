/** A node that serves its datastore, as something to ask: where, under which credential, until when. */

import {
  type Clock,
  type Credential,
  type Logger,
  type Millis,
  millis,
  minutes,
  type NodeId,
  type Peer,
} from "../../base/index.ts";
import type { Answer, Question, RequestPeer, Requests } from "../../coap/index.ts";
import type { Campaigns } from "../../service/campaign/index.ts";
import type { Events } from "../../service/events/index.ts";
import type { Mailbox } from "../../service/mailbox/index.ts";
import type { Registry } from "../../service/registry/index.ts";
import type { TimeQuality } from "../../service/timekeeping/index.ts";
import type { TakesReports } from "../../service/trust/index.ts";
import type { Recorder } from "../../store/index.ts";
import type { Served } from "./place.ts";

/** What the errands ask of the gateway. */
export interface NodeServices {
  readonly requests: Requests;
  readonly registry: Registry;
  readonly mailbox: Mailbox;
  readonly campaigns: Campaigns;
  readonly events: Pick<Events, "ofNode">;
  readonly recorder: Recorder;
  /** For what nodes report of releases. */
  readonly intake?: TakesReports;
  /** Of facts and plans. */
  readonly clock: Clock;
  /** Whether that clock is right; without it, it is. */
  readonly quality?: TimeQuality;
  /** Somebody waits for what is read of this node, also when nothing in it is new. */
  readonly isAwaited?: (node: NodeId) => boolean;
  /** Of the requests: real time, whatever a trial makes of the other. */
  readonly network: Clock;
  readonly log: Logger;
}

/** One node for the time of a session. */
export interface NodeServer {
  readonly id: NodeId;
  readonly served: Served;
  readonly transport: number;
  readonly credential: () => Credential | undefined;
  /** When a node that sleeps stops listening, by the clock of plans. */
  readonly awakeUntil: () => Millis | undefined;
  /** Ends with the session. */
  readonly signal: AbortSignal;
  /** Of what was read last, as long as nothing else can have changed what is kept. */
  etag: Uint8Array | undefined;
  /** What was passed over and told already. */
  readonly told: Set<string>;
}

/** For a datastore in small blocks over a slow network; a node that says nothing at all is given up after 93 s. */
const PATIENCE = minutes(5);

export const peerOf = (server: NodeServer, services: NodeServices): RequestPeer => {
  const credential = server.credential();
  const awakeUntil = onNetwork(server.awakeUntil(), services);
  const { transport } = server;
  const { remote } = server.served;
  return { remote, transport, ...(credential && { credential }), ...(awakeUntil && { awakeUntil }) };
};

/** Whatever it answers is a sign of life. */
export async function ask(
  server: NodeServer,
  question: Question,
  services: NodeServices,
  patience: Millis = PATIENCE,
): Promise<Answer> {
  const { requests, network } = services;
  const deadline = millis(network.now() + patience);
  const answer = await requests.request(peerOf(server, services), question, { deadline, signal: server.signal });
  heard(server, services);
  return answer;
}

export function heard({ id, served }: NodeServer, { registry, clock }: NodeServices): void {
  const { address, port } = served.remote;
  const peer: Peer = { identity: undefined, nodeId: id, path: `${address}:${port}`, validated: true };
  registry.heard(peer, clock.now());
}

/** A node that always says something else must fill neither log nor memory. */
const MOST_TOLD = 64;

export function tellOnce({ told }: NodeServer, what: string, tell: () => void): void {
  if (told.has(what) || told.size >= MOST_TOLD) return;
  told.add(what);
  tell();
}

const onNetwork = (at: Millis | undefined, { clock, network }: NodeServices): Millis | undefined =>
  at === undefined ? undefined : millis(network.now() + (at - clock.now()));
