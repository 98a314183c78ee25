/**
 * docs/doctor.md — what a broker does with messages of this site, tried over connections of our own beside the running bridge:
 * is it there, is it believed, does it let us in, and what becomes of messages. Each step only where the one before went well.
 */
import { type Clock, type CodedError, isCoded, seconds } from "../../../gateway/base/index.ts";
import type { BrokerAddress } from "../link/connection.ts";
import type { Protocol } from "../link/link-machine.ts";
import type { BrokerLimits, OpenPlainLine, PlainLine } from "../link/plain-line.ts";
import { doorOf } from "../link/schemes.ts";
import type { ViewSettings } from "../views/open-views.ts";
import { Inbox } from "./inbox.ts";
import { PATIENCE, type Patience } from "./patience.ts";
import { lookAtTls, reach, type TlsFacts } from "./reach.ts";
import { Session, type TopicFacts } from "./session.ts";
import { tryView, type ViewFacts, viewTopics } from "./views.ts";

export interface BrokerFacts {
  readonly url: string;
  /** Something listens there. */
  readonly reached: boolean;
  /** Left out for a plain line. */
  readonly tls?: TlsFacts;
  /** Signed in, by this version. */
  readonly protocol?: Protocol;
  readonly limits?: BrokerLimits;
  /** What the broker calls itself, where it tells. */
  readonly name?: string;
  readonly topics?: TopicFacts;
  /** Of each view whose topics lie elsewhere. */
  readonly views?: readonly ViewFacts[];
  /** What kept the probe from going on. */
  readonly failure?: CodedError;
}

export interface ProbeRequest {
  readonly broker: BrokerAddress;
  /** Left out = not known yet: then nobody signs in, as the user name may be its. */
  readonly site?: string | undefined;
  /** Tells this look from others; part of the client id and of all topics. */
  readonly tag: string;
  /** The bridge says that it is connected, so what it retains must be there. */
  readonly expectBirth: boolean;
  /** What is told elsewhere, too. */
  readonly views?: ViewSettings | undefined;
  readonly patience?: Patience | undefined;
  readonly open: OpenPlainLine;
  readonly clock: Clock;
}

/** For the network, before anybody signs in. */
const REACHED = seconds(5);

export async function probeBroker(request: ProbeRequest): Promise<BrokerFacts> {
  const { broker, site } = request;
  const { url } = broker;
  let facts: BrokerFacts = { url, reached: false };
  try {
    await reach(broker, REACHED);
    facts = { ...facts, reached: true };
    if (doorOf(url).encrypted) facts = { ...facts, tls: await lookAtTls(broker, REACHED) };
    // The password is for a broker that is believed.
    if (site === undefined || facts.tls?.distrust !== undefined) return facts;
    return { ...facts, ...(await probeSession(request, site)) };
  } catch (failure) {
    if (!isCoded(failure)) throw failure;
    return { ...facts, failure };
  }
}

type SessionFacts = Pick<BrokerFacts, "protocol" | "limits" | "name" | "topics" | "views">;

async function probeSession(request: ProbeRequest, site: string): Promise<SessionFacts> {
  const inbox = new Inbox(request.clock);
  const { line, protocol } = await signIn(request, site, inbox);
  const { patience = PATIENCE } = request;
  const session = new Session({ ...request, patience, site, line, protocol, inbox });
  try {
    const topics = await session.look();
    const name = session.brokerName;
    const wanted = topics.echo ? viewTopics(request.views ?? {}, site, request.tag) : [];
    const views = await Promise.all(wanted.map((view) => tryView(request, { site, protocol, view }, patience)));
    const tried = views.filter((facts) => facts !== undefined);
    return { protocol, limits: line.limits, topics, views: tried, ...(name === undefined ? {} : { name }) };
  } finally {
    await session.close();
  }
}

/** As the link does: MQTT 5, and 3.1.1 where that is refused (docs/mqtt.md, "The broker"). */
async function signIn(
  { broker, tag, open }: ProbeRequest,
  site: string,
  inbox: Inbox,
): Promise<{ readonly line: PlainLine; readonly protocol: Protocol }> {
  const clientId = `sidgate-${site}-doctor-${tag}`;
  const by = (protocol: Protocol) => open({ broker, protocol, clientId, onMessage: (message) => inbox.take(message) });
  const first = broker.protocol ?? 5;
  try {
    return { line: await by(first), protocol: first };
  } catch (error) {
    if (first !== 5 || !isCoded(error) || error.code !== "mqtt.protocol") throw error;
    return { line: await by(4), protocol: 4 };
  }
}
