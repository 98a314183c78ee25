/**
 * The composition root: one gateway from its configuration, everything in one process. Parts are started from the
 * store upwards and closed in reverse; when a part refuses to start, what stands already is closed again.
 */
import { join } from "node:path";
import { type Bridge, openBridge } from "../../cloud-bridge/app/index.ts";
import { type AdminSource, openAdmin } from "../admin/api/index.ts";
import { STATUS_PAGE } from "../admin/console/index.ts";
import {
  type Clock,
  type Closable,
  Lifecycle,
  type Logger,
  type Millis,
  type Random,
  systemClock,
} from "../base/index.ts";
import { Engine, UdpTransport } from "../coap/index.ts";
import { Campaigns, CampaignWatch } from "../service/campaign/index.ts";
import { Images } from "../service/images/index.ts";
import { Mailbox } from "../service/mailbox/index.ts";
import { Presence, Registry } from "../service/registry/index.ts";
import { labTrust, requireSignature } from "../service/trust/index.ts";
import { CheckIn, coreconfHandler, EventStream, gatewayRoot, STREAM_TOPIC } from "../southbound/coreconf/index.ts";
import { imageLane, imageUri } from "../southbound/firmware/index.ts";
import {
  CommandInbox,
  Ledger,
  openDataFolder,
  openFileImages,
  openFileJournal,
  openLmdbState,
} from "../store/index.ts";
import { builtInModels, loadModels } from "../yang/index.ts";
import { adminSource } from "./admin-source.ts";
import { commandHandlers } from "./commands.ts";
import { type Config, formatHostPort, refuseExposedLab } from "./config/index.ts";
import { labWarnings } from "./lab.ts";
import { Trace } from "./trace.ts";

export interface GatewayPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly version: string;
}

export interface Gateway extends Closable {
  /** What the console shows; also what a person is told at the start. */
  readonly source: AdminSource;
  readonly engine: Engine;
  readonly bridge: Bridge;
}

/** Looks at the clock for late nodes this many times per wake interval. */
const LOOKS_PER_WAKE = 30;

/** Throws UsageError (`config.exposed`, `port.*`), StoreError (`store.*`) or WireError (`yang.*`). */
export async function openGateway(config: Config, ports: GatewayPorts): Promise<Gateway> {
  refuseExposedLab(config);
  const lifecycle = new Lifecycle();
  try {
    return await start(config, ports, lifecycle);
  } catch (error) {
    await lifecycle.close();
    throw error;
  }
}

async function start(config: Config, ports: GatewayPorts, lifecycle: Lifecycle): Promise<Gateway> {
  const { clock, random, log, version } = ports;
  const lab = config.coap.lab !== "off";
  const startedAt = clock.now();

  const folder = lifecycle.add(await openDataFolder(config.data, log));
  const { site } = folder;
  const schema = await loadModels({
    folder: builtInModels(),
    extraFolders: config.models.folders,
    cacheFolder: join(config.data, "cache"),
    log,
  });
  const journal = lifecycle.add(await openFileJournal({ folder: join(config.data, "journal"), log }));
  const state = lifecycle.add(await openLmdbState({ folder: join(config.data, "state") }));
  const store = lifecycle.add(
    await openFileImages({ folder: join(config.data, "images"), cacheBytes: config.images.cacheBytes }),
  );

  const registry = new Registry({ schema, wakeInterval: config.nodes.wakeInterval });
  const mailbox = new Mailbox(schema);
  const trust = config.trust.mode === "lab" ? labTrust : requireSignature;
  const images = new Images({ store, trust, maxBytes: config.images.maxBytes, log });
  const campaigns = new Campaigns();
  const inbox = new CommandInbox(log);
  const projections = [registry, mailbox, images, campaigns, inbox];
  const ledger = lifecycle.add(await Ledger.open({ journal, state, projections, clock, log }));
  const recorder = ledger;
  const defaults = { stopAtPct: config.campaign.stopAtPercent, silentAfter: config.nodes.silentAfter };
  inbox.serve(commandHandlers({ registry, images, campaigns, recorder, clock, defaults }), recorder);

  const trace = new Trace(schema);
  const stream = new EventStream(schema);
  const root = gatewayRoot({ registry, mailbox, images, campaigns, recorder, clock, site, version, lab });
  const checkIn = new CheckIn({
    registry,
    mailbox,
    images,
    campaigns,
    recorder,
    clock,
    imageUri,
    lab,
    wakeInterval: config.nodes.wakeInterval,
  });
  const transports = config.coap.listen.map(({ host, port }) => new UdpTransport({ address: host, port }));
  const engine = new Engine({
    transports,
    clock: systemClock(), // the network runs in real time, whatever the clock of a trial says
    random,
    log,
    handler: coreconfHandler({ registry, mailbox, recorder, stream, gatewayRoot: root, lab }),
    lanes: { block: imageLane(images), checkIn },
  });
  ledger.onFact((fact) => {
    trace.take(fact);
    if (stream.take(fact)) engine.changed(STREAM_TOPIC);
  });
  await ledger.record("gateway.started", { version, boot: String(startedAt), mode: lab ? "lab" : "secured" });
  lifecycle.add(new CampaignWatch(campaigns, registry, ledger));
  lifecycle.add(new Presence(registry, recorder, clock, (config.nodes.wakeInterval / LOOKS_PER_WAKE) as Millis));
  await engine.start();
  lifecycle.add(engine);

  const bridge = lifecycle.add(
    await openBridge({
      site,
      journal,
      state,
      schema,
      clock,
      random,
      log,
      mqtt: { ...config.mqtt, password: config.mqtt.password?.reveal() },
      software: version,
      roles: ["gateway", "bridge"],
      ...(config.site.name === undefined ? {} : { name: config.site.name }),
    }),
  );

  const source = adminSource({
    registry,
    mailbox,
    images,
    campaigns,
    inbox,
    journal,
    trace,
    clock,
    site,
    siteName: config.site.name,
    version,
    startedAt,
    clockRate: config.clock.rate,
    warnings: labWarnings(config),
    listening: () => [
      ...transports.map(({ local }) => ({ what: "CoAP", address: `coap://${local}` })),
      { what: "status page", address: admin.url },
    ],
    broker: () => ({ ...bridge.broker, connected: bridge.stats().connected, queued: bridge.stats().journalDepth }),
  });
  const admin = lifecycle.add(
    await openAdmin({ source, page: STATUS_PAGE, socketServer: folder.control, tcp: config.admin.listen, logger: log }),
  );
  return { source, engine, bridge, close: () => lifecycle.close() };
}

/** Where a gateway of this configuration answers nodes, for trials. */
export const coapAddress = (config: Config): string => config.coap.listen.map(formatHostPort)[0] ?? "";
