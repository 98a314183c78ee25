/** A gateway in memory with nodes that serve their datastore: its services, its sessions, and what a manager asks of it. */
import {
  type Credential,
  days,
  type Millis,
  millis,
  type NodeId,
  SILENT,
  seededRandom,
} from "../../gateway/base/index.ts";
import type { Request, Requests, Response } from "../../gateway/coap/index.ts";
import { CampaignOffers, Campaigns } from "../../gateway/service/campaign/index.ts";
import { Directory } from "../../gateway/service/directory/index.ts";
import { Events } from "../../gateway/service/events/index.ts";
import { Images } from "../../gateway/service/images/index.ts";
import { EditTrials, Mailbox } from "../../gateway/service/mailbox/index.ts";
import { Registry } from "../../gateway/service/registry/index.ts";
import { labTrust, NodeReports, ReleasePrograms, Releases, ReportIntake } from "../../gateway/service/trust/index.ts";
import { CheckIn, coreconfHandler, EventStreams, gatewayRoot } from "../../gateway/southbound/coreconf/index.ts";
import { imageUri } from "../../gateway/southbound/firmware/index.ts";
import { NodeSessions } from "../../gateway/southbound/nodes/index.ts";
import { type Fact, type Journal, Ledger, memoryJournal, memoryState } from "../../gateway/store/index.ts";
import { builtInModels, fixedSchema, loadModels, type Schema } from "../../gateway/yang/index.ts";
import { ANYBODY, NO_IMAGES, request } from "./services.ts";
import { settled, VirtualClock } from "./virtual-clock.ts";

export const PLACE = { address: "192.0.2.7", port: 40007 };
export const LINKS = '</c>;rt="core.c.ds";ds=1029,</s>;rt="core.c.es core.c.ev"';
export const DATASTORE_ONLY = '</c>;rt="core.c.ds";ds=1029';
export const WAKE_INTERVAL = millis(900_000);

export const builtIn: Promise<Schema> = loadModels({ folder: builtInModels(), log: SILENT });

export interface ServedSite {
  readonly schema: Schema;
  readonly clock: VirtualClock;
  readonly journal: Journal;
  readonly ledger: Ledger;
  readonly registry: Registry;
  readonly mailbox: Mailbox;
  readonly sessions: NodeSessions;
  readonly facts: Fact[];
  join(endpoint: string): Promise<NodeId>;
  /** The node registers, from its own address. */
  registers(node: NodeId, links?: string): Promise<void>;
  unregisters(node: NodeId): Promise<void>;
  /** Of a manager in lab mode. */
  manager(method: Request["method"], path: string, more?: Partial<Request>): Promise<Response>;
  /** A check-in of a node in lab mode. */
  checksIn(endpoint: string, payload: Uint8Array): Promise<Response | undefined>;
  close(): Promise<void>;
}

export async function openServedSite(
  requests: Requests,
  options: {
    readonly clock?: VirtualClock;
    /** Of a gateway that died. */
    readonly journal?: Journal;
    readonly schema?: Schema;
    readonly credential?: Credential;
  } = {},
): Promise<ServedSite> {
  const schema = options.schema ?? (await builtIn);
  const { clock = new VirtualClock(), journal = memoryJournal() } = options;
  const schemas = fixedSchema(schema);
  const registry = new Registry({ schemas, wakeInterval: WAKE_INTERVAL, log: SILENT });
  const mailbox = new Mailbox({ schemas, setOf: (node) => registry.setOf(node), expireAfter: days(30), log: SILENT });
  const images = new Images({ store: NO_IMAGES, trust: labTrust, maxBytes: 1 << 20, log: SILENT });
  const campaigns = new Campaigns();
  const nextWake = (node: NodeId) => registry.find(node)?.reach.nextWake ?? clock.now();
  const offers = new CampaignOffers({ campaigns, clock, zone: "UTC", meshOf: () => "test", nextWake });
  const directory = new Directory();
  const events = new Events({ boxOf: (node) => mailbox.box(node), setOf: (node) => registry.setOf(node) });
  const [releases, reports] = [new Releases(), new NodeReports()];
  const intake = new ReportIntake({ releases, programs: new ReleasePrograms(SILENT), reports, log: SILENT });
  const projections = [registry, mailbox, events, campaigns, directory, releases, reports];
  const ledger = await Ledger.open({ journal, state: memoryState(), projections, clock, log: SILENT });
  const facts: Fact[] = [];
  ledger.onFact((fact) => facts.push(fact));
  const lanes = { intake, recorder: ledger, clock, log: SILENT, imageUri };
  const services = { registry, mailbox, images, campaigns, offers, ...lanes };
  const trials = new EditTrials({ mailbox, registry, ledger, log: SILENT });
  const sessions = new NodeSessions({
    ...services,
    ledger,
    directory,
    events,
    requests,
    network: clock,
    random: seededRandom(7),
    wakeInterval: WAKE_INTERVAL,
    credentialOf: () => options.credential,
    transportTo: () => 0,
  });
  const site = { site: "s-test", epoch: 1, process: "gw-test" };
  const serves = (node: NodeId): string | undefined => sessions.servedBy(node);
  const root = gatewayRoot({ ...services, site, version: "0.0.0", mode: "lab", serves });
  const checkIn = new CheckIn({ ...services, wakeInterval: WAKE_INTERVAL });
  const streams = new EventStreams({ events, registry, clock });
  const calls = (...asked: Parameters<NodeSessions["operationOf"]>) => sessions.operationOf(...asked);
  const handler = coreconfHandler({ ...services, streams, gatewayRoot: root, checkIn, calls });
  sessions.open();
  return {
    schema,
    clock,
    journal,
    ledger,
    registry,
    mailbox,
    sessions,
    facts,
    join: async (endpoint) => {
      const node = `n-${String(registry.size + 1).padStart(4, "0")}` as NodeId;
      await ledger.record("node.joined", { node, endpoint, name: endpoint, actor: "test" });
      return node;
    },
    registers: async (node, links = LINKS) => {
      const { endpoint } = registry.get(node);
      const base = `coap://${PLACE.address}:${PLACE.port}`;
      const owner = `host:${PLACE.address}`;
      const body = { registration: endpoint, endpoint, node, owner, base, lifetime: 90_000 };
      const known = directory.find(endpoint)?.links === links;
      if (known) await ledger.record("directory.renewed", { registration: endpoint, node, lifetime: 90_000 });
      else await ledger.record("directory.registered", { ...body, links });
      await settled();
    },
    unregisters: async (node) => {
      const { endpoint } = registry.get(node);
      await ledger.record("directory.removed", { registration: endpoint, endpoint, node, reason: "deleted" });
      await settled();
    },
    manager: async (method, path, more = {}) => handler(ANYBODY, request(method, path, more)),
    checksIn: async (endpoint, payload) => {
      const asked = request("POST", "c", { query: [`ep=${endpoint}`], contentFormat: 142, payload });
      return checkIn.answer(ANYBODY, asked);
    },
    close: async () => {
      trials.close();
      await sessions.close();
    },
  };
}

/** Lets the sessions do all that they can do without the clock. */
export async function atRest(site: Pick<ServedSite, "clock">, forward: Millis = millis(0)): Promise<void> {
  for (let turns = 0; turns < 40; turns++) await settled();
  if (forward > 0) await site.clock.advance(forward);
  for (let turns = 0; turns < 10; turns++) await settled();
}
