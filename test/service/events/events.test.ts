/** What is kept of what happened: the newest facts that make notifications, of the site and of each node, over restarts. */
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { days, type Millis, millis, type NodeId } from "../../../gateway/base/index.ts";
import {
  Events,
  KEPT_FOR,
  NODE_BYTES,
  NODE_NOTIFICATIONS,
  SITE_BYTES,
  SITE_NOTIFICATIONS,
} from "../../../gateway/service/events/index.ts";
import type { Box } from "../../../gateway/service/mailbox/index.ts";
import { type Fact, memoryState, type NewFact, type StateStore } from "../../../gateway/store/index.ts";
import { CborWriter } from "../../../gateway/wire/cbor/index.ts";
import type { SetName } from "../../../gateway/yang/index.ts";

const T0 = millis(1_790_000_000_000);
const NODES = ["n-1", "n-2", "n-3"] as NodeId[];
const EMPTY: Box = { revision: 0, applied: 0, edits: [] };

/** A projection with what it rests on; facts get numbers in order. */
class Journal {
  events: Events;
  readonly facts: Fact[] = [];
  readonly boxes = new Map<NodeId, Box>();
  readonly sets = new Map<NodeId, string>();
  readonly state: StateStore = memoryState();

  constructor() {
    this.events = this.#fresh();
  }

  #fresh = (): Events =>
    new Events({ boxOf: (node) => this.boxes.get(node) ?? EMPTY, setOf: (node): SetName => this.sets.get(node) });

  take(body: NewFact): Fact {
    const fact: Fact = { ...body, seq: this.facts.length + 1 };
    this.facts.push(fact);
    if (fact.type === "node.models" && fact.set !== undefined) this.sets.set(fact.node, fact.set);
    this.events.apply(fact);
    return fact;
  }

  /** As a crash right after a commit leaves it; `limit`: how much a commit takes at a time. */
  async restart(limit?: number): Promise<void> {
    for (let changes = this.events.drain(limit); changes.length > 0; changes = this.events.drain(limit)) {
      await this.state.commit("events", this.facts.length, changes);
    }
    this.events = this.#fresh();
    await this.events.load(this.state);
  }
}

/** {60213: {2: h'LL'}} with so many bytes in it. */
const alarm = (text: string): Uint8Array => {
  const writer = new CborWriter();
  writer.map(1);
  writer.integer(60213);
  writer.text(text);
  return writer.finish();
};
const told = (at: Millis, node: NodeId, ...texts: readonly string[]): NewFact => ({
  type: "node.notified",
  at,
  node,
  notifications: Buffer.concat(texts.map(alarm)),
});
const textsOf = ({ events }: Journal, node: NodeId, now: Millis): readonly string[] =>
  events
    .ofNode(node, T0, now)
    .map((news) => ("instance" in news ? Buffer.from(news.instance).toString("latin1").slice(5) : "set"));

const anyNode = fc.constantFrom(...NODES);
const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ does: fc.constant("join" as const), node: anyNode }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant("state" as const), node: anyNode, same: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant("report" as const), node: anyNode }) },
  {
    weight: 3,
    arbitrary: fc.record({ does: fc.constant("tell" as const), node: anyNode, count: fc.integer({ min: 1, max: 3 }) }),
  },
  { weight: 1, arbitrary: fc.record({ does: fc.constant("remove" as const), node: anyNode }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant("replace" as const), node: anyNode }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant("restart" as const) }) },
);

test("CC-E2 CC-E3: whatever happens and however often it restarts, a stream is the last of the facts, newest first", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 120 }), async (steps) => {
      const journal = new Journal();
      const site: number[] = [];
      const own = new Map<NodeId, string[]>();
      for (const [index, does] of steps.entries()) {
        const at = millis(T0 + index);
        switch (does.does) {
          case "join":
            site.unshift(
              journal.take({ type: "node.joined", at, node: does.node, endpoint: "e", name: "e", actor: "t" }).seq,
            );
            break;
          case "state": {
            const to = does.same ? "asleep" : "lost";
            const { seq } = journal.take({
              type: "node.reachability",
              at,
              node: does.node,
              from: "asleep",
              to,
              missedWakes: 0,
            });
            if (!does.same) site.unshift(seq);
            break;
          }
          case "report":
            journal.take({
              type: "node.reported",
              at,
              node: does.node,
              report: 1,
              request: 1,
              reply: new Uint8Array(),
              state: "asleep",
            });
            break;
          case "tell": {
            const texts = Array.from({ length: does.count }, (_, nth) => `${index}.${nth}`);
            journal.take(told(at, does.node, ...texts));
            own.set(does.node, [...texts, ...(own.get(does.node) ?? [])]);
            break;
          }
          case "remove":
            site.unshift(journal.take({ type: "node.removed", at, node: does.node, actor: "t" }).seq);
            own.delete(does.node);
            break;
          case "replace": {
            const body = {
              type: "node.replaced",
              at,
              node: does.node,
              endpoint: "b",
              former: "a",
              actor: "t",
            } as const;
            site.unshift(journal.take(body).seq);
            own.delete(does.node);
            break;
          }
          case "restart":
            await journal.restart(3);
            break;
        }
      }
      const now = millis(T0 + steps.length);
      expect(journal.events.ofSite(now).map(({ seq }) => seq)).toEqual(site.slice(0, SITE_NOTIFICATIONS));
      for (const node of NODES) {
        expect(textsOf(journal, node, now)).toEqual((own.get(node) ?? []).slice(0, NODE_NOTIFICATIONS));
      }
    }),
    { numRuns: 40 },
  );
});

test("CC-E3: decision: 64 notifications of the site, 8 of a node, none older than 30 days", async () => {
  const journal = new Journal();
  for (let n = 0; n < 100; n++) {
    journal.take({ type: "node.joined", at: millis(T0 + n), node: NODES[0]!, endpoint: "e", name: "e", actor: "t" });
    journal.take(told(millis(T0 + n), NODES[0]!, String(n)));
  }
  const now = millis(T0 + 99);
  expect(journal.events.ofSite(now)).toHaveLength(64);
  expect(textsOf(journal, NODES[0]!, now)).toEqual(["99", "98", "97", "96", "95", "94", "93", "92"]);
  expect(KEPT_FOR).toBe(days(30));
  const later = millis(T0 + 97 + KEPT_FOR);
  expect(journal.events.ofSite(later)).toHaveLength(3);
  expect(textsOf(journal, NODES[0]!, later)).toEqual(["99", "98", "97"]);
  await journal.restart();
  expect(journal.events.ofSite(later)).toHaveLength(3);
});

test("what is kept has bounds in bytes too; the newest stays whatever it takes", async () => {
  const journal = new Journal();
  const long = "x".repeat(NODE_BYTES - 20);
  journal.take(told(T0, NODES[0]!, "short"));
  journal.take(told(T0, NODES[0]!, long));
  expect(textsOf(journal, NODES[0]!, T0)[0]).toContain("xxx");
  journal.take(told(T0, NODES[0]!, long));
  expect(textsOf(journal, NODES[0]!, T0)).toHaveLength(1);
  const edits = Array.from({ length: 400 }, (_, revision) => ({ revision, path: "/sidgate-building:room/set-point" }));
  for (let n = 0; n < 20; n++) journal.take({ type: "edit.state", at: T0, node: NODES[0]!, to: "applied", edits });
  const kept = journal.events.ofSite(T0);
  expect(kept.length).toBeGreaterThan(1);
  expect(kept.length * 400 * 50).toBeLessThan(SITE_BYTES * 1.2);
  await journal.restart();
  expect(journal.events.ofSite(T0)).toEqual(kept);
});

test("of an edit it tells which instances wait, and which are applied at once since they take back what waits", () => {
  const journal = new Journal();
  const [node] = NODES as [NodeId];
  const edit = (revision: number, path: string, state: "waiting" | "applied") =>
    ({
      revision,
      path,
      patch: new Uint8Array(),
      undo: undefined,
      actor: "t",
      expires: undefined,
      status: { state, since: T0 },
    }) as const;
  journal.boxes.set(node, {
    revision: 9,
    applied: 0,
    edits: [edit(6, "/old", "waiting"), edit(8, "/a", "waiting"), edit(9, "/b", "applied")],
  });
  const parts = [{}, {}, {}];
  journal.take({
    type: "datastore.edited",
    at: T0,
    root: node,
    patch: new Uint8Array(),
    revision: 9,
    parts,
    actor: "t",
  });
  journal.take({ type: "datastore.edited", at: T0, root: "gateway", patch: new Uint8Array(), actor: "t" });
  journal.take({ type: "datastore.edited", at: T0, root: node, patch: new Uint8Array(), actor: `node:${node}` });
  expect(journal.events.ofSite(T0)).toEqual([
    { seq: 1, at: T0, type: "edit.state", node, to: "applied", edits: [{ revision: 9, path: "/b" }] },
    { seq: 1, at: T0, type: "edit.state", node, to: "waiting", edits: [{ revision: 8, path: "/a" }] },
  ]);
});

test("CC-L1: what a set is made of is news from the second time on, and to the nodes that work with it", async () => {
  const journal = new Journal();
  const [one, two] = NODES as [NodeId, NodeId];
  const sum = (n: number): Uint8Array => Uint8Array.of(n);
  const news = (node: NodeId): readonly unknown[] =>
    journal.events.ofNode(node, T0, T0).map((each) => ("checksum" in each ? [each.seq, each.checksum[0]] : each.seq));
  journal.take({ type: "models.changed", at: T0, checksum: sum(1) }); // 1: the first start
  journal.take({ type: "models.changed", at: T0, set: "b", checksum: sum(2) });
  expect([journal.events.ofSite(T0), news(one)]).toEqual([[], []]);
  journal.take({ type: "node.models", at: T0, node: one, set: "b", checksum: sum(2), actor: "t" }); // 3
  journal.take({ type: "models.changed", at: T0, checksum: sum(4) }); // 4
  expect(journal.events.ofSite(T0).map(({ seq }) => seq)).toEqual([4]);
  expect([news(one), news(two)]).toEqual([[[3, 2]], [[4, 4]]]);
  journal.take({ type: "models.changed", at: T0, set: "b", checksum: sum(5) }); // 5
  expect(journal.events.ofSite(T0).map(({ seq }) => seq)).toEqual([4]);
  expect(news(one)).toEqual([
    [5, 5],
    [3, 2],
  ]);
  await journal.restart();
  expect([news(one), news(two)]).toEqual([
    [
      [5, 5],
      [3, 2],
    ],
    [[4, 4]],
  ]);
  expect(journal.events.checksumOf("b")).toEqual(sum(5));
  // A node that came later has never worked with anything else.
  expect(journal.events.ofNode(NODES[2]!, millis(T0 + 1), millis(T0 + 1))).toEqual([]);
});

test("a fleet of which each node told something costs the bytes of that, and nodes that never did cost nothing", () => {
  const journal = new Journal();
  const nodes = 5000;
  for (let n = 0; n < nodes; n++) {
    const node = `n-${n}` as NodeId;
    journal.events.apply({ ...told(T0, node, "frost"), seq: n + 1 });
    journal.events.ofNode(`m-${n}` as NodeId, T0, T0);
  }
  expect(journal.events.bytes / nodes).toBeLessThan(160);
});
