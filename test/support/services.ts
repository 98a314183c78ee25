/** The services on memory drivers and a clock of the test's own: everything of the gateway but sockets and disks. */
import {
  type Clock,
  days,
  type Millis,
  millis,
  type NodeId,
  type Peer,
  SILENT,
  type Timer,
} from "../../gateway/base/index.ts";
import type { Request } from "../../gateway/coap/index.ts";
import { Access } from "../../gateway/service/access/index.ts";
import { CampaignOffers, Campaigns, CampaignWatch } from "../../gateway/service/campaign/index.ts";
import { Events } from "../../gateway/service/events/index.ts";
import { Images } from "../../gateway/service/images/index.ts";
import { Mailbox } from "../../gateway/service/mailbox/index.ts";
import { houseModels, Registry } from "../../gateway/service/registry/index.ts";
import { CERTAIN, type TimeQuality } from "../../gateway/service/timekeeping/index.ts";
import {
  type EnvelopeSource,
  Foresight,
  labTrust,
  NodeReports,
  OfferHolds,
  ReleasePrograms,
  Releases,
  ReportIntake,
  type TrustService,
} from "../../gateway/service/trust/index.ts";
import {
  CheckIn,
  coreconfHandler,
  type DatastoreRoot,
  EventStreams,
  gatewayRoot,
  type Operation,
} from "../../gateway/southbound/coreconf/index.ts";
import { imageUri } from "../../gateway/southbound/firmware/index.ts";
import {
  type ImageStore,
  type Journal,
  Ledger,
  memoryJournal,
  memoryState,
  type Projection,
  type StateStore,
} from "../../gateway/store/index.ts";
import { builtInModels, fixedSchema, loadModels, type Schema, type SchemaSource } from "../../gateway/yang/index.ts";

export class StandingClock implements Clock {
  #now: number;

  constructor(now = Date.parse("2026-11-21T12:00:00Z")) {
    this.#now = now;
  }

  now(): Millis {
    return millis(this.#now);
  }

  advance(ms: number): void {
    this.#now += ms;
  }

  /** Nothing of what is tested here waits for a timer. */
  after(_delay: Millis, _run: () => void): Timer {
    return { cancel: () => undefined };
  }
}

export interface Services {
  readonly schema: Schema;
  readonly clock: StandingClock;
  readonly journal: Journal;
  readonly state: StateStore;
  readonly ledger: Ledger;
  readonly registry: Registry;
  readonly mailbox: Mailbox;
  readonly images: Images;
  readonly campaigns: Campaigns;
  readonly offers: CampaignOffers;
  readonly releases: Releases;
  readonly reports: NodeReports;
  readonly foresight: Foresight;
  readonly holds: OfferHolds;
  /** Only when managers are named. */
  readonly access: Access | undefined;
  readonly gatewayRoot: DatastoreRoot;
  readonly checkIn: CheckIn;
  readonly handler: ReturnType<typeof coreconfHandler>;
  readonly events: Events;
  readonly streams: EventStreams;
  join(endpoint: string): Promise<NodeId>;
}

/** Compiled once per test file. */
let compiled: Promise<Schema> | undefined;

/** For tests that need none. */
export const NO_IMAGES: ImageStore = {
  receive: () => Promise.reject(new RangeError("no images here")),
  open: () => undefined,
  remove: async () => undefined,
  close: async () => undefined,
};

export interface ServicesOptions {
  /** Without it there are none. */
  readonly images?: ImageStore;
  readonly trust?: TrustService;
  readonly on?: Pick<Services, "clock"> & { readonly [P in "journal" | "state"]?: Services[P] | undefined };
  /** Who has credentials, for access rules; without it everybody may everything. */
  readonly managers?: readonly string[];
  /** Without them the built-in models are the only set. */
  readonly schemas?: SchemaSource;
  readonly shortIdOf?: (digest: string) => string;
  /** Of the gateway's own root. */
  readonly operations?: readonly Operation[];
  /** Whether the clock is right; by default it is. */
  readonly quality?: TimeQuality;
  /** What else the journal is folded into. */
  readonly more?: readonly Projection[];
  /** Without it offers name no envelopes. */
  readonly envelopes?: (parts: Pick<Services, "registry" | "images" | "campaigns">) => EnvelopeSource;
}

/** `on`: stores of earlier services, to see what a restart makes of them. */
export async function openServices(options: ServicesOptions = {}): Promise<Services> {
  const { on } = options;
  compiled ??= loadModels({ folder: builtInModels(), log: SILENT });
  const schema = await compiled;
  const schemas = options.schemas ?? fixedSchema(schema);
  const clock = on?.clock ?? new StandingClock();
  const journal = on?.journal ?? memoryJournal();
  const state = on?.state ?? memoryState();
  const wakeInterval = millis(900_000);
  const registry = new Registry({ schemas, wakeInterval, log: SILENT });
  const mailbox = new Mailbox({ schemas, setOf: (node) => registry.setOf(node), expireAfter: days(30), log: SILENT });
  const trust = options.trust ?? labTrust;
  const images = new Images({
    store: options.images ?? NO_IMAGES,
    trust,
    maxBytes: 1 << 20,
    log: SILENT,
    ...(options.shortIdOf === undefined ? {} : { shortIdOf: options.shortIdOf }),
  });
  const campaigns = new Campaigns();
  const offers = new CampaignOffers({
    campaigns,
    clock,
    zone: "UTC",
    meshOf: () => "test",
    nextWake: (node) => registry.find(node)?.reach.nextWake ?? clock.now(),
  });
  const events = new Events({ boxOf: (node) => mailbox.box(node), setOf: (node) => registry.setOf(node) });
  const releases = new Releases();
  const reports = new NodeReports();
  const known = [registry, mailbox, events, images, campaigns, releases, reports];
  const projections = [...known, ...(options.more ?? [])];
  const ledger = await Ledger.open({ journal, state, projections, clock, log: SILENT });
  new CampaignWatch({ campaigns, registry, ledger, clock });
  const { quality = CERTAIN } = options;
  const programs = new ReleasePrograms(SILENT);
  const intake = new ReportIntake({ releases, programs, reports, log: SILENT });
  const foresight = new Foresight({ releases, programs, images, clock, quality });
  const holds = new OfferHolds({ foresight, suitOf: houseModels(schema).suit, log: SILENT });
  const streams = new EventStreams({ events, registry, clock, quality });
  const recorder = ledger;
  const envelopes = options.envelopes?.({ registry, images, campaigns });
  const suit = envelopes === undefined ? {} : { envelopes };
  const site = { site: "s-test", epoch: 1, process: "gw-test" };
  const { managers } = options;
  const access =
    managers &&
    new Access({
      gatewayTree: () => registry.gatewayTree,
      schema: () => registry.schema,
      managers: () => managers,
      clock,
      log: SILENT,
    });
  const root = gatewayRoot({
    ...(access === undefined ? {} : { access }),
    registry,
    mailbox,
    images,
    campaigns,
    recorder,
    clock,
    site,
    version: "0.0.0",
    mode: "lab",
    operations: options.operations ?? [],
    quality,
  });
  const checkIn = new CheckIn({
    ...suit,
    registry,
    mailbox,
    images,
    campaigns,
    offers,
    recorder,
    clock,
    quality,
    intake,
    holds,
    imageUri,
    log: SILENT,
    wakeInterval,
  });
  const handler = coreconfHandler({
    ...(access === undefined ? {} : { access }),
    ...suit,
    registry,
    mailbox,
    images,
    offers,
    recorder,
    clock,
    holds,
    imageUri,
    streams,
    gatewayRoot: root,
    checkIn,
  });
  let joined = 0;
  const join = async (endpoint: string): Promise<NodeId> => {
    joined += 1;
    const node = `n-${String(registry.size + joined).padStart(4, "0")}` as NodeId;
    await ledger.record("node.joined", { node, endpoint, name: endpoint, actor: "test" });
    return node;
  };
  return {
    schema,
    clock,
    journal,
    state,
    ledger,
    registry,
    mailbox,
    images,
    campaigns,
    offers,
    releases,
    reports,
    foresight,
    holds,
    access,
    gatewayRoot: root,
    checkIn,
    handler,
    events,
    streams,
    join,
  };
}

export const ANYBODY: Peer = { identity: undefined, nodeId: undefined, path: "127.0.0.1:40000", validated: false };

export const request = (method: Request["method"], path: string, more: Partial<Request> = {}): Request => ({
  method,
  path: path.split("/").filter((part) => part !== ""),
  query: [],
  contentFormat: undefined,
  accept: undefined,
  etags: [],
  ifMatch: [],
  ifNoneMatch: false,
  payload: new Uint8Array(),
  observe: undefined,
  ...more,
});

export const hex = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString("hex");
export const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text.replace(/\s+/g, ""), "hex"));
