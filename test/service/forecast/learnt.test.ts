/** What forecasts rest on, and what they are held against: habits learnt from facts and blocks, and the time a campaign took. */
import { expect, test } from "@jest/globals";
import { hours, type Millis, millis, minutes, type NodeId } from "../../../gateway/base/index.ts";
import { Forecaster, Habits, lossOf, wakesOf } from "../../../gateway/service/forecast/index.ts";
import { memoryState, type Phase } from "../../../gateway/store/index.ts";
import { startCampaign } from "../../support/campaign.ts";
import { openServices, type Services } from "../../support/services.ts";

const NODE = "n-0001" as NodeId;
const HOUR = hours(1);
const BLOCK = 512;

/** One node's habits, told wake by wake. */
class Told {
  readonly habits = new Habits();
  #phase: Phase = "waiting-wake";

  phase(to: Phase, received = 0): this {
    const at = millis(0);
    const fact = {
      seq: 1,
      at,
      type: "ota.phase",
      campaign: "c-1",
      node: NODE,
      from: this.#phase,
      to,
      received,
    } as const;
    this.habits.apply(fact);
    this.#phase = to;
    return this;
  }

  /** A check-in; what it told stands in facts before it, what it was offered in one after it. */
  report(): this {
    const reply = new Uint8Array();
    const nextWake = millis(HOUR);
    const state = "asleep";
    this.habits.apply({
      seq: 1,
      at: millis(0),
      type: "node.reported",
      node: NODE,
      report: 1,
      request: 1,
      reply,
      state,
      nextWake,
    });
    return this;
  }

  blocks(from: number, count: number): this {
    for (let block = from; block < from + count; block++) this.habits.served(NODE, block * BLOCK, BLOCK);
    return this;
  }
}

test("whole wakes are learnt, the last one only as far as it goes, and the wakes until the new image is heard", () => {
  const told = new Told().report().phase("offered").blocks(0, 64);
  told.phase("downloading", 32_768).report().blocks(64, 64);
  told.report(); // a wake in which nothing came
  told.phase("downloading", 65_536).report().blocks(128, 10);
  told.phase("verifying", 70_656).report();
  told.phase("applying", 70_656).report().phase("rebooting", 70_656).report().phase("done", 70_656).report();
  const habit = told.habits.of(NODE)!;
  expect(habit.perWake).toBe((32_768 + 16_384) / 2);
  expect(habit).toMatchObject({
    observed: 2,
    install: 3,
    done: 1,
    failed: 0,
    blockSize: BLOCK,
    served: 138,
    repeated: 0,
  });
});

test("a download within one wake says what a wake brings at least, and waiting for a window is no installing", () => {
  const told = new Told().report().phase("offered").blocks(0, 20).phase("verifying", 10_240).report();
  told.phase("waiting-window", 10_240).report().report().report();
  told.phase("applying", 10_240).report().phase("done").report();
  expect(told.habits.of(NODE)).toMatchObject({ perWake: 10_240, install: 2 });
});

test("a block asked for again was lost on its way, and requests are taken to be lost as often", () => {
  const told = new Told().report().phase("offered").blocks(0, 8).blocks(7, 1).blocks(7, 1);
  const habit = told.habits.of(NODE)!;
  expect(habit).toMatchObject({ served: 10, repeated: 2 });
  expect(lossOf(habit)).toBeCloseTo(1 - 0.8 ** 2);
  new Told().blocks(0, 8); // nobody's campaign
  expect(new Told().blocks(0, 8).habits.of(NODE)).toBeUndefined();
});

test("habits survive a restart, and go with their node", async () => {
  const told = new Told().report().phase("offered").blocks(0, 8).phase("failed");
  const state = memoryState();
  await state.commit("habits", 1, told.habits.drain());
  const again = new Habits();
  await again.load(state);
  expect(again.of(NODE)).toEqual(told.habits.of(NODE));
  again.apply({ seq: 2, at: millis(0), type: "node.removed", node: NODE, actor: "test" });
  expect(again.of(NODE)).toBeUndefined();
  expect(again.drain()).toEqual([{ table: "habit", key: NODE, value: undefined }]);
});

const REACH = {
  state: "asleep",
  lastSeen: millis(0),
  nextWake: millis(HOUR),
  interval: HOUR,
  missedWakes: 0,
  woke: millis(0),
  awakeTime: millis(93_000),
  expires: undefined,
  period: 1_800_000,
  deviation: 9_000,
  observed: 20,
  rival: 0,
  rivalled: 0,
} as const;

test.each([
  ["a learnt period", REACH, { due: HOUR, period: 1_800_000, missed: 0 }],
  ["one that is not to be trusted", { ...REACH, observed: 1 }, { due: HOUR, period: HOUR, missed: 0 }],
  ["two wakes missed", { ...REACH, missedWakes: 2 }, { due: 2 * HOUR, period: 1_800_000, missed: 2 }],
  ["never heard", { ...REACH, nextWake: undefined }, undefined],
])("the wakes to come: %s", (_name, reach, wakes) => {
  if (wakes === undefined) expect(wakesOf(reach, 0)).toBeUndefined();
  else expect(wakesOf(reach, 0)).toMatchObject(wakes);
});

const IMAGE = { digest: "ab".repeat(32), model: "room-sensor" };

async function heardOnce(services: Services, node: NodeId): Promise<void> {
  await services.ledger.record("node.reported", {
    node,
    report: 0,
    request: 0,
    reply: new Uint8Array(),
    state: "asleep",
    nextWake: millis(services.clock.now() + minutes(15)),
  });
}

test("what a campaign took is without its pauses, and held against its forecast", async () => {
  const services = await openServices();
  const { campaigns, ledger, clock, registry, join } = services;
  const node = await join("one");
  await heardOnce(services, node);
  const forecaster = new Forecaster({
    registry,
    habits: new Habits(),
    clock,
    zone: "UTC",
    meshOf: () => "test",
    sizeOf: () => 1000,
  });
  const campaign = await startCampaign({ image: IMAGE, nodes: [{ id: node }] }, services);
  const draft = {
    campaign,
    name: "",
    image: IMAGE.digest,
    targets: [node],
    excluded: [],
    stopAtPct: 50,
    silentAfter: 3,
  };
  await forecaster.record(draft, await forecaster.of(draft), ledger);
  const { forecast } = campaigns.get(campaign);
  expect((forecast?.p50 ?? 0) / minutes(15)).toBeCloseTo(4, 0);

  clock.advance(minutes(30));
  await campaigns.decide(campaign, "pause", "test", ledger);
  clock.advance(hours(10));
  await campaigns.decide(campaign, "resume", "test", ledger);
  clock.advance(minutes(20));
  await campaigns.advance(node, { type: "reported", report: { running: IMAGE.digest } }, ledger);
  const { measured, state } = campaigns.get(campaign);
  expect(state).toBe("done");
  expect(measured?.took).toBe(minutes(50) as Millis);
  expect(measured?.errorPct).toBeCloseTo((Math.abs((forecast?.p50 ?? 0) - minutes(50)) / minutes(50)) * 100, 0);
});
