/**
 * Bench group `mqtt`: what the bridge costs per message from journal to PUBACK beside raw mqtt.js with the same bytes, both over
 * Mosquitto with QoS 1 and a window of 64; from a check-in to the subscriber; how long a broker that was away for an hour takes
 * to hear it all; and what a message takes up in the outbox.
 */
import type { ChildProcess } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hasMosquitto, startMosquitto } from "../support/bridge-mosquitto.ts";
import { type Figures, forkScript, messageOf, Table } from "./measure.ts";
import { catchUp } from "./mqtt-catch-up.ts";
import { checkInLatency } from "./mqtt-latency.ts";
import type { RelayReport } from "./mqtt-relay.ts";

const WARM = 4_000;
const FACTS = 2_500;
const ROUNDS = 5;
/** So that both publishers have a window of 64: by default Mosquitto grants 20. */
const WINDOW = "max_inflight_messages 64";
/** On a machine that is busy with other things the last part is left out rather than waited for. */
const PATIENCE_MS = 42_000;

/** Where a part of the group runs. */
export interface Bench {
  readonly url: string;
  readonly folder: string;
  /** Ends with the group. */
  fork(script: string, args: readonly string[], flags?: readonly string[]): ChildProcess;
}

const PARTS = [relay, checkInLatency, catchUp];

export async function mqttBench(): Promise<Figures> {
  if (!hasMosquitto) {
    console.error("bench mqtt: left out, mosquitto is not installed");
    return {};
  }
  const folder = await mkdtemp(join(tmpdir(), "sidgate-bench-mqtt-"));
  const broker = await startMosquitto({ extra: [WINDOW] });
  const children: ChildProcess[] = [];
  const fork: Bench["fork"] = (script, args, flags) => {
    const child = forkScript(script, args, flags);
    children.push(child);
    return child;
  };
  const late = lateAfter(PATIENCE_MS);
  const figures: Figures = {};
  try {
    for (const part of PARTS) {
      const done = await Promise.race([part({ url: broker.url, folder, fork }), late.promise]);
      if (done === "late") {
        console.error(`bench mqtt: ${part.name} and what follows left out, after ${PATIENCE_MS / 1000} s`);
        break;
      }
      Object.assign(figures, done);
    }
    return figures;
  } finally {
    late.cancel();
    for (const child of children) if (child.connected) child.disconnect();
    await broker.close();
    await rm(folder, { recursive: true, force: true, maxRetries: 10 });
  }
}

function lateAfter(ms: number): { readonly promise: Promise<"late">; cancel(): void } {
  let timer: NodeJS.Timeout | undefined;
  const promise = new Promise<"late">((resolve) => {
    timer = setTimeout(() => resolve("late"), ms);
  });
  return { promise, cancel: () => clearTimeout(timer) };
}

/** Rounds of both by turns, since the machine's speed changes from second to second. */
async function relay({ url, folder, fork }: Bench): Promise<Figures> {
  const start = async (kind: "bridge" | "raw"): Promise<ChildProcess> => {
    const child = fork("mqtt-relay", [kind, url, folder, ...[WARM, FACTS, ROUNDS + 1].map(String)]);
    await messageOf(child);
    return child;
  };
  const round = (child: ChildProcess): Promise<RelayReport> => {
    child.send("go");
    return messageOf<RelayReport>(child);
  };
  const ours = await start("bridge");
  await round(ours); // for its messages, which the other one publishes
  const raw = await start("raw");
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
  for (const child of [ours, raw]) child.disconnect();
  return table.figures((name) => (name.includes("_vs_") ? "ratio" : "us"));
}
