/**
 * Bench group `redis`: CPU time of the gateway's process per check-in that is kept when it is answered, with the site in Redis
 * (appendfsync always, on a Unix socket) beside the default, the journal of files and LMDB; both under the same load, 64 in
 * flight, without their MQTT halves. What Redis itself takes on top is told apart.
 */
import type { ChildProcess } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DURABLE, hasRedis, startRedis } from "../store/redis-server.ts";
import type { CheckInCommand, CheckInReport } from "./checkin-load.ts";
import { canMeasureProcesses, cpuTime, type Figures, forkScript, messageOf, NODE_FLAGS, Table } from "./measure.ts";

const NODES = 64;
const IN_FLIGHT = 64;
const WARM = 6_000;
const REQUESTS = 2_500;
const ROUNDS = 9;

interface Server {
  readonly process: ChildProcess;
  readonly port: number;
}

export async function redisBench(): Promise<Figures> {
  if (!hasRedis || !canMeasureProcesses()) {
    console.error(`bench redis: left out, ${hasRedis ? "there is no /proc" : "redis-server is not installed"}`);
    return {};
  }
  const folder = await mkdtemp(join(tmpdir(), "sidgate-bench-redis-"));
  const redis = await startRedis(folder, ...DURABLE);
  const children: ChildProcess[] = [];
  const fork = async <T>(script: string, args: readonly string[]): Promise<T & { readonly process: ChildProcess }> => {
    const process = forkScript(script, args, NODE_FLAGS);
    children.push(process);
    return { ...(await messageOf<T>(process)), process };
  };
  try {
    const load = await fork("checkin-load", []);
    const servers = {
      default: await fork<{ port: number }>("checkin-server", [String(NODES), "without"]),
      redis: await fork<{ port: number }>("checkin-server", [String(NODES), "without", "", redis.url]),
    };
    const run = async ({ process, port }: Server, requests: number) => {
      const cpu = cpuTime(process.pid ?? 0);
      const backing = cpuTime(redis.pid);
      load.process.send({ port, kind: "check-in", inFlight: IN_FLIGHT, requests } satisfies CheckInCommand);
      const { answered, ms } = await messageOf<CheckInReport>(load.process);
      const per = (nanoseconds: number): number => nanoseconds / answered / 1000;
      return {
        cpu: per(cpuTime(process.pid ?? 0) - cpu),
        backing: per(cpuTime(redis.pid) - backing),
        rate: answered / ms,
      };
    };
    for (const server of Object.values(servers)) await run(server, WARM); // compiled code is what runs for years
    const table = new Table();
    for (let round = 0; round < ROUNDS; round++) {
      const [files, shared] = [await run(servers.default, REQUESTS), await run(servers.redis, REQUESTS)];
      table.note("default_checkin_cpu", files.cpu);
      table.note("redis_checkin_cpu", shared.cpu);
      table.note("redis_server_cpu", shared.backing);
      table.note("redis_checkin_cpu_vs_default", shared.cpu / files.cpu);
      table.note("redis_checkin_rate_vs_default", shared.rate / files.rate);
    }
    return table.figures((name) => (name.includes("_vs_") ? "ratio" : "us"));
  } finally {
    for (const child of children) if (child.connected) child.disconnect();
    await Promise.all(children.map(gone));
    await redis.stop();
    await rm(folder, { recursive: true, force: true, maxRetries: 10 });
  }
}

const LEAVING_MS = 5_000;

/** A gateway says goodbye to its Redis before that ends. */
const gone = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    const patience = setTimeout(() => child.kill("SIGKILL"), LEAVING_MS);
    child.once("exit", () => {
      clearTimeout(patience);
      resolve();
    });
  });
