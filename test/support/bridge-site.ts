/** A site for bridge tests: a journal, a state store, and a bridge that can be closed and opened again on them. */
import { createHash } from "node:crypto";
import {
  type Bridge,
  type BrokerAddress,
  dial,
  type MqttBridgeOptions,
  openMqttBridge,
} from "../../cloud-bridge/mqtt/index.ts";
import {
  type Millis,
  millis,
  type NodeId,
  type Random,
  SILENT,
  seededRandom,
  systemClock,
} from "../../gateway/base/index.ts";
import {
  type Fact,
  type Journal,
  memoryJournal,
  memoryState,
  type NewFact,
  type SiteInfo,
  type StateStore,
} from "../../gateway/store/index.ts";
import { bridgeTrees } from "./bridge-trees.ts";

export const SITE: SiteInfo = { site: "s-5kq2", epoch: 3, process: "gw-7f3a" };
export const START = Date.parse("2026-11-21T13:00:00Z") as Millis;
export const nodeId = (n: number): NodeId => `n-${String(n).padStart(4, "0")}` as NodeId;
export const DIGEST = createHash("sha256").update("acme-trv2 1.5.0").digest("hex");

/** Facts of a second each, counted from START. */
export const atSecond = (second: number): Millis => millis(START + second * 1000);

export const joined = (n: number, second = n): NewFact => ({
  type: "node.joined",
  at: atSecond(second),
  node: nodeId(n),
  endpoint: `trv-${n}`,
  name: `Room ${n} valve`,
  actor: "cli:root",
});

export const phase = (
  n: number,
  from: Extract<Fact, { type: "ota.phase" }>["from"],
  to: Extract<Fact, { type: "ota.phase" }>["to"],
  second = n,
): NewFact => ({ type: "ota.phase", at: atSecond(second), campaign: "c-20261121-01", node: nodeId(n), from, to });

export interface TestSite {
  readonly journal: Journal;
  readonly state: StateStore;
  record(...facts: readonly NewFact[]): Promise<void>;
  open(broker: BrokerAddress, options?: OpenOptions): Promise<Bridge>;
}

type OpenOptions = Partial<Pick<MqttBridgeOptions, "dial" | "limits" | "log" | "views" | "sweep" | "others" | "site">>;

export function testSite(state: StateStore = memoryState()): TestSite {
  const journal = memoryJournal();
  let opened = 0;
  // Reconnects within a tenth of what the jitter may take at most.
  const hurried = (seed: number): Random => {
    const random = seededRandom(seed);
    return { next: () => random.next() / 10 };
  };
  return {
    journal,
    state,
    record: async (...facts) => {
      await Promise.all(facts.map((fact) => journal.append(fact).durable));
    },
    open: async (broker, options = {}) => {
      opened += 1;
      return openMqttBridge({
        site: SITE,
        journal,
        state,
        trees: await bridgeTrees(),
        clock: systemClock(),
        realtime: systemClock(),
        random: hurried(opened),
        log: SILENT,
        dial,
        broker,
        run: { roles: ["gateway", "bridge"], broker: "configured" },
        name: "Plant room B2",
        software: { sidgate: "0.1.0", node: "20.20.2" },
        figures: () => ({ "uptime-s": 1, "rss-mib": 64 }),
        sections: () => ({}),
        batchDelay: millis(5),
        ...options,
      });
    },
  };
}
