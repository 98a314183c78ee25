/** A site's way from the journal to the broker, on a disk: journal, outbox and bridge, and somebody who records all the while. */
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import {
  type Bridge,
  Commands,
  type Dial,
  dial,
  type OutboxLimits,
  openMqttBridge,
} from "../../../cloud-bridge/mqtt/index.ts";
import {
  type Clock,
  Lifecycle,
  type Logger,
  millis,
  SILENT,
  StoreError,
  seededRandom,
  systemClock,
} from "../../../gateway/base/index.ts";
import { type Fact, type Journal, type NewFact, openFileJournal, openLmdbState } from "../../../gateway/store/index.ts";
import { joined, nodeId } from "../../support/bridge-site.ts";
import { bridgeTrees } from "../../support/bridge-trees.ts";

export interface LineOptions {
  readonly folder: string;
  readonly url: string;
  readonly site?: string;
  /** Tried first. */
  readonly protocol?: 4 | 5;
  readonly limits?: OutboxLimits;
  /** The site's. */
  readonly clock?: Clock;
  readonly dial?: Dial;
  readonly log?: Logger;
}

export interface Line {
  readonly bridge: Bridge;
  readonly journal: Journal;
  facts(): Promise<readonly Fact[]>;
  /** Bytes that the outbox takes up on the disk. */
  outboxBytes(): Promise<number>;
  close(): Promise<void>;
}

const NODES = 20;

export async function openLine(options: LineOptions): Promise<Line> {
  const { folder, url, site = "s-drill", protocol = 5, clock = systemClock(), log = SILENT } = options;
  const parts = new Lifecycle();
  const journal = parts.add(await openFileJournal({ folder: join(folder, "journal"), log: SILENT }));
  const state = parts.add(await openLmdbState({ folder: join(folder, "state") }));
  const random = seededRandom(1);
  const info = { site, epoch: 3, process: "gw-drill" };
  const bridge = await openMqttBridge({
    site: info,
    journal,
    state,
    trees: await bridgeTrees(),
    clock,
    realtime: systemClock(),
    random: { next: () => random.next() / 30 }, // a drill is in a hurry
    log,
    dial: options.dial ?? dial,
    broker: { url, protocol },
    run: { roles: ["gateway", "bridge"], broker: "configured" },
    software: { sidgate: "drill" },
    figures: () => ({ "uptime-s": 1, "rss-mib": 64 }),
    sections: () => ({}),
    limits: options.limits,
    inbound: (line) =>
      parts.add(
        new Commands({
          site,
          // Nothing but replays is asked for here.
          port: {
            take: () => Promise.reject(new StoreError("command.crowded", { count: 1 })),
            refuse: () => undefined,
          },
          settings: { rights: ["*: read"], identity: "claimed", replyPrefixes: [] },
          source: {
            epoch: info.epoch,
            get last() {
              return journal.lastDurable;
            },
            oldest: line.oldest,
            replay: (from, to) => line.replay(line.range(info.epoch, from, to)),
            rebirth: line.rebirth,
          },
          say: line.say,
          clock,
          realtime: systemClock(),
          random,
          log,
        }),
      ),
  });
  parts.add(bridge);
  return {
    bridge,
    journal,
    facts: () => journal.read(journal.first, journal.last),
    outboxBytes: async () => {
      const names = await readdir(join(folder, "state"));
      const sizes = await Promise.all(
        names.map(async (name) => (await stat(join(folder, "state", name))).blocks * 512),
      );
      return sizes.reduce((sum, size) => sum + size, 0);
    },
    close: () => parts.close(),
  };
}

/** What is recorded as number `index`: nodes join, then their updates go back and forth, with an event each. */
export function factOf(index: number, at = index): NewFact {
  const n = (index % NODES) + 1;
  if (index < NODES) return { ...joined(n), at: millis(at) };
  const [from, to] =
    Math.floor(index / NODES) % 2 === 1 ? (["offered", "downloading"] as const) : (["downloading", "offered"] as const);
  return { type: "ota.phase", at: millis(at), campaign: "c-20261121-01", node: nodeId(n), from, to };
}

/** Records one fact every `everyMs`, as time passes, until it is stopped; resolves with how many it were. */
export function produce(journal: Journal, everyMs: number): { stop(): Promise<number> } {
  const begun = performance.now();
  let count = 0;
  const timer = setInterval(() => {
    const due = (performance.now() - begun) / everyMs;
    for (; count < due; count++) journal.append(factOf(count, Date.now()));
  }, everyMs);
  return {
    stop: async () => {
      clearInterval(timer);
      await journal.flush();
      return count;
    },
  };
}
