/** The MQTT bridge in one piece: projector and outbox on the side of the journal, link on the side of the broker. */
import { type Closable, every, Lifecycle, type Millis, seconds } from "../../gateway/base/index.ts";
import type { JournalReader } from "../../gateway/store/ports.ts";
import type { JsonObject } from "../../gateway/yang/api.ts";
import type { SetName } from "../../gateway/yang/schema-source.ts";
import type { ProcessFigures } from "./contract/site.ts";
import type { InboundPort } from "./link/connection.ts";
import { Link } from "./link/link.ts";
import type { Refused } from "./link/refusals.ts";
import type { Replayed } from "./link/replays.ts";
import { changesOf, gatewayAmong, type OtherProcesses, type SiteWords, spokenFor } from "./others.ts";
import type { OutboxLimits } from "./outbox/journal-rows.ts";
import { type Message, placeOf } from "./outbox/message.ts";
import { Outbox } from "./outbox/outbox.ts";
import { Projector } from "./outbox/projector.ts";
import { checkTopicPart, topicOf } from "./outbox/topics.ts";
import { ViewStore } from "./outbox/view-store.ts";
import {
  type BrokerKind,
  onlineStatus,
  otherStatus,
  type ProcessRun,
  shutdownStatus,
  siteBirth,
  siteHealth,
  willStatus,
} from "./render/site.ts";
import type { Trees } from "./render/trees.ts";
import { randomUlid } from "./render/ulid.ts";
import { siteGrounds } from "./sweep/ground.ts";
import { Sweep, type SweepOptions } from "./sweep/sweep.ts";
import type { LinePorts, Views } from "./views/open-views.ts";

/** What those may do with the bridge who take commands and who tell more than the journal. */
export interface BridgeLine {
  /** To those who listen now: class none, and replies that no fact tells. False = not connected, or no room. */
  say(message: Message): boolean;
  /** Kept messages of the facts `from` to `to`, as they were sent. */
  range(epoch: number, from: number, to: number): AsyncIterable<Message>;
  /** Number of the oldest fact whose message is kept. */
  oldest(): Promise<number>;
  /** Sends messages again; resolves with their numbers when the broker has them. Throws StoreError command.crowded, mqtt.unreachable. */
  replay(messages: AsyncIterable<Message>): Promise<Replayed>;
  /** Status, birth and all retained topics once more. */
  rebirth(): void;
}

/** The site's words are those of a gateway in this process; another one's are among `others`. */
export interface MqttBridgeOptions extends SiteWords, LinePorts {
  readonly journal: JournalReader;
  /** Makes the taker of what comes in; without it nothing is subscribed to. */
  readonly inbound?: ((line: BridgeLine) => InboundPort) | undefined;
  /** Called with the line whenever a connection stands, before anything is sent. */
  readonly connected?: ((line: BridgeLine) => void) | undefined;
  readonly run: Pick<ProcessRun, "roles" | "broker">;
  /** Versions, e.g. {sidgate, node}. */
  readonly software: Readonly<Record<string, string>>;
  /** Checksum of the gateway's YANG library, hex, where it is part of this process; asked again when the default set changes. */
  readonly libraryNow?: (() => string) | undefined;
  /** Processes of the site that have no connection of their own. */
  readonly others?: OtherProcesses | undefined;
  /** This process in `health`. */
  readonly figures: () => ProcessFigures;
  /** Further sections of `health`. */
  readonly sections: () => JsonObject;
  readonly limits?: OutboxLimits | undefined;
  readonly batchDelay?: Millis | undefined;
  /** Those that are switched on (docs/mqtt.md, "Views"). */
  readonly views?: Views | undefined;
  /** How to look what lies at the broker of a history that the site does not have any more; without it nobody looks. */
  readonly sweep?: Pick<SweepOptions, "open" | "quiet"> | undefined;
}

export interface BridgeStats {
  readonly connected: boolean;
  readonly protocol: "5" | "3.1.1" | undefined;
  readonly connections: number;
  /** Messages handed to the broker since this process started, repetitions included. */
  readonly published: number;
  /** Number of the last fact that was rendered. */
  readonly rendered: number;
  readonly journalDepth: number;
  readonly latestDepth: number;
  readonly oldestSeconds: number;
  readonly outboxBytes: number;
  readonly outboxLimit: number;
  /** Unsent messages take up four fifths of the outbox. */
  readonly outboxFilling: boolean;
  /** What the broker would not have, lately. */
  readonly refused: Refused | undefined;
}

export interface Bridge extends Closable {
  readonly broker: { readonly kind: BrokerKind; readonly url: string };
  /** The schema of a module set was exchanged: `before` are the trees of the former one. To be told at once. */
  exchanged(set: SetName, before: Trees): void;
  stats(): BridgeStats;
  /** Resolves when the broker acknowledged everything that was in the journal at the time of the call. */
  settled(): Promise<void>;
  /** Says goodbye, saves what was acknowledged; the rest waits in the outbox. */
  close(): Promise<void>;
}

const HEALTH_INTERVAL = seconds(60);

/** Opens the outbox, renders what it missed, connects in the background. Throws UsageError mqtt.topic. */
export async function openMqttBridge(options: MqttBridgeOptions): Promise<Bridge> {
  const { site: info, journal, state, trees, clock, realtime, random, log } = options;
  const { software, others } = options;
  // A gateway in a process of its own knows what site it is; we have its settings only where it is part of this one.
  const words = (): SiteWords =>
    (others && gatewayAmong(others.others)?.words) ?? { ...options, library: options.libraryNow?.() };
  checkTopicPart("site", info.site);
  checkTopicPart("process", info.process);
  const outbox = await Outbox.open(state, {
    log,
    site: info.site,
    limits: options.limits,
  });
  const view = await ViewStore.load(state, trees);
  const live = options.views?.live({ nodes: () => view.nodes, node: (id) => view.slice({ node: id }).node }) ?? [];
  const projector = await Projector.open({
    info,
    journal,
    state,
    outbox,
    view,
    trees,
    clock,
    realtime,
    log,
    say: (message) => void link.say(message),
    batchDelay: options.batchDelay,
    views: options.views?.rendered ?? [],
    live,
  });
  const line: BridgeLine = {
    say: (message) => link.say(message),
    range: (epoch, from, to) => outbox.range(epoch, from, to),
    oldest: () => outbox.oldest(),
    replay: (messages) => link.replay(messages),
    rebirth: () => link.rebirth(),
  };
  const run: ProcessRun = {
    info,
    ...options.run,
    get mode() {
      return words().mode;
    },
    boot: randomUlid(clock.now(), random),
  };
  const nextSeq = (): number => journal.last + 1;
  const birth = (protocol: 4 | 5): Message =>
    siteBirth(info, {
      ...wordsOf(words()),
      software,
      mqtt: protocol,
      nextSeq: nextSeq(),
      views: options.views?.names,
    });
  const link = new Link({
    broker: options.broker,
    clientId: `sidgate-${info.site}-${info.process}`,
    presence: {
      will: (conn) => willStatus(run, conn),
      greeting: (conn, protocol) => [onlineStatus(run, conn, clock.now(), nextSeq()), birth(protocol)],
      connected: () => {
        sayHealth();
        options.connected?.(line);
      },
      farewell: (conn) => shutdownStatus(run, conn, clock.now()),
    },
    outbox,
    inbound: options.inbound?.(line),
    dial: options.dial,
    realtime,
    random,
    log,
  });
  const stats = (): BridgeStats => {
    const { window: _window, ...linkStats } = link.stats;
    return {
      ...linkStats,
      rendered: projector.rendered,
      journalDepth: outbox.journalDepth,
      latestDepth: outbox.latestDepth,
      oldestSeconds: outbox.oldestSeconds(clock.now()),
      outboxBytes: outbox.bytes,
      outboxLimit: outbox.limit,
      outboxFilling: outbox.filling,
    };
  };
  const followOthers = (all: OtherProcesses): (() => void) => {
    const tell = changesOf((other) => {
      outbox.offer(otherStatus(run, other, clock.now(), nextSeq()));
      sayHealth();
    });
    let said = JSON.stringify(wordsOf(words()));
    return all.onLook((seen) => {
      tell(seen);
      const now = JSON.stringify(wordsOf(words()));
      if (now !== said) link.rebirth();
      said = now;
    });
  };
  const sayHealth = (): void => {
    const { connected, journalDepth, latestDepth, oldestSeconds, outboxBytes, outboxFilling } = stats();
    outbox.offer(
      siteHealth(info, {
        at: clock.now(),
        nodes: view.site.nodes,
        processes: { ...figuresOf(others), [info.process]: options.figures() },
        sections: options.sections(),
        mqtt: {
          connected,
          journal: journalDepth,
          latest: latestDepth,
          oldestSeconds,
          bytes: outboxBytes,
          filling: outboxFilling,
        },
      }),
    );
  };

  const protocol = (): 4 | 5 => (link.stats.protocol === "3.1.1" ? 4 : 5);
  const statusTopic = (process: string): string => topicOf("status", { site: info.site, process });
  const sweepWith = (how: Pick<SweepOptions, "open" | "quiet">): Sweep =>
    new Sweep({
      ...options,
      ...how,
      outbox,
      grounds: [...siteGrounds(info.site), ...(options.views?.rendered ?? []).flatMap(({ grounds }) => grounds)],
      protocol,
      status: statusTopic(info.process),
      others: () => (others?.others ?? []).map(({ process }) => statusTopic(process)),
      told: async () => {
        await projector.reached(journal.lastDurable);
        return link.introduced();
      },
    });

  const parts = new Lifecycle();
  if (others !== undefined) parts.add({ close: followOthers(others) });
  parts.add(projector); // closed last: the link's last acknowledgements are saved
  parts.add(link);
  const sweep = options.sweep && parts.add(sweepWith(options.sweep));
  for (const part of live) parts.add(part);
  if (options.views !== undefined) parts.add(options.views.lines((message) => link.say(message)));
  projector.start();
  const beat = every(realtime, HEALTH_INTERVAL, sayHealth);
  parts.add({ close: () => beat.cancel() });
  link.start();
  for (const part of live) part.start();
  sweep?.start();
  return {
    broker: { kind: options.run.broker, url: options.broker.url },
    stats,
    exchanged: (set, before) => {
      view.exchanged(set, before);
      if (set === undefined && link.stats.connected) outbox.offer(birth(protocol()));
    },
    settled: async () => {
      const seq = journal.lastDurable;
      await projector.reached(seq);
      await link.settled(placeOf({ seq: seq + 1 }));
    },
    close: () => parts.close(),
  };
}

const wordsOf = ({ name, mode, warnings, subscriptions, library }: SiteWords): SiteWords => ({
  name,
  mode,
  warnings,
  subscriptions,
  library,
});

const figuresOf = (others: OtherProcesses | undefined): Readonly<Record<string, ProcessFigures>> =>
  Object.fromEntries(
    spokenFor(others?.others ?? []).flatMap(({ process, online, figures }) =>
      online === true ? [[process, figures]] : [],
    ),
  );
