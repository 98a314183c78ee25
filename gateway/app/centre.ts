/** The centre of a gateway: store, models and services, without any face. */
import { join } from "node:path";
import {
  type Clock,
  type Lifecycle,
  type Logger,
  millis,
  type NodeId,
  type Random,
  systemClock,
} from "../base/index.ts";
import { Access } from "../service/access/index.ts";
import { CampaignOffers, Campaigns } from "../service/campaign/index.ts";
import { Credentials } from "../service/credentials/index.ts";
import { Directory } from "../service/directory/index.ts";
import { Events } from "../service/events/index.ts";
import { Habits } from "../service/forecast/index.ts";
import { Images } from "../service/images/index.ts";
import { EditExpiry, EditTrials, Mailbox } from "../service/mailbox/index.ts";
import { Pushes } from "../service/push/index.ts";
import { houseModels, Registry } from "../service/registry/index.ts";
import { ClockMemory, EARLIEST, type Timekeeper } from "../service/timekeeping/index.ts";
import {
  Anchors,
  Foresight,
  labOver,
  NodeReports,
  OfferHolds,
  ReleasePrograms,
  Releases,
  ReportIntake,
  suitTrust,
  type TrustDesk,
  type TrustService,
} from "../service/trust/index.ts";
import { CommandInbox, isRestored, type Journal, Ledger, type StateStore, stageIn } from "../store/index.ts";
import type { Schema } from "../yang/index.ts";
import { meshOf } from "./campaign/mesh.ts";
import { checkClock } from "./clock/index.ts";
import type { Config } from "./config/index.ts";
import { type Home, openHome } from "./home/index.ts";
import { type Keys, openKeys } from "./home/keys.ts";
import { Compiler, ModelSets, mirrorTo, watchFolder } from "./models/index.ts";
import { openTrustDesk } from "./trust/desk.ts";

export interface Centre {
  readonly home: Home;
  readonly models: ModelSets;
  readonly journal: Journal;
  readonly state: StateStore;
  readonly ledger: Ledger;
  readonly registry: Registry;
  readonly mailbox: Mailbox;
  readonly events: Events;
  readonly images: Images;
  readonly anchors: Anchors;
  readonly releases: Releases;
  readonly desk: TrustDesk;
  readonly trust: TrustService;
  /** What nodes reported of releases, and where such reports go. */
  readonly reports: NodeReports;
  readonly intake: ReportIntake;
  readonly foresight: Foresight;
  readonly holds: OfferHolds;
  readonly campaigns: Campaigns;
  readonly offers: CampaignOffers;
  /** How nodes fetched images before. */
  readonly habits: Habits;
  /** What configured subscriptions have told. */
  readonly pushes: Pushes;
  /** Of the site, for maintenance windows that name none. */
  readonly zone: string;
  readonly credentials: Credentials;
  readonly access: Access;
  readonly directory: Directory;
  readonly inbox: CommandInbox;
  readonly clockMemory: ClockMemory;
  readonly keys: Keys;
  /** This start began a new epoch: the data was put back from a copy. */
  readonly restored: boolean;
  /** Time that does not jump, for what waits in the network and for sequence numbers. */
  readonly network: Clock;
}

export interface CentreOptions {
  /** The MQTT half is in this process too. */
  readonly bridge: boolean;
  /** Voids all credentials and makes a new key for those to come. */
  readonly newSiteKey?: boolean;
  /** The data folder was put back from a copy. */
  readonly restored?: boolean;
  /** Tells a person what the start waits for. */
  readonly note?: (sentence: string) => void;
}

export interface CentrePorts {
  readonly clock: Timekeeper;
  readonly random: Random;
  readonly log: Logger;
}

/** Everything that it opens is handed to `lifecycle`. Throws StoreError `store.*`, `keys.*`, `site-key.*`, `sequence.*` or WireError/UsageError `yang.*`. */
export async function openCentre(
  config: Config,
  { clock, random, log }: CentrePorts,
  lifecycle: Lifecycle,
  { bridge, newSiteKey = false, restored: isAsked = false, note = () => undefined }: CentreOptions,
): Promise<Centre> {
  const inFolder = (name: string): string => join(config.data, name);
  const asked = clock.ask();
  // A backup that was restored says so itself; one without a stage says nothing of what a Redis holds.
  const isMarked = config.store.redis === undefined ? isRestored : stageIn;
  const restored = isAsked || Boolean(await isMarked(config.data));
  if (restored) checkClock(clock, await asked);
  const { maxBytes, cacheBytes } = config.images;
  const options = { log, random, cacheBytes, note, bridge, restored: restored ? clock.now() : undefined };
  const home = await openHome(config, options, lifecycle);
  const { journal, state, images: store, shared } = home;
  const real = systemClock();
  const compiler = lifecycle.add(new Compiler({ clock: real }));
  const models = lifecycle.add(
    await ModelSets.open({
      models: inFolder("models"),
      configured: config.models.folders,
      cacheFolder: inFolder("cache"),
      sidFile: inFolder("sids.json"),
      clock: real,
      log,
      compile: compiler.compile,
      watch: watchFolder,
      mirror: shared && mirrorTo(shared.files),
    }),
  );

  const registry = new Registry({ schemas: models, wakeInterval: config.nodes.wakeInterval, log });
  const { expireAfter } = config.mailbox;
  const mailbox = new Mailbox({ schemas: models, setOf: (node) => registry.setOf(node), expireAfter, log });
  models.onChange((set, before) => {
    registry.exchanged(set, before);
    mailbox.exchanged(set);
  });
  const anchors = new Anchors();
  const releases = new Releases();
  const trust = config.trust.mode === "lab" ? labOver(releases) : suitTrust(releases);
  const images = new Images({ store, trust, maxBytes, log });
  const campaigns = new Campaigns();
  const zone = config.site.timeZone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
  const offers = new CampaignOffers({
    campaigns,
    clock: clock.held,
    zone,
    meshOf: (node) => meshOf(registry.pathOf(node)),
    nextWake: (node) => registry.find(node)?.reach.nextWake ?? clock.now(),
  });
  const credentials = new Credentials(log);
  const directory = new Directory();
  const inbox = new CommandInbox(log, { clock: clock.held });
  const events = new Events({ boxOf: (node) => mailbox.box(node), setOf: (node) => registry.setOf(node) });
  const memory = new ClockMemory();
  const habits = new Habits();
  const known = [registry, mailbox, events, images, campaigns, credentials, directory, inbox, memory];
  const reports = new NodeReports();
  const schemaOf = (node: NodeId): Schema => models.of(registry.setOf(node));
  const pushes = new Pushes({ subscriptions: config.mqtt.push, schemaOf });
  const projections = [...known, anchors, releases, reports, habits, pushes];
  const newest = journal.last < journal.first ? undefined : (await journal.read(journal.last, 1))[0]?.at;
  const ledger = lifecycle.add(await Ledger.open({ journal, state, projections, clock, log }));
  await images.sweep(store.digests());
  clock.begin({ told: await asked, newest, remembered: memory.remembered, recorder: ledger });
  // Sequence numbers count from it: a clock that is said to be right in 1970 must not cost half of them later.
  const network = systemClock(1, millis(Math.max(EARLIEST, clock.now())));
  const expiry = new EditExpiry(mailbox, ledger, clock.held);
  lifecycle.add(expiry);
  expiry.look(); // what expired while the gateway was off goes out no more, in its first minute neither
  lifecycle.add(new EditTrials({ mailbox, registry, ledger, log }));
  const access = new Access({
    gatewayTree: () => registry.gatewayTree,
    schema: () => registry.schema,
    managers: () => credentials.managers().map(({ name }) => name),
    clock,
    log,
  });
  const { keyFile } = config.security;
  const keys = await openKeys({
    data: config.data,
    keyFile,
    credentials,
    recorder: ledger,
    newSiteKey,
    sequence: (use) => home.sequence(network, use),
  });
  const desk = await openTrustDesk(config.data, { anchors, releases, recorder: ledger, clock, log, restored });
  const programs = new ReleasePrograms(log);
  const foresight = new Foresight({ releases, programs, images, clock, quality: clock });
  const { suit: suitOf } = houseModels(registry.schema);
  return {
    home,
    models,
    journal,
    state,
    ledger,
    registry,
    mailbox,
    events,
    images,
    anchors,
    releases,
    desk,
    trust,
    reports,
    intake: new ReportIntake({ releases, programs, reports, log }),
    foresight,
    holds: new OfferHolds({ foresight, suitOf, log }),
    campaigns,
    offers,
    habits,
    pushes,
    zone,
    credentials,
    access,
    directory,
    inbox,
    clockMemory: memory,
    keys,
    restored,
    network,
  };
}
