/**
 * Composition of the bridge: with a configured broker it connects there, without one it brings the embedded broker
 * along and says so in every status.
 */
import {
  type Clock,
  type Closable,
  Lifecycle,
  type Logger,
  type Millis,
  type Random,
  systemClock,
} from "../../gateway/base/index.ts";
import type { CommandPort } from "../../gateway/store/inbox.ts";
import type { JournalReader, SiteInfo, StateStore } from "../../gateway/store/ports.ts";
import type { JsonObject } from "../../gateway/yang/api.ts";
import type { SchemaSource } from "../../gateway/yang/schema-source.ts";
import {
  aliasRoot,
  type Bridge,
  type BridgeLine,
  type BrokerAddress,
  type BrokerKind,
  Commands,
  dial,
  EMBEDDED_PORT,
  isExposed,
  type LineFacts,
  type Mode,
  type OtherProcesses,
  type OutboxLimits,
  openEmbeddedBroker,
  openMqttBridge,
  openPlainLine,
  type Role,
  type SiteWords,
  Tap,
  type TreesOf,
  treesFrom,
  treesOf,
  type ViewSettings,
  type Views,
  type Watcher,
} from "../mqtt/index.ts";
import { type ConfiguredBroker, configuredBroker } from "./configured-broker.ts";

/** The section `mqtt` of the configuration. */
export interface MqttSettings extends ViewSettings, Omit<ConfiguredBroker, "url"> {
  /** Without it the embedded broker is started. */
  readonly url?: string | undefined;
  /** Port of the embedded broker on 127.0.0.1; 0 takes a free one. */
  readonly embedded?: { readonly port: number } | undefined;
  /** Who may give commands, how it is known who gives one, and where answers may go; without `rights` nobody may anything. */
  readonly rights?: readonly string[] | undefined;
  readonly replyPrefixes?: readonly string[] | undefined;
}

export interface BridgeOptions {
  readonly site: SiteInfo;
  readonly journal: JournalReader;
  readonly state: StateStore;
  readonly schemas: SchemaSource;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly mqtt: MqttSettings;
  /** Version of Sidgate, for the site's birth message. */
  readonly software: string;
  readonly roles: readonly Role[];
  /** Name of the site for people. */
  readonly name?: string | undefined;
  /** "lab" is told in every status, with its reasons in the site's birth. */
  readonly mode?: Mode | undefined;
  /** The reasons, a sentence each. */
  readonly warnings?: readonly string[] | undefined;
  /** Configured pushes, for the site's birth. */
  readonly subscriptions?: SiteWords["subscriptions"];
  /** Checksum of the gateway's YANG library, hex, where it is part of this process. */
  readonly libraryNow?: (() => string) | undefined;
  /** Processes of the site that have no connection to the broker of their own. */
  readonly others?: OtherProcesses | undefined;
  /** Where commands go; without it none are taken in. */
  readonly commands?: CommandPort | undefined;
  /** Further sections of `health`, e.g. coap and cache. */
  readonly health?: (() => JsonObject) | undefined;
  readonly limits?: OutboxLimits | undefined;
  /** How long facts are gathered before one commit. */
  readonly batchDelay?: Millis | undefined;
}

/** A bridge, and a look at its line. */
export interface WatchedBridge extends Bridge {
  /** What the broker said when the line was made last. */
  line(): LineFacts | undefined;
  /** Called with each message that goes out, until it is closed. */
  watch(watcher: Watcher): Closable;
}

/**
 * Opens everything and connects in the background: an absent broker is no reason not to start. Throws UsageError
 * mqtt.url, mqtt.tls-file, mqtt.topic, port.taken or port.refused.
 */
export async function openBridge(options: BridgeOptions): Promise<WatchedBridge> {
  const { clock, schemas, commands } = options;
  const trees = treesFrom(schemas);
  const parts = new Lifecycle();
  const started = clock.now();
  const tap = new Tap(clock, options.log);
  try {
    const { broker, kind } = await brokerOf(options, parts);
    const bridge = parts.add(
      await openMqttBridge({
        ...options,
        trees,
        realtime: systemClock(),
        dial: tap.on(dial),
        broker,
        inbound: commands && ((line) => parts.add(commandsOf(options, commands, line))),
        run: { roles: options.roles, broker: kind },
        software: { sidgate: options.software, node: process.versions.node },
        figures: () => ({
          "uptime-s": Math.round((clock.now() - started) / 1000),
          "rss-mib": Math.round(process.memoryUsage.rss() / 2 ** 20),
        }),
        sections: options.health ?? (() => ({})),
        views: await viewsOf(options, trees, broker),
        // The embedded broker forgets everything with us.
        sweep: kind === "configured" ? { open: openPlainLine } : undefined,
      }),
    );
    const stop = schemas.onChange((set, before) => bridge.exchanged(set, treesOf(before)));
    parts.add({ close: stop });
    return { ...bridge, line: () => tap.facts, watch: (watcher) => tap.watch(watcher), close: () => parts.close() };
  } catch (error) {
    await parts.close();
    throw error;
  }
}

function commandsOf(options: BridgeOptions, port: CommandPort, line: BridgeLine): Commands {
  const { site: info, journal, mqtt, clock, random, log } = options;
  const { rights = [], identity = "topic", replyPrefixes = [], homeAssistant, alias } = mqtt;
  const { site, epoch } = info;
  return new Commands({
    site,
    port,
    settings: {
      rights,
      identity,
      replyPrefixes,
      ours: [
        "spBv1.0/",
        ...(homeAssistant === undefined ? [] : [`${homeAssistant.prefix}/`]),
        ...(alias === undefined ? [] : [aliasRoot(alias)]),
      ],
    },
    source: {
      epoch,
      get last() {
        return journal.lastDurable;
      },
      oldest: line.oldest,
      replay: (from, to) => line.replay(line.range(epoch, from, to)),
      rebirth: line.rebirth,
    },
    say: line.say,
    clock,
    realtime: systemClock(),
    random,
    log,
  });
}

/** Loaded only where something is switched on. */
async function viewsOf(options: BridgeOptions, trees: TreesOf, broker: BrokerAddress): Promise<Views | undefined> {
  const { views = [], log = "off", alias } = options.mqtt;
  if (views.length === 0 && log === "off" && alias === undefined) return undefined;
  const { openViews } = await import("../mqtt/views/open-views.ts");
  return openViews(options.mqtt, { ...options, trees, realtime: systemClock(), dial, broker });
}

async function brokerOf(
  { mqtt, site, log }: BridgeOptions,
  parts: Lifecycle,
): Promise<{ readonly broker: BrokerAddress; readonly kind: BrokerKind }> {
  if (mqtt.url === undefined) {
    const { url } = parts.add(await openEmbeddedBroker(mqtt.embedded?.port ?? EMBEDDED_PORT));
    return { broker: { url, protocol: 4 }, kind: "embedded-for-trying" };
  }
  if (isExposed(mqtt.url)) log.warn("mqtt.unencrypted", { url: mqtt.url });
  return { broker: await configuredBroker({ ...mqtt, url: mqtt.url }, site.site), kind: "configured" };
}
