/** Nodes that never check in: what is heard of them makes them awake, and their wakes are learnt. */
import { expect, test } from "@jest/globals";
import { type Millis, minutes, type NodeId, type Peer, SILENT, seconds } from "../../../gateway/base/index.ts";
import { Presence, Registry } from "../../../gateway/service/registry/index.ts";
import { type Fact, Ledger, memoryJournal, memoryState } from "../../../gateway/store/index.ts";
import { builtInModels, fixedSchema, loadModels } from "../../../gateway/yang/index.ts";
import { VirtualClock } from "../../support/virtual-clock.ts";

const schema = await loadModels({ folder: builtInModels(), log: SILENT });
const NODE = "n-1" as NodeId;
const PEER: Peer = { identity: undefined, nodeId: NODE, path: "192.0.2.7:40007", validated: true };
const PERIOD = minutes(40);

async function site() {
  const clock = new VirtualClock();
  const journal = memoryJournal();
  const state = memoryState();
  const open = async () => {
    const registry = new Registry({ schemas: fixedSchema(schema), wakeInterval: minutes(15), log: SILENT });
    const ledger = await Ledger.open({ journal, state, projections: [registry], clock, log: SILENT });
    return { registry, ledger };
  };
  const { registry, ledger } = await open();
  const facts: Fact[] = [];
  const awaited = { node: false };
  ledger.onFact((fact) => facts.push(fact));
  await ledger.record("node.joined", { node: NODE, endpoint: "e", name: "e", actor: "test" });
  const presence = new Presence(registry, ledger, clock, seconds(30), () => awaited.node);
  const states = (): string[] => facts.flatMap((fact) => (fact.type === "node.reachability" ? [fact.to] : []));
  /** Three requests within four seconds, then sleep. */
  const wake = async (sleep: Millis): Promise<void> => {
    for (let i = 0; i < 3; i++) {
      registry.heard(PEER, clock.now());
      await clock.advance(seconds(2));
    }
    await clock.advance((sleep - seconds(6)) as Millis);
  };
  return { registry, ledger, presence, clock, states, wake, open, awaited };
}

test("awake for its awake time, then asleep, then late, then back", async () => {
  const { registry, presence, clock, states, wake } = await site();
  await wake(minutes(10));
  expect(states()).toEqual(["awake", "asleep"]);
  await clock.advance(minutes(15));
  expect(states()).toEqual(["awake", "asleep", "overdue"]);
  await wake(minutes(10));
  expect(states()).toEqual(["awake", "asleep", "overdue", "awake", "asleep"]);
  expect(registry.get(NODE).reach).toMatchObject({ state: "asleep", missedWakes: 0, observed: 1 });
  presence.close();
});

test("once lost, a node makes no more facts over restarts, unless somebody counts its wakes", async () => {
  const { ledger, presence, clock, states, wake, open, awaited } = await site();
  await wake(minutes(10));
  await clock.advance(minutes(15 * 14));
  expect(states().at(-1)).toBe("lost");
  const told = states().length;
  await clock.advance(minutes(300));
  await ledger.checkpoint();
  presence.close();
  const again = await open();
  const facts: Fact[] = [];
  again.ledger.onFact((fact) => facts.push(fact));
  const next = new Presence(again.registry, again.ledger, clock, seconds(30), () => awaited.node);
  await clock.advance(minutes(300));
  expect([states().length - told, facts]).toEqual([0, []]);
  awaited.node = true; // a campaign
  await clock.advance(minutes(15));
  expect(facts[0]).toMatchObject({ from: "lost", to: "lost", missedWakes: 54 });
  next.close();
});

test("an edit between a word and the next look does not hide the word", async () => {
  const { registry, ledger, presence, clock, states } = await site();
  registry.heard(PEER, clock.now());
  await ledger.record("node.renamed", { node: NODE, name: "Valve", actor: "test" });
  await clock.advance(seconds(30));
  expect(states()).toEqual(["awake"]);
  presence.close();
});

test("the period is learnt from its wakes alone, missed ones left out, and is still known after a restart", async () => {
  const { registry, ledger, presence, clock, wake, open } = await site();
  for (let i = 0; i < 12; i++) await wake(i === 5 ? ((2 * PERIOD) as Millis) : PERIOD);
  await wake(minutes(5));
  const { reach } = registry.get(NODE);
  expect(Math.abs(reach.period - PERIOD)).toBeLessThan(seconds(31));
  expect(reach.observed).toBe(11);
  expect(Math.abs((reach.nextWake ?? 0) - clock.now() - minutes(35))).toBeLessThan(seconds(61));
  const replayed = await open();
  expect(replayed.registry.get(NODE).reach).toEqual(reach);
  await ledger.checkpoint();
  const loaded = await open();
  expect(loaded.registry.get(NODE).reach).toEqual(reach);
  presence.close();
});
