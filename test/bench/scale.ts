/**
 * Bench group `scale`: what a sleepy node costs while it sleeps, and whether a check-in costs more when there are many
 * nodes. The services, the file journal, LMDB and the engine over UDP are the real ones; nodes are added by command (so
 * each has a security context and a remembered answer too), then wake in random order. `--nodes N` for other fleets.
 */
import type { ChildProcess } from "node:child_process";
import type { CheckInCommand, CheckInReport } from "./checkin-load.ts";
import {
  canMeasureProcesses,
  cpuTime,
  type Figure,
  type Figures,
  forkScript,
  messageOf,
  NODE_FLAGS,
} from "./measure.ts";
import type { ScaleCommand, ScaleMemory } from "./scale-server.ts";

export const DEFAULT_NODES = 100_000;
const IN_FLIGHT = 64;
/** What is compiled by then, and the young generation that has grown by then, are no node's. */
const WARM_UP = 30_000;
/** Nodes at the start, as a share of all: enough for checkpoints to run then too. Check-ins measured then and at the end. */
const FIRST_SHARE = 0.05;
const MEASURED_SHARE = 0.05;
const MEASURED_AT_LEAST = 15_000;

export async function scaleBench(nodes = DEFAULT_NODES): Promise<Figures> {
  if (!canMeasureProcesses()) {
    console.error("bench scale: left out, memory per process is read from /proc, which this system does not have");
    return {};
  }
  const running: ChildProcess[] = [];
  try {
    const load = forkScript("checkin-load", []);
    running.push(load);
    await messageOf(load);
    const server = forkScript("scale-server", [], [...NODE_FLAGS, "--expose-gc"]);
    running.push(server);
    const { port } = await messageOf<{ port: number }>(server);

    const join = async (from: number, count: number): Promise<void> => {
      server.send({ join: { from, count } } satisfies ScaleCommand);
      await messageOf(server);
    };
    const settle = (): Promise<ScaleMemory> => {
      server.send({ settle: true } satisfies ScaleCommand);
      return messageOf<ScaleMemory>(server);
    };
    const wake = async (from: number, count: number, requests: number): Promise<{ rate: number; us: number }> => {
      const cpu = cpuTime(server.pid ?? 0);
      const command = { port, kind: "check-in", inFlight: IN_FLIGHT, requests, nodes: { from, count } } as const;
      load.send(command satisfies CheckInCommand);
      const { answered, ms } = await messageOf<CheckInReport>(load);
      if (answered < requests) throw new Error(`${requests - answered} check-ins were not answered`);
      return { rate: (1000 * answered) / ms, us: (cpuTime(server.pid ?? 0) - cpu) / answered / 1000 };
    };

    const first = Math.max(1, Math.round(nodes * FIRST_SHARE));
    const measured = Math.max(MEASURED_AT_LEAST, Math.round(nodes * MEASURED_SHARE));
    await join(0, first);
    await wake(0, first, WARM_UP);
    const before = await settle();
    const start = await wake(0, first, measured);
    await join(first, nodes - first);
    await wake(first, nodes - first, nodes - first);
    const after = await settle();
    const end = await wake(0, nodes, measured);
    return {
      scale_nodes: one(nodes, "nodes"),
      anon_bytes_per_node: one((after.anon - before.anon) / (nodes - first), "bytes"),
      file_bytes_per_node: one((after.file - before.file) / (nodes - first), "bytes"),
      rss_anon_mib: one(after.anon / 2 ** 20, "MiB"),
      checkins_per_second_start: one(start.rate, "/s"),
      checkins_per_second_end: one(end.rate, "/s"),
      checkins_per_second_end_vs_start: one(end.rate / start.rate, "ratio"),
      checkin_cpu_start: one(start.us, "us"),
      checkin_cpu_end: one(end.us, "us"),
    };
  } finally {
    for (const child of running)
      if (child.connected) child.disconnect();
      else child.kill();
  }
}

const one = (value: number, unit: string): Figure => {
  const rounded = Math.round(value * 1000) / 1000;
  return { value: rounded, low: rounded, high: rounded, unit };
};
