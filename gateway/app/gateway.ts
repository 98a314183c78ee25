/**
 * The composition root: one gateway from its configuration, everything in one process. Parts are started from the
 * store upwards and closed in reverse; when a part refuses to start, what stands already is closed again.
 */
import type { Bridge } from "../../cloud-bridge/app/index.ts";
import type { AdminSource, BrokerStatus } from "../admin/api/index.ts";
import { type Clock, type Closable, Lifecycle, type Logger, type Random } from "../base/index.ts";
import type { Forecaster } from "../service/forecast/index.ts";
import type { NamedImage } from "../service/images/index.ts";
import type { Naming } from "../southbound/naming/index.ts";
import type { Fetcher, FetchState } from "../upstream/index.ts";
import type { JsonObject } from "../yang/index.ts";
import { accessHandlers } from "./access-commands.ts";
import { adminSource } from "./admin-source.ts";
import { CAMPAIGN_QUESTIONS, campaignHandlers } from "./campaign-commands.ts";
import { type Centre, type CentreOptions, openCentre } from "./centre.ts";
import { type MachineTime, siteClock } from "./clock/index.ts";
import { commandHandlers } from "./commands.ts";
import type { Config } from "./config/index.ts";
import { editHandlers } from "./edit-commands.ts";
import { openForecaster } from "./forecaster.ts";
import { clockHealth, coapHealth, modelsHealth } from "./health.ts";
import { answersUnprotected, labWarnings, modeOf } from "./lab.ts";
import { modelHandlers } from "./model-commands.ts";
import { tellModels } from "./models-news.ts";
import { announced, openNaming } from "./naming.ts";
import { Retention } from "./retention.ts";
import { openSouth } from "./south.ts";
import { Trace } from "./trace.ts";
import { trustHandlers } from "./trust-commands.ts";
import { openUpstream } from "./upstream.ts";

export interface GatewayPorts {
  readonly clock: Clock;
  /** What tells whether that clock is right, on a real machine. */
  readonly time?: MachineTime | undefined;
  readonly random: Random;
  readonly log: Logger;
  readonly version: string;
}

export interface GatewayParts extends CentreOptions {
  /** The MQTT half in this process too. */
  readonly bridge: boolean;
}

export interface Gateway extends Closable {
  /** What the console shows; also what a person is told at the start. */
  readonly source: AdminSource;
}

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
    const startedAt = ports.clock.now();
    const mode = modeOf(config);
    await centre.ledger.record("gateway.started", { version: ports.version, boot: String(startedAt), mode });

    tellModels(centre.models, { events: centre.events, recorder: centre.ledger });

    const { addresses, engine, security, refusals, nodes, encodings } = await openSouth(
      config,
      ports,
      centre,
      lifecycle,
    );
    const fetcher = openUpstream(config, ports, centre, lifecycle);
    const forecaster = openForecaster(centre, { clock: clock.held, encodings });
    serveCommands(config, ports, { ...centre, forecaster }, fetcher);
    const health = coapHealth(
      () => engine.stats(),
      () => security.stats(),
      () => centre.network.now(),
    );
    const sections = (): JsonObject => ({ ...health(), ...modelsHealth(centre.models), ...clockHealth(clock) });
    const bridge = parts.bridge ? await openNorth(config, ports, centre, sections, lifecycle) : undefined;
    lifecycle.add(new Retention(centre, bridge, config.journal, { ...ports, quality: clock }));
    let naming: Naming | undefined; // told once the status page stands, as it is announced too
    const listening = addresses.map((address) => ({ what: "CoAP", address }));
    const source = adminSource({
      ...centre,
      trace,
      refusals,
      clock,
      site: centre.folder.site,
      siteName: config.site.name,
      version: ports.version,
      startedAt,
      clockRate: config.clock.rate,
      mode,
      warnings: labWarnings(config),
      secured: !answersUnprotected(config),
      listening: () => [...listening, { what: "status page", address: admin.url }, ...announced(naming)],
      broker: () => brokerStatus(bridge),
      fetching: (uri) => fetcher.state(uri),
      serves: (node) => nodes.servedBy(node),
    });
    const { control } = centre.folder;
    const { openAdmin } = await import("../admin/api/index.ts");
    const { STATUS_PAGE } = await import("../admin/console/index.ts");
    const admin = lifecycle.add(
      await openAdmin({
        source,
        page: STATUS_PAGE,
        socketServer: control,
        tcp: config.admin.listen,
        logger: ports.log,
      }),
    );
    naming = await openNaming(
      config,
      { site: centre.folder.site.site, addresses, statusPage: admin.url },
      ports,
      lifecycle,
    );
    return { source, close: () => lifecycle.close() };
  } catch (error) {
    // Why it did not start is what matters; a part that does not close either is only told.
    await lifecycle
      .close()
      .catch((failure: unknown) => given.log.error("start.close-failed", { reason: String(failure) }));
    throw error;
  }
}

function serveCommands(
  { campaign, nodes }: Config,
  { clock }: Pick<GatewayPorts, "clock">,
  centre: Centre & { readonly forecaster: Forecaster },
  fetcher: Fetcher<NamedImage>,
): void {
  const defaults = {
    stopAtPct: campaign.stopAtPercent,
    silentAfter: nodes.silentAfter,
    attempts: campaign.attempts,
    download: campaign.downloadWindows,
    apply: campaign.applyWindows,
  };
  const fetching = (uri: string): FetchState => fetcher.state(uri);
  const services = { ...centre, recorder: centre.ledger, clock, defaults, fetching };
  centre.inbox.serve(
    new Map([
      ...commandHandlers(services),
      ...campaignHandlers(services),
      ...modelHandlers(services),
      ...accessHandlers(services),
      ...editHandlers(services),
      ...trustHandlers(services),
    ]),
    centre.ledger,
    CAMPAIGN_QUESTIONS,
  );
}

/** Cloud apps: the MQTT bridge over the same journal. */
async function openNorth(
  config: Config,
  { clock, random, log, version }: GatewayPorts,
  { journal, state, models, folder }: Centre,
  health: () => JsonObject,
  lifecycle: Lifecycle,
): Promise<Bridge> {
  // Loaded when nodes are served already: they are awake for a moment only, the cloud can wait.
  const { openBridge } = await import("../../cloud-bridge/app/index.ts");
  return lifecycle.add(
    await openBridge({
      site: folder.site,
      journal,
      state,
      schemas: models,
      clock,
      random,
      log,
      mqtt: { ...config.mqtt, password: config.mqtt.password?.reveal() },
      software: version,
      roles: ["gateway", "bridge"],
      name: config.site.name,
      mode: modeOf(config),
      warnings: labWarnings(config),
      health,
    }),
  );
}

function brokerStatus(bridge: Bridge | undefined): BrokerStatus {
  if (bridge === undefined) return { kind: "configured", url: "(none in this process)", connected: false, queued: 0 };
  const { connected, journalDepth } = bridge.stats();
  return { ...bridge.broker, connected, queued: journalDepth };
}
