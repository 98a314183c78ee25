/**
 * The composition root: one gateway from its configuration, with the bridge in the same process or without. Parts are started
 * from the store upwards and closed in reverse; when a part refuses to start, what stands already is closed again.
 */
import { join } from "node:path";
import type { Bridge } from "../../cloud-bridge/app/index.ts";
// Not by its index: a gateway without a bridge loads none of it.
import { PROJECTION } from "../../cloud-bridge/mqtt/outbox/projection.ts";
import type { AdminSource, BrokerStatus } from "../admin/api/index.ts";
import {
  type Clock,
  type Closable,
  Lifecycle,
  type Logger,
  type Random,
  type StoreError,
  seconds,
} from "../base/index.ts";
import { CommandWaits } from "../service/commands/index.ts";
import type { Forecaster } from "../service/forecast/index.ts";
import type { NamedImage } from "../service/images/index.ts";
import type { Timekeeper } from "../service/timekeeping/index.ts";
import type { Naming } from "../southbound/naming/index.ts";
import { hasRoom } from "../store/index.ts";
import type { Fetcher, FetchState } from "../upstream/index.ts";
import type { JsonObject } from "../yang/index.ts";
import { BackupDesk } from "./backup/desk.ts";
import { CAMPAIGN_QUESTIONS, campaignHandlers } from "./campaign/commands.ts";
import { openForecaster } from "./campaign/forecaster.ts";
import { type Centre, type CentreOptions, openCentre } from "./centre.ts";
import { type MachineTime, siteClock } from "./clock/index.ts";
import { bridgeSettings, bridgeWords } from "./cloud/bridge-settings.ts";
import { cloudDocuments } from "./cloud/documents.ts";
import { openPush } from "./cloud/push.ts";
import type { Config, PortableConfig } from "./config/index.ts";
import { ownRow, Processes, type ProcessRow } from "./home/index.ts";
import { accessHandlers } from "./inbox/access-commands.ts";
import { editHandlers } from "./inbox/edit-commands.ts";
import { commandHandlers } from "./inbox/inventory-commands.ts";
import { modelHandlers } from "./inbox/model-commands.ts";
import { answerOf, NODE_WAITS, type NodeCommandServices, nodeHandlers } from "./inbox/node-commands.ts";
import { handlerNamed, SITE_WAITS, siteHandlers } from "./inbox/site-commands.ts";
import { tellModels } from "./models/news.ts";
import { announced, openNaming } from "./south/naming.ts";
import { openSouth } from "./south.ts";
import { adminSource } from "./status/admin-source.ts";
import { clockHealth, coapHealth, modelsHealth } from "./status/health.ts";
import { answersUnprotected, labWarnings, modeOf } from "./status/lab.ts";
import { Trace } from "./status/trace.ts";
import { puttingOff } from "./store/putting-off.ts";
import { Retention } from "./store/retention.ts";
import { StoreWatch } from "./store/store-watch.ts";
import { trustHandlers } from "./trust/commands.ts";
import { isFinal, openUpstream } from "./upstream.ts";

export interface GatewayPorts {
  readonly clock: Clock;
  /** What tells whether that clock is right, on a real machine. */
  readonly time?: MachineTime | undefined;
  readonly random: Random;
  readonly log: Logger;
  readonly version: string;
}

export interface Gateway extends Closable {
  /** This start began a new epoch, as its data was put back from a copy. */
  readonly restored: boolean;
  /** What the console shows; also what a person is told at the start. */
  readonly source: AdminSource;
  /** Calls back when nothing is left but to end, e.g. when another process has taken this one's place. */
  onFailure(listener: (error: StoreError) => void): void;
}

export interface GatewayParts extends CentreOptions {
  /** What was set, for backups. */
  readonly configuration?: PortableConfig;
}

/** How long the end of the process waits for a store that is away. What waits for it was promised to nobody. */
const LEAVING = seconds(2);

/** Throws UsageError (`port.*`), StoreError (`store.*`) or `yang.*`. */
export async function openGateway(
  config: Config,
  given: GatewayPorts,
  parts: GatewayParts = { bridge: true },
): Promise<Gateway> {
  const lifecycle = new Lifecycle();
  try {
    const clock = lifecycle.add(siteClock(config, given));
    const ports = { ...given, clock };
    const centre = await openCentre(config, ports, lifecycle, parts);
    const trace = new Trace((node) => centre.models.of(centre.registry.setOf(node)));
    centre.ledger.onFact((fact) => trace.take(fact));
    centre.holds.onHeld((node, why) => trace.note(node, clock.now(), `not offered at this wake: the release ${why}`));
    const { home, network } = centre;
    const { shared } = home;
    const mayGoOn = shared === undefined ? () => hasRoom(config.data) : undefined;
    const watched = { ...centre, recorder: centre.ledger, clock: network, log: ports.log, mayGoOn };
    const watch = lifecycle.add(new StoreWatch(watched));
    const store = shared && watch; // a folder is never away
    const startedAt = ports.clock.now();
    const mode = modeOf(config);
    await centre.ledger.record("gateway.started", { version: ports.version, boot: String(startedAt), mode });

    tellModels(centre.models, { events: centre.events, recorder: centre.ledger });
    openPush(centre, ports, lifecycle);

    const { addresses, engine, security, refusals, nodes, encodings, root, calls } = await openSouth(
      config,
      ports,
      centre,
      lifecycle,
      store,
    );
    let waits: CommandWaits | undefined;
    const fetcher = openUpstream(config, ports, centre, lifecycle, {
      onFailed: ({ digest }) => waits?.imageFailed(digest),
    });
    const forecaster = openForecaster(centre, { clock: clock.held, encodings });
    const southern = { nodes, calls, gatewayRoot: root };
    // Who reads the journal beside the projections; until the bridge stands, nobody has passed anything.
    let passed = (): Promise<number> => Promise.resolve(0);
    const retention = new Retention(centre, () => passed(), config.journal, { ...ports, quality: clock });
    lifecycle.add(retention);
    const backups = new BackupDesk({
      source: home.backup,
      siteKey: config.security.keyFile ?? join(config.data, "keys", "site.key"),
      configuration: parts.configuration,
      version: ports.version,
      clock,
      log: ports.log,
      hold: (work) => retention.hold(work),
    });
    waits = serveCommands(config, ports, { ...centre, ...southern, forecaster, backups }, fetcher);
    lifecycle.add(waits).open();
    const health = coapHealth(
      () => engine.stats(),
      () => security.stats(),
      () => network.now(),
    );
    const sections = (): JsonObject => ({ ...health(), ...modelsHealth(centre.models), ...clockHealth(clock) });
    const processes =
      shared &&
      lifecycle.add(
        new Processes({
          board: shared.board,
          own: ownRow({ process: home.site.process, roles: rolesOf(parts), startedAt, ...ports }, () => ({
            sections: sections(),
            words: bridgeWords(config),
          })),
          clock: network,
          log: ports.log,
        }),
      );
    const bridge = parts.bridge
      ? await openNorth(config, ports, centre, { sections, processes }, lifecycle)
      : undefined;
    if (shared !== undefined) lifecycle.add(await shared.commands.serve(centre.inbox));
    const isRead = bridge !== undefined || shared !== undefined;
    passed = () => (isRead ? centre.state.applied(PROJECTION) : Promise.resolve(Infinity));
    let naming: Naming | undefined; // told once the status page stands, as it is announced too
    const listening = addresses.map((address) => ({ what: "CoAP", address }));
    const source = adminSource({
      ...centre,
      trace,
      refusals,
      clock,
      site: home.site,
      store,
      later: store && puttingOff(store, ports.random),
      questions: CAMPAIGN_QUESTIONS,
      risks: () => [...home.unused, ...(shared?.warnings ?? [])],
      siteName: config.site.name,
      version: ports.version,
      startedAt,
      clockRate: config.clock.rate,
      mode,
      warnings: labWarnings(config),
      secured: !answersUnprotected(config),
      listening: () => [...listening, { what: "status page", address: admin.url }, ...announced(naming)],
      broker: () => brokerStatus(bridge, processes),
      withoutBridge: () => processes?.settled === true && brokerStatus(bridge, processes).kind === "none",
      fetching: (uri) => fetcher.state(uri),
      serves: (node) => nodes.servedBy(node),
    });
    const { control } = home.folder;
    const { openAdmin } = await import("../admin/api/index.ts");
    const { STATUS_PAGE } = await import("../admin/console/index.ts");
    const admin = lifecycle.add(
      await openAdmin({
        source,
        page: STATUS_PAGE,
        socketServer: control,
        tcp: config.admin.listen,
        documents: cloudDocuments(home.site.site, bridge),
        backups,
        logger: ports.log,
      }),
    );
    naming = await openNaming(config, { site: home.site.site, addresses, statusPage: admin.url }, ports, lifecycle);
    return {
      source,
      restored: centre.restored,
      onFailure: (listener) => {
        shared?.onFailure(listener);
        watch.onFailure(listener);
      },
      close: () => {
        shared?.leave(LEAVING);
        return lifecycle.close();
      },
    };
  } catch (error) {
    // Why it did not start is what matters; a part that does not close either is only told.
    await lifecycle
      .close()
      .catch((failure: unknown) => given.log.error("start.close-failed", { reason: String(failure) }));
    throw error;
  }
}

/** What ends the commands that end later. */
function serveCommands(
  { campaign, nodes }: Config,
  { clock, log }: { readonly clock: Timekeeper; readonly log: Logger },
  centre: Centre &
    Pick<NodeCommandServices, "nodes" | "calls" | "gatewayRoot"> & {
      readonly forecaster: Forecaster;
      readonly backups: BackupDesk;
    },
  fetcher: Fetcher<NamedImage>,
): CommandWaits {
  const defaults = {
    stopAtPct: campaign.stopAtPercent,
    silentAfter: nodes.silentAfter,
    attempts: campaign.attempts,
    download: campaign.downloadWindows,
    apply: campaign.applyWindows,
  };
  const fetching = (uri: string): FetchState => fetcher.state(uri);
  const services = { ...centre, recorder: centre.ledger, clock, defaults, fetching };
  const campaigns = campaignHandlers(services);
  const handlers = new Map([
    ...commandHandlers(services),
    ...campaigns,
    ...modelHandlers(services),
    ...accessHandlers(services),
    ...editHandlers(services),
    ...trustHandlers(services),
  ]);
  const ofNodes = { ...services, install: handlerNamed("campaign.install", campaigns) };
  const later = new Map([
    ...handlers,
    ...siteHandlers(handlers, { authors: fetcher, backups: centre.backups, clock: centre.network, log }),
    ...nodeHandlers(ofNodes),
  ]);
  centre.inbox.serve(later, centre.ledger, CAMPAIGN_QUESTIONS, new Set([...NODE_WAITS, ...SITE_WAITS]));
  return new CommandWaits({
    ...centre,
    clock: clock.held,
    log,
    imageFailure: ({ uri }) => {
      const why = fetcher.failure(uri);
      return isFinal(why) ? why : undefined;
    },
    answer: (open) => answerOf(open, ofNodes),
  });
}

const rolesOf = ({ bridge }: CentreOptions): ProcessRow["roles"] => (bridge ? ["gateway", "bridge"] : ["gateway"]);

/** Cloud apps: the MQTT bridge over the same journal. */
async function openNorth(
  config: Config,
  { clock, random, log, version }: GatewayPorts,
  { journal, state, models, home, inbox }: Centre,
  { sections, processes }: { readonly sections: () => JsonObject; readonly processes: Processes | undefined },
  lifecycle: Lifecycle,
): Promise<Bridge> {
  // Loaded when nodes are served already: they are awake for a moment only, the cloud can wait.
  const { openBridge } = await import("../../cloud-bridge/app/index.ts");
  return lifecycle.add(
    await openBridge({
      ...bridgeSettings(config),
      ...bridgeWords(config),
      site: home.site,
      journal,
      state,
      schemas: models,
      commands: inbox,
      clock,
      random,
      log,
      software: version,
      roles: ["gateway", "bridge"],
      health: sections,
      others: processes,
    }),
  );
}

/** Of the bridge in this process, or of the one that tells of itself on the board. */
function brokerStatus(bridge: Bridge | undefined, processes: Processes | undefined): BrokerStatus {
  if (bridge !== undefined) {
    const { connected, journalDepth } = bridge.stats();
    return { ...bridge.broker, connected, queued: journalDepth };
  }
  const other = processes?.others.find(({ online, broker }) => online === true && broker !== undefined);
  if (other?.broker === undefined) return { kind: "none", url: "", connected: false, queued: 0 };
  return { ...other.broker, process: other.process };
}
