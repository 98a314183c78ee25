/**
 * The broker is away for an hour at fifty events a second: all waits on disk, bounded, and comes in order. With too little room
 * for it the oldest go, and everybody knows which (docs/mqtt.md, "The promise").
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { days, Lifecycle, type Logger, millis, SILENT } from "../../../gateway/base/index.ts";
import { hasMosquitto, subscribe } from "../../support/bridge-mosquitto.ts";
import { atSecond } from "../../support/bridge-site.ts";
import { inDrill } from "../../support/drill.ts";
import { eventually } from "../../support/gateway-process.ts";
import { VirtualClock } from "../../support/virtual-clock.ts";
import { MortalBroker } from "./broker.ts";
import { Consumer, chainFaults, faultsIn, isTold, report } from "./consumer.ts";
import { factOf, type Line, openLine } from "./line.ts";

/** Of the site's clock: an hour. */
const AWAY_S = inDrill(20, 3600);
const PER_SECOND = 50;
const MIB = 2 ** 20;
const JOINED = 20;
/** The last ones that were rendered, 500 at most, are there beside the limit. */
const BATCH = 500 * 600;

(hasMosquitto ? describe : describe.skip)("a broker that is away (needs mosquitto)", () => {
  let parts: Lifecycle;
  let folder: string;
  let broker: MortalBroker;
  let consumer: Consumer;
  let clock: VirtualClock;

  beforeEach(async () => {
    parts = new Lifecycle();
    folder = await mkdtemp(join(tmpdir(), "sidgate-drill-"));
    parts.add({ close: () => rm(folder, { recursive: true, force: true }) });
    broker = parts.add(await MortalBroker.start());
    consumer = parts.add(new Consumer(broker.url, "drill"));
    await consumer.subscribed();
    clock = new VirtualClock(atSecond(0));
  });
  afterEach(() => parts.close());

  /** Records facts `from` to `to`, 20 ms of the site's clock apart, as fast as the disk takes them. */
  async function record({ journal, bridge }: Line, from: number, to: number): Promise<void> {
    for (let index = from; index < to; index++) {
      const { durable } = journal.append(factOf(index, clock.now() + (1000 / PER_SECOND) * (index % PER_SECOND)));
      if (index % PER_SECOND === PER_SECOND - 1) await clock.advance(millis(1000));
      if (index % 1000 === 999 || index === to - 1) await durable;
    }
    await eventually("all is rendered", () => bridge.stats().rendered >= to, 300_000);
  }

  test("everything waits on disk, within bounds, and comes in order; retained topics have one value", async () => {
    const line = parts.add(await openLine({ folder, url: broker.url, clock }));
    await record(line, 0, JOINED);
    await line.bridge.settled();
    await eventually("the first are told", () => consumer.history.length === JOINED);
    await broker.kill();
    await eventually("it is noticed", () => !line.bridge.stats().connected);
    const before = { memory: process.memoryUsage().rss, disk: await line.outboxBytes() };
    const total = JOINED + AWAY_S * PER_SECOND;
    await record(line, JOINED, JOINED + PER_SECOND); // rendered, and so counted from, before the rest
    await record(line, JOINED + PER_SECOND, total);
    const waiting = line.bridge.stats();
    const memory = process.memoryUsage().rss - before.memory;
    const disk = (await line.outboxBytes()) - before.disk;
    expect(waiting).toMatchObject({ journalDepth: total - JOINED, outboxFilling: false });
    expect(waiting.oldestSeconds).toBeGreaterThan(0.5 * AWAY_S);
    // birth, state and ota of each node, and health
    expect(waiting.latestDepth).toBeLessThanOrEqual(JOINED * 3 + 1);
    expect(waiting.outboxBytes).toBeLessThan(256 * MIB);
    expect(disk).toBeLessThan(256 * MIB);
    expect(memory).toBeLessThan(400 * MIB);

    await broker.start();
    const retained = parts.add(await subscribe(broker.port, "sidgate/1/+/n/+/ota", "5"));
    await eventually("it is back", () => line.bridge.stats().connected);
    const begun = performance.now();
    await line.bridge.settled();
    const seconds = ((performance.now() - begun) / 1000).toFixed(1);
    await eventually("all is told", () => consumer.history.length >= total, 300_000);
    const facts = await line.facts();
    report(
      `broker away for ${AWAY_S} s at ${PER_SECOND}/s`,
      `${consumer.counts(total)}; ${Math.round(waiting.outboxBytes / MIB)} MiB waited, ${Math.round(disk / MIB)} MiB of disk, ${Math.round(memory / MIB)} MiB of memory, with the broker after ${seconds} s`,
    );
    expect(faultsIn(consumer.history, facts)).toEqual([]);
    expect(consumer.arrived.inversions).toBe(0);
    // What the broker had before it went, and one value each since.
    const values = retained.lines.filter(({ retained: kept }) => !kept);
    expect(values.length).toBeLessThanOrEqual(JOINED);
  }, 900_000);

  test("with little room: an alarm at four fifths, then the oldest go, and the consumer knows which", async () => {
    const said: string[] = [];
    const log: Logger = {
      ...SILENT,
      warn: (event) => void said.push(event),
      error: (event) => void said.push(event),
    };
    const limits = { maxBytes: MIB, replaySpan: days(7) };
    const line = parts.add(await openLine({ folder, url: broker.url, clock, limits, log }));
    await record(line, 0, JOINED);
    await line.bridge.settled();
    await eventually("the first are told", () => consumer.history.length === JOINED);
    await broker.kill();
    let total = JOINED;
    while (!line.bridge.stats().outboxFilling) {
      await record(line, total, total + 200);
      total += 200;
    }
    expect(said).toContain("mqtt.outbox-filling");
    expect(said).not.toContain("mqtt.journal-overflow");
    const { outboxBytes } = line.bridge.stats();
    expect(outboxBytes).toBeGreaterThan(0.75 * limits.maxBytes);
    expect(outboxBytes).toBeLessThan(limits.maxBytes);
    await record(line, total, total + inDrill(800, 20_000));
    total += inDrill(800, 20_000);
    expect(said).toContain("mqtt.journal-overflow");
    expect(line.bridge.stats().outboxBytes).toBeLessThan(limits.maxBytes + BATCH);

    await broker.start();
    const health = parts.add(await subscribe(broker.port, "sidgate/1/+/health", "5"));
    await eventually("it is back", () => line.bridge.stats().connected);
    await line.bridge.settled();
    await eventually("the end is told", () => consumer.history.at(-1)?.seq === String(total));
    const overflows = consumer.history.filter(({ type }) => type === "journal.overflow");
    report(
      `broker away with room for ${limits.maxBytes} bytes`,
      `${consumer.counts(total)}: told as lost ${consumer.lost.map(({ from, to }) => `${from}-${to}`).join()}`,
    );
    expect(overflows.length).toBe(1);
    const [overflow] = overflows;
    if (overflow?.type !== "journal.overflow") throw new Error("no overflow");
    const from = Number(overflow["from-seq"]);
    const to = Number(overflow["to-seq"]);
    // The overflow has the last number itself.
    expect(consumer.lost).toEqual([{ epoch: 3, from: String(from), to: String(to - 1) }]);
    expect(from).toBe(JOINED + 1);
    const kept = (await line.facts()).filter((fact) => isTold(fact) && (fact.seq < from || fact.seq > to));
    const told = consumer.history.filter((event) => event !== overflow);
    expect(told.map(({ seq }) => Number(seq))).toEqual(kept.map(({ seq }) => seq));
    expect(chainFaults(consumer.history)).toEqual([]);
    await health.until((lines) => lines.some(({ payload }) => payload.includes('"outbox-filling":true')));
  }, 120_000);
});
