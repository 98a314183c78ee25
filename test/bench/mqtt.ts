/**
 * Bench group `mqtt`: what the bridge costs per message from journal to PUBACK beside raw mqtt.js with the same bytes, both over
 * Mosquitto with QoS 1 and a window of 64; from a check-in to the subscriber; how long a broker that was away for an hour takes
 * to hear it all; and what a message takes up in the outbox.
 */
import type { ChildProcess } from "node:child_process";
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Dial, dial, openMqttBridge, treesFrom } from "../../cloud-bridge/mqtt/index.ts";
import { millis, SILENT, seededRandom, systemClock } from "../../gateway/base/index.ts";
import { memoryJournal, openLmdbState, type StateStore } from "../../gateway/store/index.ts";
import { fixedSchema, loadModels } from "../../gateway/yang/index.ts";
import { hasMosquitto, startMosquitto } from "../support/bridge-mosquitto.ts";
import { type Figures, forkScript, messageOf, quartiles, Table } from "./measure.ts";
import { checkInLatency } from "./mqtt-latency.ts";
import type { RelayReport } from "./mqtt-relay.ts";

const WARM = 8_000;
const FACTS = 4_000;
const ROUNDS = 7;
/** One hour at 50 a second. */
const BACKLOG = 180_000;
/** So that both publishers have a window of 64: by default Mosquitto grants 20. */
const WINDOW = "max_inflight_messages 64";

export async function mqttBench(): Promise<Figures> {
  if (!hasMosquitto) {
    console.error("bench mqtt: left out, mosquitto is not installed");
    return {};
  }
  const broker = await startMosquitto({ extra: [WINDOW] });
  try {
    return { ...(await relay(broker.url)), ...(await checkInLatency(broker.url)), ...(await catchUp(broker.url)) };
  } finally {
    await broker.close();
  }
}

async function relay(url: string): Promise<Figures> {
  const folder = await mkdtemp(join(tmpdir(), "sidgate-bench-mqtt-"));
  const tape = join(folder, "tape.json");
  const running: ChildProcess[] = [];
  const start = async (kind: "bridge" | "raw", warm: number, facts: number, rounds: number): Promise<ChildProcess> => {
    const child = forkScript("mqtt-relay", [kind, url, tape, ...[warm, facts, rounds].map(String)]);
    running.push(child);
    await messageOf(child);
    return child;
  };
  const round = (child: ChildProcess): Promise<RelayReport> => {
    child.send("go");
    return messageOf<RelayReport>(child);
  };
  try {
    await round(await start("bridge", WARM, FACTS, 1)); // once, for its messages
    running.pop()?.disconnect();
    const ours = await start("bridge", WARM, FACTS, ROUNDS);
    const raw = await start("raw", 0, 0, 0);
    const table = new Table();
    for (let number = 0; number < ROUNDS; number++) {
      const [relayed, published] = [await round(ours), await round(raw)];
      const per = ({ cpu, messages }: RelayReport): number => cpu / messages;
      const rate = ({ ms, messages }: RelayReport): number => (messages / ms) * 1000;
      table.note("mqtt_relay_cpu", per(relayed));
      table.note("mqtt_raw_cpu", per(published));
      table.note("mqtt_relay_cpu_vs_raw", per(relayed) / per(published));
      table.note("mqtt_relay_rate_vs_raw", rate(relayed) / rate(published));
    }
    return table.figures((name) => (name.includes("_vs_") ? "ratio" : "us"));
  } finally {
    for (const child of running) child.disconnect();
    await rm(folder, { recursive: true, force: true });
  }
}

/** The broker comes back when an hour of events waits in the outbox. */
async function catchUp(url: string): Promise<Figures> {
  const folder = await mkdtemp(join(tmpdir(), "sidgate-bench-outbox-"));
  const state = await openLmdbState({ folder });
  const journal = memoryJournal();
  const schema = await loadModels({ log: SILENT });
  let away = true;
  const dialled: Dial = (request) => (away ? Promise.reject(new Error("the broker is away")) : dial(request));
  const bridge = await openMqttBridge({
    site: { site: "s-bench-2", epoch: 1, process: "gw-bench" },
    journal,
    state,
    trees: treesFrom(fixedSchema(schema)),
    clock: systemClock(),
    realtime: systemClock(),
    random: { next: () => seededRandom(1).next() / 100 },
    log: SILENT,
    dial: dialled,
    broker: { url, protocol: 5 },
    run: { roles: ["gateway", "bridge"], broker: "configured" },
    software: { sidgate: "bench" },
    figures: () => ({}),
    sections: () => ({}),
    limits: { maxBytes: 2 ** 31, replaySpan: millis(1e15) },
  });
  try {
    const before = await bytesIn(folder);
    for (let index = 0; index < BACKLOG; index++) {
      const digest = index.toString(16).padStart(64, "0");
      const { durable } = journal.append({ type: "image.removed", at: millis(index), digest, actor: "bench" });
      if (index % 5000 === 4999) await durable;
    }
    await rendered(bridge, BACKLOG);
    const bytes = ((await bytesIn(folder)) - before) / BACKLOG;
    const start = performance.now();
    away = false;
    await bridge.settled();
    const seconds = (performance.now() - start) / 1000;
    return {
      catch_up_seconds_180k: quartiles([seconds], "s"),
      outbox_bytes_per_message: quartiles([bytes], "bytes"),
      payload_bytes_per_message: quartiles([await payloadBytes(state)], "bytes"),
    };
  } finally {
    await bridge.close();
    await state.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function rendered(bridge: { stats(): { readonly rendered: number } }, seq: number): Promise<void> {
  while (bridge.stats().rendered < seq) await new Promise((resolve) => setTimeout(resolve, 20));
}

async function bytesIn(folder: string): Promise<number> {
  const sizes = (await readdir(folder)).map(async (name) => (await stat(join(folder, name))).blocks * 512);
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

async function payloadBytes(state: StateStore): Promise<number> {
  const rows = await state.entries("mqtt.journal", "", 1000);
  return rows.reduce((sum, [, row]) => sum + row.length, 0) / rows.length;
}
