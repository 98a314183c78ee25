/**
 * The broker is killed with -9 again and again under load, whatever it saved: each event that it acknowledged and forgot is found
 * by the consumer and brought back by replay (docs/mqtt.md, "The promise").
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { Lifecycle } from "../../../gateway/base/index.ts";
import { hasMosquitto } from "../../support/bridge-mosquitto.ts";
import { inDrill } from "../../support/drill.ts";
import { eventually } from "../../support/gateway-process.ts";
import { MortalBroker, type Saving } from "./broker.ts";
import { Consumer, faultsIn, report } from "./consumer.ts";
import { factOf, openLine, produce } from "./line.ts";

const KILLS = inDrill(2, 6);
const EVERY_MS = 4;
const TOGETHER = 3;
/** Between two kills; the consumer of MQTT.js takes a second to come back. */
const PAUSE_MS = inDrill(800, 1_100);
const pause = (ms: number): Promise<void> => new Promise((resume) => void setTimeout(resume, ms));

async function killed(saving: Saving, protocol: 4 | 5): Promise<void> {
  const parts = new Lifecycle();
  try {
    const folder = await mkdtemp(join(tmpdir(), "sidgate-drill-"));
    parts.add({ close: () => rm(folder, { recursive: true, force: true }) });
    const broker = parts.add(await MortalBroker.start(saving));
    const consumer = parts.add(new Consumer(broker.url, "drill"));
    await consumer.subscribed();
    const line = parts.add(await openLine({ folder, url: broker.url, protocol }));
    const producer = produce(line.journal, EVERY_MS);
    await eventually("the first is told", () => consumer.history.length > 0);
    for (let kill = 0; kill < KILLS; kill++) {
      await pause(PAUSE_MS);
      await broker.kill();
      await broker.start();
      await eventually("it goes on", () => line.bridge.stats().connected);
    }
    await pause(PAUSE_MS);
    const produced = await producer.stop();
    await line.bridge.settled();
    expect(line.bridge.stats().protocol).toBe(protocol === 5 ? "5" : "3.1.1");
    await eventually("all is told", () => consumer.history.length >= produced).catch(() => undefined);
    const version = protocol === 5 ? "MQTT 5" : "MQTT 3.1.1";
    report(`broker that saves ${saving}, killed ${KILLS} times, ${version}`, consumer.counts(produced));
    expect(faultsIn(consumer.history, await line.facts())).toEqual([]);
    expect(consumer.lost).toEqual([]);
  } finally {
    await parts.close();
  }
}

(hasMosquitto ? describe : describe.skip)("a broker killed under load (needs mosquitto)", () => {
  const ROWS: ReadonlyArray<readonly [Saving, 4 | 5]> = inDrill<ReadonlyArray<readonly [Saving, 4 | 5]>>(
    [
      ["every change", 5],
      ["its timer", 4],
      ["nothing", 5],
    ],
    (["every change", "its timer", "nothing"] as const).flatMap((saving) => [
      [saving, 5] as const,
      [saving, 4] as const,
    ]),
  );
  test("the consumer ends with a complete, ordered history, whatever the broker saved", async () => {
    for (let at = 0; at < ROWS.length; at += TOGETHER) {
      await Promise.all(ROWS.slice(at, at + TOGETHER).map(([saving, protocol]) => killed(saving, protocol)));
    }
  }, 400_000);

  test("an event that nobody got, and none after it: a consumer that the broker forgot asks for what came meanwhile", async () => {
    const parts = new Lifecycle();
    try {
      const folder = await mkdtemp(join(tmpdir(), "sidgate-drill-"));
      parts.add({ close: () => rm(folder, { recursive: true, force: true }) });
      const broker = parts.add(await MortalBroker.start("nothing"));
      const consumer = parts.add(new Consumer(broker.url, "drill"));
      await consumer.subscribed();
      const line = parts.add(await openLine({ folder, url: broker.url }));
      await line.journal.append(factOf(0)).durable;
      await eventually("the first is told", () => consumer.history.length === 1);
      await broker.kill();
      await broker.start();
      await eventually("the bridge is back", () => line.bridge.stats().connected);
      await line.journal.append(factOf(1)).durable;
      await line.bridge.settled();
      await eventually("it is told", () => consumer.history.length === 2);
      expect(faultsIn(consumer.history, await line.facts())).toEqual([]);
    } finally {
      await parts.close();
    }
  });
});
