/**
 * The composition root: one gateway from its configuration, with the bridge in the same process or without. Parts are started
 * from the store upwards and closed in reverse; when a part refuses to start, what stands already is closed again.
 */
import { join } from "node:path";
import type { AdminSource } from "../admin/api/index.ts";
import {
  type Clock,
  type Closable,
  Lifecycle,
  type Logger,
  type Random,
  type StoreError,
  seconds,
} from "../base/index.ts";
import type { CommandWaits } from "../service/commands/index.ts";
import type { Timekeeper } from "../service/timekeeping/index.ts";
import { hasRoom } from "../store/index.ts";
import type { JsonObject } from "../yang/index.ts";
import { BackupDesk } from "./backup/desk.ts";
import { openForecaster } from "./campaign/forecaster.ts";
import { type Centre, type CentreOptions, openCentre } from "./centre.ts";
import { type MachineTime, siteClock } from "./clock/index.ts";
import { openPush } from "./cloud/push.ts";
import { serveCommands } from "./commands.ts";
import type { Config, PortableConfig } from "./config/index.ts";
import { openFaces } from "./faces.ts";
import { tellModels } from "./models/news.ts";
import { type North, openNorth } from "./north.ts";
import { openSouth, type South } from "./south.ts";
import { cacheHealth, clockHealth, coapHealth, modelsHealth } from "./status/health.ts";
import { modeOf } from "./status/lab.ts";
import { Trace } from "./status/trace.ts";
import { Retention } from "./store/retention.ts";
import { StoreWatch } from "./store/store-watch.ts";
import { openUpstream } from "./upstream.ts";

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

    const south = await openSouth(config, ports, centre, lifecycle, store);
    const { nodes, calls, root: gatewayRoot, encodings } = south;
    let waits: CommandWaits | undefined;
    const fetcher = openUpstream(config, ports, centre, lifecycle, {
      onFailed: ({ digest }) => waits?.imageFailed(digest),
    });
    const forecaster = openForecaster(centre, { clock: clock.held, encodings });
    // Until the north stands, nobody has passed anything.
    let north: North | undefined;
    const passed = async (): Promise<number> => (await north?.passed()) ?? 0;
    const retention = lifecycle.add(new Retention(centre, passed, config.journal, { ...ports, quality: clock }));
    const backups = new BackupDesk({
      source: home.backup,
      siteKey: config.security.keyFile ?? join(config.data, "keys", "site.key"),
      configuration: parts.configuration,
      version: ports.version,
      clock,
      log: ports.log,
      hold: (work) => retention.hold(work),
    });
    waits = serveCommands(config, ports, centre, { nodes, calls, gatewayRoot, forecaster, backups, fetcher });
    lifecycle.add(waits).open();
    const sections = healthOf(south, centre, clock);
    north = await openNorth(config, ports, centre, { bridge: parts.bridge, startedAt, sections }, lifecycle);
    const shown = { startedAt, trace, store, south, north, fetcher, backups };
    const source = await openFaces(config, ports, centre, shown, lifecycle);
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

/** Sections of the health message that only a gateway knows. */
function healthOf({ engine, security }: South, { network, models, home }: Centre, clock: Timekeeper): () => JsonObject {
  const coap = coapHealth(
    () => engine.stats(),
    () => security.stats(),
    () => network.now(),
  );
  const cache = cacheHealth(() => home.images.cache);
  return () => ({ ...coap(), ...cache(), ...modelsHealth(models), ...clockHealth(clock) });
}
