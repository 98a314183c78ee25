/**
 * `sidgate bridge`: the MQTT half alone, beside a gateway in another process over the same Redis. It reads the journal, keeps its
 * outbox in Redis too, and hands commands on. On this machine it keeps caches only, so its folder may begin empty.
 */
import { join } from "node:path";
import { type Bridge, MirroredSets, openBridge } from "../../../cloud-bridge/app/index.ts";
import type { RunOptions } from "../../admin/cli/index.ts";
import {
  type Clock,
  type Closable,
  Lifecycle,
  type Logger,
  type Random,
  type StoreError,
  seconds,
  systemClock,
  wallClock,
} from "../../base/index.ts";
import { makeFolder, unusable } from "../../store/index.ts";
import type { JsonObject } from "../../yang/api.ts";
import { type Config, configOf } from "../config/index.ts";
import { openShared, ownRow, Processes, type ProcessRow, type Shared } from "../home/index.ts";
import { openLogger } from "../logger.ts";
import { Compiler } from "../models/compiler.ts";
import { SYSTEM_RANDOM, tell, untilTold } from "../until-told.ts";
import { softwareVersion } from "../version.ts";
import { bridgeSettings } from "./bridge-settings.ts";

/**
 * One bridge speaks for a site, so it needs no name of its own: whichever process holds the claim is the same client to the
 * broker, and takes over its session.
 */
export const BRIDGE = "bridge";
/** How long the end of the process waits for a store that is away: what it has not taken in is rendered again. */
const LEAVING = seconds(2);

/** Resolves with the exit code after SIGINT or SIGTERM. Throws UsageError `store.redis-needed`, StoreErrors `store.*`. */
export async function bridge(options: RunOptions): Promise<number> {
  const config = configOf(options, process.env);
  const log = openLogger(config.log.level);
  const ports = { clock: wallClock, random: SYSTEM_RANDOM, log, version: softwareVersion(), note: tell };
  const opened = await openBridgeProcess(config, ports);
  tell(banner(opened, ports.version));
  return untilTold(opened, log);
}

export interface BridgePorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly version: string;
  readonly note: (sentence: string) => void;
}

export interface BridgeProcess extends Closable {
  readonly shared: Shared;
  readonly bridge: Bridge;
  onFailure(listener: (error: StoreError) => void): void;
}

/** Parts are started from the store upwards and closed in reverse. */
export async function openBridgeProcess(config: Config, ports: BridgePorts): Promise<BridgeProcess> {
  const { clock, random, log, version, note } = ports;
  const lifecycle = new Lifecycle();
  const realtime = systemClock();
  try {
    const folder = await cacheFolder(config.data);
    const about = { process: BRIDGE, make: false, folder, clock: realtime, random, log, note };
    const shared = lifecycle.add(await openShared(config, "bridge", about));
    await shared.claim("bridge");
    const startedAt = clock.now();
    const compiler = lifecycle.add(new Compiler({ clock: realtime }));
    const cache = { cacheFolder: join(folder, "cache"), compile: compiler.compile };
    const models = lifecycle.add(await MirroredSets.open({ files: shared.files, ...cache, log }));
    const journal = lifecycle.add(await shared.reader());
    const state = lifecycle.add(await shared.state());
    const commands = lifecycle.add(await shared.commands.port());
    let opened: Bridge | undefined;
    const processes = lifecycle.add(
      new Processes({
        board: shared.board,
        own: ownRow({ process: BRIDGE, roles: ["bridge"], startedAt, version, clock, random }, () => linkRow(opened)),
        clock: realtime,
        log,
      }),
    );
    opened = lifecycle.add(
      await openBridge({
        ...bridgeSettings(config),
        site: shared.site,
        journal: models.reading(journal),
        state,
        schemas: models,
        commands,
        clock,
        random,
        log,
        software: version,
        roles: ["bridge"],
        health: () => gatewaySections(processes),
        others: processes,
      }),
    );
    return {
      shared,
      bridge: opened,
      onFailure: (listener) => void shared.onFailure(listener),
      close: () => {
        shared.leave(LEAVING);
        return lifecycle.close();
      },
    };
  } catch (error) {
    await lifecycle.close().catch((failure: unknown) => log.error("start.close-failed", { reason: String(failure) }));
    throw error;
  }
}

/** Beside that of a gateway which has the same configuration on the same machine. */
async function cacheFolder(data: string): Promise<string> {
  const folder = join(data, "bridge");
  await makeFolder(folder).catch((error: unknown) => {
    throw unusable(folder, error);
  });
  return folder;
}

/** For the status page of the gateway. */
function linkRow(bridge: Bridge | undefined): Pick<ProcessRow, "broker"> {
  if (bridge === undefined) return {};
  const { connected, journalDepth } = bridge.stats();
  return { broker: { ...bridge.broker, connected, queued: journalDepth } };
}

/** What only a gateway knows, of the one that is there. */
const gatewaySections = ({ others }: Processes): JsonObject =>
  others.find(({ online, sections }) => online === true && sections !== undefined)?.sections ?? {};

function banner({ shared, bridge }: BridgeProcess, version: string): string {
  const { kind, url } = bridge.broker;
  const trying = kind === "configured" ? "" : "  (embedded, for trying: set mqtt.url for a real broker)";
  const risks = shared.warnings.map((warning) => `  - ${warning}`);
  return [
    `Sidgate ${version}, the MQTT bridge of site ${shared.site.site}`,
    "",
    `  ${"Redis".padEnd(12)} ${shared.url}`,
    `  ${"MQTT broker".padEnd(12)} ${url}${trying}`,
    ...(risks.length === 0 ? [] : ["", "TO DO:", ...risks]),
  ].join("\n");
}
