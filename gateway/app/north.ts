/** The northern half of a gateway: cloud apps have the bridge in this process, or one in a process beside it (docs/deployment.md). */
import type { WatchedBridge } from "../../cloud-bridge/app/index.ts";
// Not by its index: a gateway without a bridge loads none of it.
import { PROJECTION } from "../../cloud-bridge/mqtt/outbox/projection.ts";
import type { BrokerStatus, CloudDocuments, LinkStatus, SentMessages } from "../admin/api/index.ts";
import type { Lifecycle, Millis } from "../base/index.ts";
import type { JsonObject } from "../yang/index.ts";
import type { Centre } from "./centre.ts";
import { bridgeSettings, bridgeWords } from "./cloud/bridge-settings.ts";
import { cloudDocuments } from "./cloud/documents.ts";
import { libraryOf } from "./cloud/library-name.ts";
import type { Config } from "./config/index.ts";
import type { GatewayPorts } from "./gateway.ts";
import { ownRow, Processes, type ProcessRow } from "./home/index.ts";

export interface NorthParts {
  /** In this process, too. */
  readonly bridge: boolean;
  readonly startedAt: Millis;
  /** What only a gateway knows of its health. */
  readonly sections: () => JsonObject;
}

export interface North {
  /** Contract and figures, for the admin API. */
  readonly documents: CloudDocuments;
  /** What goes out, where the bridge is part of this process. */
  readonly messages: SentMessages | undefined;
  broker(): BrokerStatus;
  /** No process has the connection to the broker, for long enough to tell a person. */
  withoutBridge(): boolean;
  /** Number of the last fact that nobody needs any more to tell cloud apps. */
  passed(): Promise<number>;
}

type Roles = ProcessRow["roles"];

export async function openNorth(
  config: Config,
  ports: GatewayPorts,
  centre: Centre,
  { bridge: isHere, startedAt, sections }: NorthParts,
  lifecycle: Lifecycle,
): Promise<North> {
  const { home, network, inbox, state } = centre;
  const { shared } = home;
  const roles: Roles = isHere ? ["gateway", "bridge"] : ["gateway"];
  const own = ownRow({ process: home.site.process, roles, startedAt, ...ports }, () => ({
    sections: sections(),
    words: { ...bridgeWords(config), library: libraryOf(centre.models) },
  }));
  const processes =
    shared && lifecycle.add(new Processes({ board: shared.board, own, clock: network, log: ports.log }));
  const bridge = isHere
    ? await openBridge(config, ports, centre, { roles, sections, processes }, lifecycle)
    : undefined;
  if (shared !== undefined) lifecycle.add(await shared.commands.serve(inbox));
  const isRead = bridge !== undefined || shared !== undefined;
  const broker = (): BrokerStatus => brokerStatus(bridge, processes);
  return {
    documents: cloudDocuments(home.site.site, bridge),
    messages: bridge,
    broker,
    withoutBridge: () => processes?.settled === true && broker().kind === "none",
    passed: () => (isRead ? state.applied(PROJECTION) : Promise.resolve(Infinity)),
  };
}

interface BridgeParts {
  readonly roles: Roles;
  readonly sections: () => JsonObject;
  readonly processes: Processes | undefined;
}

async function openBridge(
  config: Config,
  { clock, random, log, version }: GatewayPorts,
  { journal, state, models, home, inbox }: Centre,
  { roles, sections, processes }: BridgeParts,
  lifecycle: Lifecycle,
): Promise<WatchedBridge> {
  // Loaded when nodes are served already: they are awake for a moment only, the cloud can wait.
  const { openBridge: open } = await import("../../cloud-bridge/app/index.ts");
  return lifecycle.add(
    await open({
      ...bridgeSettings(config),
      ...bridgeWords(config),
      libraryNow: () => libraryOf(models),
      site: home.site,
      journal,
      state,
      schemas: models,
      commands: inbox,
      clock,
      random,
      log,
      software: version,
      roles,
      health: sections,
      others: processes,
    }),
  );
}

/** Of the bridge in this process, or of the one that tells of itself on the board. */
function brokerStatus(bridge: WatchedBridge | undefined, processes: Processes | undefined): BrokerStatus {
  if (bridge !== undefined) {
    const { connected, journalDepth } = bridge.stats();
    return { ...bridge.broker, connected, queued: journalDepth, link: linkStatus(bridge) };
  }
  const other = processes?.others.find(({ online, broker }) => online === true && broker !== undefined);
  if (other?.broker === undefined) return { kind: "none", url: "", connected: false, queued: 0 };
  return { ...other.broker, process: other.process };
}

function linkStatus(bridge: WatchedBridge): LinkStatus {
  const {
    protocol,
    connections,
    published,
    journalDepth,
    latestDepth,
    oldestSeconds,
    outboxBytes,
    outboxLimit,
    refused,
  } = bridge.stats();
  const { tls, limits } = bridge.line() ?? { limits: {} };
  return {
    connections,
    published,
    journalDepth,
    latestDepth,
    oldestSeconds,
    outboxBytes,
    outboxLimit,
    ...(protocol === undefined ? {} : { protocol }),
    ...(refused === undefined ? {} : { refused }),
    ...(tls === undefined ? {} : { tls }),
    ...(limits.receiveMaximum === undefined ? {} : { receiveMaximum: limits.receiveMaximum }),
    ...(limits.maximumPacketSize === undefined ? {} : { maximumPacketSize: limits.maximumPacketSize }),
    ...(limits.topicAliasMaximum === undefined ? {} : { topicAliases: limits.topicAliasMaximum }),
  };
}
