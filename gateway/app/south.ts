/** The southern half of a gateway: the CoAP engine on its addresses, its lanes, and CORECONF behind it. */
import { type Clock, explain, type Lifecycle, type Logger, type Millis, type NodeId } from "../base/index.ts";
import { type AdmissionOptions, Engine, Oscore, type RequestPort, SenderSequence } from "../coap/index.ts";
import { CampaignWatch } from "../service/campaign/index.ts";
import { awaitsReport } from "../service/commands/index.ts";
import type { Deltas } from "../service/delta/index.ts";
import { Presence } from "../service/registry/index.ts";
import type { Timekeeper } from "../service/timekeeping/index.ts";
import { RiotEnvelopes } from "../service/trust/index.ts";
import {
  CheckIn,
  coreconfHandler,
  type DatastoreRoot,
  EventStreams,
  gatewayOperations,
  gatewayRoot,
  type NodeCalls,
  withHint,
} from "../southbound/coreconf/index.ts";
import { DIRECTORY_LINKS } from "../southbound/directory/index.ts";
import { authorLane, imageLane, imageUri } from "../southbound/firmware/index.ts";
import { NodeSessions } from "../southbound/nodes/index.ts";
import { RiotTriggers } from "../southbound/riot/index.ts";
import { joiningOf } from "./campaign/joining.ts";
import type { Centre } from "./centre.ts";
import type { Config } from "./config/index.ts";
import type { GatewayPorts } from "./gateway.ts";
import { openDeltas } from "./south/deltas.ts";
import { nearest, openDirectory } from "./south/directory.ts";
import { openListeners, ownBase } from "./south/listeners.ts";
import { modeOf } from "./status/lab.ts";
import { Refusals } from "./status/refusals.ts";
import { puttingOff } from "./store/putting-off.ts";
import type { StoreReach } from "./store/store-watch.ts";
import { openEnvelopes } from "./trust/envelopes.ts";
import { ReleaseGuard } from "./trust/release-guard.ts";

/** Looks at the clock for late nodes this many times per wake interval. */
const LOOKS_PER_WAKE = 30;

export type SouthPorts = Omit<GatewayPorts, "clock" | "time"> & { readonly clock: Timekeeper };

export interface South {
  /** Where nodes and managers reach us. */
  readonly addresses: readonly string[];
  readonly engine: Engine;
  readonly security: Oscore;
  readonly refusals: Refusals;
  /** Nodes that serve their datastore themselves. */
  readonly nodes: NodeSessions;
  /** The gateway's own datastore, and what nodes do when they are called. */
  readonly root: DatastoreRoot;
  readonly calls: NodeCalls;
  /** Shorter forms of images; undefined = the configuration wants none. */
  readonly encodings: Deltas | undefined;
}

/** Throws UsageError `port.*`. */
export async function openSouth(
  config: Config,
  { clock, random, log, version }: SouthPorts,
  centre: Centre,
  lifecycle: Lifecycle,
  store: StoreReach | undefined,
): Promise<South> {
  // The network runs in real time, whatever the clock of a trial says.
  const { events, ledger, registry, campaigns, images, home, network } = centre;
  const { wakeInterval } = config.nodes;
  const envelopes = openEnvelopes(centre, { nodeMac: config.trust.nodeMac, log });
  const riotEnvelopes = new RiotEnvelopes(centre.releases);
  const encodings = await openDeltas(config, centre, { network, log }, lifecycle);
  const services = {
    ...centre,
    envelopes,
    ...(encodings && { encodings }),
    recorder: ledger,
    clock,
    quality: clock,
    log,
  };
  const hosts = config.coap.listen.map(({ host }) => host);
  const nodes = new NodeSessions({
    ...services,
    network,
    random,
    wakeInterval,
    requests: {
      request: (...asked) => engine.request(...asked),
      observe: (...asked) => engine.observe(...asked),
    },
    credentialOf: (node) => centre.credentials.ofNode(node),
    transportTo: (remote) => nearest(hosts, remote),
    isAwaited: (node) => awaitsReport(centre.inbox.open(), node),
  });
  const serves = (node: NodeId): string | undefined => nodes.servedBy(node);
  const streams = new EventStreams({ events, registry, clock: clock.held, quality: clock });
  const operations = gatewayOperations(centre.inbox);
  const root = gatewayRoot({ ...services, site: home.site, version, mode: modeOf(config), operations, serves });
  const listeners = openListeners(config);
  const checkIn = new CheckIn({ ...services, imageUri, wakeInterval });
  const links = DIRECTORY_LINKS;
  const later = store && puttingOff(store, random);
  const calls: NodeCalls = (node, operation) => nodes.operationOf(node, operation);
  const coreconf = coreconfHandler({ ...services, imageUri, streams, gatewayRoot: root, checkIn, calls, links });
  const refusals = new Refusals(clock, log);
  const security = await openSecurity(centre, { network, log, refusals }, lifecycle);
  const directory = openDirectory(centre, { clock: clock.held, engine: () => engine, network, hosts }, lifecycle);
  const handler: RequestPort = (peer, request) => {
    const registered = directory(peer, request);
    if (registered === undefined) return coreconf(peer, request);
    return registered.then((response) => withHint(response, peer.nodeId, centre));
  };
  const engine = new Engine({
    transports: listeners.map(({ transport }) => transport),
    unprotected: (transport) => listeners.some((each) => each.transport === transport && each.unprotected),
    clock: network,
    random,
    log,
    security,
    oscore: security.client,
    admission: admissionOf(config),
    handler: later?.requests(handler) ?? handler,
    lanes: {
      block: imageLane(images, registry, clock, {
        envelopes: { find: (id) => envelopes.find(id) ?? riotEnvelopes.find(id) },
        forms: encodings,
        books: centre.habits,
      }),
      checkIn: later?.checkIns(checkIn) ?? checkIn,
      authors: authorLane(images),
    },
  });
  ledger.onFact((fact) => {
    for (const topic of streams.topicsOf(fact)) engine.changed(topic);
  });
  const watched = { campaigns, registry, ledger, clock: clock.held };
  lifecycle.add(new CampaignWatch({ ...watched, ...joiningOf(centre) }));
  lifecycle.add(new ReleaseGuard({ ...centre, log }));
  const isAwaited = (node: NodeId): boolean => campaigns.ofNode(node) !== undefined;
  const interval = (wakeInterval / LOOKS_PER_WAKE) as Millis;
  const isHeld = (): boolean => !clock.synchronised || store?.away !== undefined;
  lifecycle.add(new Presence(registry, ledger, clock, interval, isAwaited, isHeld));
  await engine.start();
  lifecycle.add(engine);
  lifecycle.add(nodes).open();
  const triggers = new RiotTriggers({
    ...services,
    network,
    envelopes: riotEnvelopes,
    requests: engine,
    credentialOf: (node) => centre.credentials.ofNode(node),
    transportTo: (remote) => nearest(hosts, remote),
    uriFor: async (remote, { id }) => {
      const transport = nearest(hosts, remote);
      const base = await ownBase(hosts[transport] ?? "", portOf(listeners[transport]?.transport.local), remote);
      return base && `${base}/${imageUri(id)}`;
    },
  });
  lifecycle.add(triggers).open();
  return {
    engine,
    security,
    refusals,
    nodes,
    root,
    calls,
    encodings,
    addresses: listeners.map(({ transport }) => `coap://${transport.local}`),
  };
}

/** Who is a neighbour and whose air is rationed, from the settings under coap.southbound and coap.airtime. */
function admissionOf({ coap: { southbound, airtime } }: Pick<Config, "coap">): AdmissionOptions {
  const { networks, routers, share, burst } = airtime;
  if (networks === "off") return { southbound };
  return { southbound, airtime: { shared: networks, routers, share: share / 100, burst } };
}

/** Of `[::]:5683`: the port that was given to us where the configuration leaves that open. */
const portOf = (local = ""): number => Number(local.slice(local.lastIndexOf(":") + 1));

/** OSCORE over the credentials of the site. Throws StoreErrors when no sender sequence numbers can be reserved. */
async function openSecurity(
  { keys, credentials }: Centre,
  { network: clock, log, refusals }: { readonly network: Clock; readonly log: Logger; readonly refusals: Refusals },
  lifecycle: Lifecycle,
): Promise<Oscore> {
  const numbers = lifecycle.add(
    await SenderSequence.open({
      store: keys.numbers,
      clock,
      onFailure: (error) => log.error("oscore.sequence-not-reserved", { reason: explain(error) }),
    }),
  );
  const oscore = new Oscore({ credentials, clock, numbers, onRefused: (refusal) => refusals.take(refusal) });
  credentials.onRemoved((credential) => oscore.forget(credential));
  return oscore;
}
