/** RFC 7252 §4.2, §4.4, §4.7, §4.8 — message ids, retransmission, one CON per peer, PROBING_RATE to the silent. */
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { type Millis, millis, seconds, seededRandom } from "../../../gateway/base/index.ts";
import type { Transport } from "../../../gateway/coap/index.ts";
import { MessageIds } from "../../../gateway/coap/messages/message-ids.ts";
import {
  CONFIRMABLE_LIMITS,
  type ConfirmableLimits,
  Confirmables,
  type Transmitted,
} from "../../../gateway/coap/messages/reliable.ts";
import {
  begin,
  type Schedule,
  type Settled,
  step,
  type Transmission,
} from "../../../gateway/coap/messages/transmission.ts";
import { VirtualClock } from "../../support/virtual-clock.ts";

const PLAIN: Schedule = {
  first: seconds(2),
  second: seconds(4),
  backoff: 2,
  randomFactor: 1.5,
  maxRetransmit: 4,
};
const PEER = { address: "fd00::1", port: 5683 };
const NEIGHBOUR = { address: "fd00::2", port: 5683 };

function timeoutsOf(schedule: Schedule, seed = 1): readonly number[] {
  const timeouts: number[] = [];
  let now: Transmission = begin(schedule, seededRandom(seed));
  while (now.state === "waiting") {
    timeouts.push(now.timeout);
    now = step(now, "timeout", schedule);
  }
  expect(now.state).toBe("lost");
  return timeouts;
}

test("RFC 7252 §4.2: timeouts start between 2 and 3 s, double, and end after four retransmissions", () => {
  const timeouts = timeoutsOf(PLAIN);
  const [first = 0] = timeouts;
  expect(first).toBeGreaterThanOrEqual(2000);
  expect(first).toBeLessThanOrEqual(3000);
  expect(timeouts).toEqual([1, 2, 4, 8, 16].map((factor) => first * factor));
});

test.each([
  ["a short timeout backs off by three", { first: 500, second: 1500, backoff: 3 }, [500, 1500, 4500, 13_500, 40_500]],
  [
    "a slow one is followed by the fast series",
    { first: 9000, second: 2000, backoff: 2 },
    [9000, 2000, 4000, 8000, 16_000],
  ],
] as const)("%s", (_name, { first, second, backoff }, expected) => {
  const schedule = { ...PLAIN, first: millis(first), second: millis(second), backoff, randomFactor: 1 };
  expect(timeoutsOf(schedule)).toEqual(expected);
});

test.each(["acknowledged", "reset", "lost"] as const)("a settled message stays settled: %s", (state) => {
  for (const event of ["ack", "rst", "timeout"] as const) expect(step({ state }, event, PLAIN)).toEqual({ state });
});

test("message ids: neighbours have counters of their own, each counts through all ids", () => {
  const ids = new MessageIds(seededRandom(1));
  const first = ids.next(PEER);
  ids.next(NEIGHBOUR);
  expect(ids.next(PEER)).toBe((first + 1) & 0xffff);
  for (let i = 0; i < 0x10000 - 2; i++) ids.next(PEER);
  expect(ids.next(PEER)).toBe(first);
});

test("message ids: one that is in flight is not given again, whatever shares the counter (defect 28)", () => {
  const ids = new MessageIds(seededRandom(1));
  const held = ids.next(PEER);
  ids.hold(PEER, held);
  ids.hold(PEER, (held + 1) & 0xffff);
  const given = new Set<number>();
  for (let i = 0; i < 3 * 0x10000; i++) given.add(ids.next(PEER));
  expect(given.has(held)).toBe(false);
  expect(given.size).toBe(0x10000 - 2);
  ids.release(PEER, held);
  for (let i = 0; i < 0x10000; i++) given.add(ids.next(PEER));
  expect(given.has(held)).toBe(true);
});

function confirmables(limits: Partial<ConfirmableLimits> = {}, schedule: Partial<Schedule> = {}) {
  const clock = new VirtualClock();
  const start = clock.now();
  const sent: Array<readonly [at: number, path: string, id: number]> = [];
  const told: Array<readonly [id: number, again: boolean]> = [];
  const learnt: Transmitted[] = [];
  const outcomes: Array<readonly [id: number, outcome: Settled]> = [];
  const random = seededRandom(1);
  const driver = new Confirmables({
    clock,
    random,
    ids: new MessageIds(random),
    limits: { ...CONFIRMABLE_LIMITS, ...limits },
    pacing: {
      schedule: () => ({ ...PLAIN, randomFactor: 1, ...schedule }),
      acknowledged: (_path, transmitted) => void learnt.push(transmitted),
    },
    transmitted: ({ messageId }, again) => void told.push([messageId, again]),
  });
  const send = (id: number, path = "a", size = 60, patience?: Millis) => {
    const bytes = new Uint8Array(size);
    const transport = {
      send: () => void sent.push([clock.now() - start, path, id]),
    } as Partial<Transport> as Transport;
    return driver.send(
      { transport, remote: PEER, path, messageId: id, bytes },
      (outcome) => void outcomes.push([id, outcome]),
      patience,
    );
  };
  return { clock, driver, sent, told, learnt, outcomes, send };
}

test("NSTART 1: the next message to a peer leaves when the one before is settled; other peers do not wait", () => {
  const { driver, sent, outcomes, send } = confirmables();
  for (const id of [1, 2, 3]) send(id);
  send(9, "b");
  expect(sent).toEqual([
    [0, "a", 1],
    [0, "b", 9],
  ]);
  expect(driver.settle("a", 2, "ack")).toBe(false); // queued: nobody can have seen it
  driver.settle("a", 1, "ack");
  driver.settle("a", 2, "rst");
  expect(sent.slice(2)).toEqual([
    [0, "a", 2],
    [0, "a", 3],
  ]);
  expect(outcomes).toEqual([
    [1, "acknowledged"],
    [2, "reset"],
  ]);
  expect(driver.size).toBe(2);
});

test("a retransmission is the same message; its acknowledgement tells how long and how often", async () => {
  const { clock, driver, sent, learnt, send } = confirmables();
  send(1);
  await clock.advance(seconds(7));
  driver.settle("a", 1, "ack");
  await clock.advance(seconds(100));
  expect(sent.map(([at]) => at)).toEqual([0, 2000, 6000]);
  expect(learnt).toEqual([{ sentAt: clock.now() - 107_000, retransmissions: 2 }]);
});

test("each transmission is told when it leaves, a repeat as one", async () => {
  const { clock, driver, told, send } = confirmables();
  send(1);
  send(2);
  await clock.advance(seconds(2));
  expect(told).toEqual([
    [1, false],
    [1, true],
  ]);
  driver.settle("a", 1, "ack");
  expect(told.at(-1)).toEqual([2, false]);
});

test("a response in place of the ACK settles, and teaches nothing", () => {
  const { driver, learnt, outcomes, send } = confirmables();
  send(1);
  expect(driver.settle("a", 1, "response")).toBe(true);
  expect([learnt, outcomes]).toEqual([[], [[1, "acknowledged"]]]);
});

test("PROBING_RATE: after a lost message the next waits a second for each byte sent, and goes once", async () => {
  const { clock, sent, outcomes, send } = confirmables();
  send(1);
  await clock.advance(seconds(62));
  expect(outcomes).toEqual([[1, "lost"]]);
  send(2);
  send(3);
  await clock.advance(millis(seconds(330 - 62) - 1));
  expect(sent).toHaveLength(5);
  await clock.advance(millis(1));
  expect(sent.slice(5)).toEqual([[330_000, "a", 2]]);
  await clock.advance(seconds(360));
  expect(outcomes).toEqual([
    [1, "lost"],
    [2, "lost"],
  ]);
  expect(sent.slice(6)).toEqual([[690_000, "a", 3]]);
});

test("a peer that is heard gets what waits, with all retransmissions", async () => {
  const { clock, driver, sent, send } = confirmables();
  send(1);
  await clock.advance(seconds(62));
  send(2);
  expect(driver.someSilent).toBe(true);
  driver.heard("b");
  expect(sent).toHaveLength(5);
  driver.heard("a");
  expect(driver.someSilent).toBe(false);
  await clock.advance(seconds(62));
  expect(sent.slice(5).map(([at]) => at - 62_000)).toEqual([0, 2000, 6000, 14_000, 30_000]);
});

test("a peer that is heard while it is probed gets the retransmissions too", async () => {
  const { clock, driver, sent, send } = confirmables();
  send(1);
  await clock.advance(seconds(330));
  send(2);
  driver.heard("a");
  await clock.advance(seconds(62));
  expect(sent.slice(5)).toHaveLength(5);
});

test("what waits longer than its patience is lost without being sent", async () => {
  const { clock, sent, outcomes, send } = confirmables();
  send(1);
  send(2, "a", 60, seconds(10));
  send(3, "b", 60, seconds(10));
  await clock.advance(seconds(10));
  expect(outcomes).toEqual([[2, "lost"]]);
  expect(sent.map(([, , id]) => id)).not.toContain(2);
});

test("cancelled: queued or sent, it is gone, and the next goes", async () => {
  const { clock, driver, sent, outcomes, send } = confirmables();
  const first = send(1);
  const second = send(2);
  send(3);
  second?.cancel();
  first?.cancel();
  first?.cancel();
  await clock.advance(seconds(1));
  expect(sent.map(([, , id]) => id)).toEqual([1, 3]);
  expect([outcomes, driver.size]).toEqual([[], 1]);
});

test("cancelled while it was being repeated: the peer counts as silent", async () => {
  const { clock, driver, sent, send } = confirmables();
  const first = send(1);
  await clock.advance(seconds(3));
  first?.cancel();
  send(2);
  expect([driver.someSilent, sent.length]).toEqual([true, 2]);
  await clock.advance(seconds(119));
  expect(sent.slice(2)).toEqual([[122_000, "a", 2]]);
});

test("queues are bounded, per peer and in all; so are the peers", () => {
  const { send } = confirmables({ queuedPerPeer: 2, queuedTotal: 3, peers: 3 });
  const taken = (id: number, path: string) => send(id, path) !== undefined;
  expect([1, 2, 3, 4].map((id) => taken(id, "a"))).toEqual([true, true, true, false]);
  expect([1, 2, 3].map((id) => taken(id, "b"))).toEqual([true, true, false]);
  expect([taken(1, "c"), taken(1, "d")]).toEqual([true, false]);
});

test("a silent peer with nothing to get makes room for another, and is forgotten in time", async () => {
  const { clock, driver, send } = confirmables({ peers: 1 });
  send(1, "a");
  await clock.advance(seconds(62));
  expect(send(2, "b")).toBeDefined();
  expect(driver.someSilent).toBe(false);
  await clock.advance(seconds(62));
  expect(driver.someSilent).toBe(true);
  driver.purge(millis(clock.now() + seconds(330)));
  expect(driver.someSilent).toBe(false);
});

test("a callback that sends the next message keeps the order", () => {
  const { driver, sent, send } = confirmables();
  const transport = { send: () => undefined } as Partial<Transport> as Transport;
  driver.send({ transport, remote: PEER, path: "a", messageId: 1, bytes: new Uint8Array(1) }, () => void send(3));
  send(2);
  driver.settle("a", 1, "ack");
  driver.settle("a", 2, "ack");
  expect(sent.map(([, , id]) => id)).toEqual([2, 3]);
});

test("closed: no timer is left", async () => {
  const { clock, driver, sent, send } = confirmables();
  send(1);
  send(2, "a", 60, seconds(1));
  driver.close();
  await clock.advance(seconds(1000));
  expect([sent.length, driver.size]).toEqual([1, 0]);
});

test("whatever happens, one message per peer is under way and none is forgotten", async () => {
  const event = fc.oneof(
    fc.record({ kind: fc.constant("send" as const), peer: fc.nat(2) }),
    fc.record({ kind: fc.constantFrom("ack" as const, "rst" as const, "cancel" as const), nth: fc.nat(9) }),
    fc.record({ kind: fc.constant("wait" as const), ms: fc.nat(20_000) }),
    fc.record({ kind: fc.constant("heard" as const), peer: fc.nat(2) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(event, { maxLength: 40 }), async (events) => {
      const { clock, driver, outcomes, send } = confirmables({ queuedPerPeer: 3 });
      const open = new Map<number, { readonly path: string; readonly cancel: () => void }>();
      let id = 0;
      for (const step of events) {
        if (step.kind === "send") {
          id += 1;
          const sending = send(id, `p${step.peer}`);
          if (sending !== undefined) open.set(id, { path: `p${step.peer}`, cancel: () => sending.cancel() });
        } else if (step.kind === "wait") await clock.advance(millis(step.ms));
        else if (step.kind === "heard") driver.heard(`p${step.peer}`);
        else {
          const [chosen, one] = [...open][step.nth % Math.max(open.size, 1)] ?? [];
          if (chosen === undefined || one === undefined) continue;
          if (step.kind !== "cancel") driver.settle(one.path, chosen, step.kind);
          else {
            one.cancel();
            open.delete(chosen);
          }
        }
        for (const [settled] of outcomes.splice(0)) open.delete(settled);
        expect(driver.size).toBe(open.size);
      }
      await clock.advance(seconds(100_000));
      expect(driver.size).toBe(0);
    }),
    { numRuns: 60 },
  );
});
