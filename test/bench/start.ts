/** Bench group `start`: from `sidgate run` to the first answer over CoAP, and memory of the idle gateway. */
import { spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { packageFolder } from "../../gateway/app/version.ts";
import { type Figures, freeUdpPort, NODE_FLAGS, quartiles } from "./measure.ts";

const ROUNDS = 7;
const IDLE_MS = 1_500;
/** CoAP ping (RFC 7252 §4.3). */
const PING = Buffer.from("40001234", "hex");

export async function startBench(): Promise<Figures> {
  const folder = await mkdtemp(join(tmpdir(), "sidgate-bench-"));
  try {
    const first = await oneStart(folder); // makes the data folder and compiles the models: the very first start
    const starts: number[] = [];
    const memory: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const { ms, rssMib } = await oneStart(folder);
      starts.push(ms);
      memory.push(rssMib);
    }
    return {
      start_ms: quartiles(starts, "ms"),
      first_start_ms: quartiles([first.ms], "ms"),
      rss_mib_idle: quartiles(memory, "MiB"),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function oneStart(folder: string): Promise<{ readonly ms: number; readonly rssMib: number }> {
  const port = await freeUdpPort();
  const begun = performance.now();
  const child = spawn(process.execPath, [...NODE_FLAGS, join(packageFolder(), "bin", "sidgate.js"), "run"], {
    stdio: "ignore",
    env: {
      ...process.env,
      SIDGATE_DATA: folder,
      SIDGATE_COAP__LISTEN: `127.0.0.1:${port}`,
      SIDGATE_ADMIN__LISTEN: "127.0.0.1:0",
      SIDGATE_MQTT__EMBEDDED__PORT: "0",
    },
  });
  await firstAnswer(port);
  const ms = performance.now() - begun;
  await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
  const rss = Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))?.[1]);
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  await ended;
  return { ms, rssMib: rss / 1024 };
}

async function firstAnswer(port: number): Promise<void> {
  const socket = createSocket("udp4");
  socket.on("error", () => undefined); // refused until the gateway listens
  socket.connect(port, "127.0.0.1");
  await once(socket, "connect");
  const asking = setInterval(() => socket.send(PING, () => undefined), 5);
  await new Promise((resolve) => socket.once("message", resolve)); // once() of node:events would end at the first error
  clearInterval(asking);
  socket.close();
}
