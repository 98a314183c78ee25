/**
 * Bench group `coap`: CPU time of the server process per block, against libcoap's server, a stock node-coap server and a
 * bare dgram echo in the same run. Rounds are interleaved, so that a noisy neighbour hits all of them.
 */
import { type ChildProcess, execFile, fork, spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Szx } from "../../gateway/wire/coap/index.ts";
import { benchImage } from "./coap-image.ts";
import type { LoadCommand } from "./coap-load.ts";

export interface Figure {
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly unit: string;
}

interface Server {
  readonly process: ChildProcess;
  readonly port: number;
  readonly path: readonly string[];
}

const ROUNDS = 13;
const LIBCOAP_SERVER = "/usr/bin/coap-server-notls";
const LIBCOAP_CLIENT = "/usr/bin/coap-client-notls";
/** What the gateway's bin sets, so that what is measured is what runs. */
const NODE_FLAGS = ["--max-semi-space-size=64"];

const script = (name: string): string =>
  fileURLToPath(new URL(`./${name}${extname(import.meta.url)}`, import.meta.url));
const forkScript = (name: string, args: readonly string[], flags: readonly string[] = []): ChildProcess =>
  fork(script(name), [...args], { execArgv: [...process.execArgv, ...flags] });

async function forked(
  name: string,
  args: readonly string[],
  path: readonly string[],
  flags: readonly string[] = [],
): Promise<Server> {
  const child = forkScript(name, args, flags);
  const [{ port }] = (await once(child, "message")) as [{ port: number }];
  return { process: child, port, path };
}

async function freePort(): Promise<number> {
  const socket = createSocket("udp4");
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  const { port } = socket.address();
  socket.close();
  await once(socket, "close");
  return port;
}

/** libcoap's example server keeps what is PUT into it. */
async function libcoap(): Promise<Server | undefined> {
  if (!existsSync(LIBCOAP_SERVER) || !existsSync(LIBCOAP_CLIENT)) return undefined;
  const port = await freePort();
  const child = spawn(LIBCOAP_SERVER, ["-A", "127.0.0.1", "-p", String(port), "-d", "8"], { stdio: "ignore" });
  const folder = await mkdtemp(join(tmpdir(), "sidgate-bench-"));
  try {
    const file = join(folder, "image");
    await writeFile(file, benchImage());
    const put = ["-m", "put", "-b", "1024", "-B", "10", "-f", file, `coap://127.0.0.1:${port}/img`];
    await promisify(execFile)(LIBCOAP_CLIENT, put);
  } finally {
    await rm(folder, { recursive: true });
  }
  return { process: child, port, path: ["img"] };
}

/** Nanoseconds on a CPU, over all threads of the process (the collector's and the compiler's too). */
function cpuTime(pid: number): number {
  const tasks = `/proc/${pid}/task`;
  let total = 0;
  for (const task of readdirSync(tasks))
    total += Number(readFileSync(`${tasks}/${task}/schedstat`, "utf8").split(" ")[0]);
  return total;
}

function quartiles(values: readonly number[], unit: string): Figure {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number => {
    const place = (sorted.length - 1) * share;
    const [below, above] = [sorted[Math.floor(place)] ?? 0, sorted[Math.ceil(place)] ?? 0];
    return Math.round((below + (above - below) * (place % 1)) * 1000) / 1000;
  };
  return { value: at(0.5), low: at(0.25), high: at(0.75), unit };
}

export async function coapBench(): Promise<Record<string, Figure>> {
  if (!existsSync("/proc/self/task")) {
    console.error("bench coap: left out, CPU time per process is read from /proc, which this system does not have");
    return {};
  }
  const load = forkScript("coap-load", []);
  await once(load, "message");
  const running: ChildProcess[] = [load];
  const keep = <T extends Server | undefined>(server: T): T => {
    if (server !== undefined) running.push(server.process);
    return server;
  };
  try {
    const ours = keep(await forked("coap-server", [], ["f", "img"], NODE_FLAGS));
    const echo = keep(await forked("coap-peers", ["echo"], ["f", "img"], NODE_FLAGS));
    const nodeCoap = keep(await forked("coap-peers", ["node-coap", String(await freePort())], ["f", "img"]));
    const peer = keep(await libcoap());
    if (peer === undefined)
      console.error("bench coap: the *_vs_libcoap figures are left out, libcoap3-bin is not installed");

    /** CPU microseconds of the server per request. */
    const measure = async (server: Server, szx: Szx, requests: number): Promise<number> => {
      const pid = server.process.pid ?? 0;
      const before = cpuTime(pid);
      const command: LoadCommand = { port: server.port, path: server.path, szx, requests };
      load.send(command);
      await once(load, "message");
      return (cpuTime(pid) - before) / requests / 1000;
    };

    for (const szx of [6, 2] as const) await measure(ours, szx, 12_000); // compiled, not interpreted, is what runs for years
    await measure(echo, 6, 12_000);
    await measure(nodeCoap, 6, 200);

    const columns = new Map<string, number[]>();
    const note = (name: string, value: number): void => {
      columns.set(name, [...(columns.get(name) ?? []), value]);
    };
    for (let round = 0; round < ROUNDS; round++) {
      const large = await measure(ours, 6, 4_000);
      const floor = await measure(echo, 6, 4_000);
      note("block_1024_cpu", large);
      note("dgram_floor_cpu", floor);
      note("block_1024_cpu_vs_dgram_floor", large / floor);
      if (peer !== undefined) {
        const theirs = await measure(peer, 6, 4_000);
        note("libcoap_block_1024_cpu", theirs);
        note("block_1024_cpu_vs_libcoap", large / theirs);
        note("block_64_cpu_vs_libcoap", (await measure(ours, 2, 4_000)) / (await measure(peer, 2, 4_000)));
      }
      note("block_1024_cpu_vs_node_coap", large / (await measure(nodeCoap, 6, 150)));
    }
    return Object.fromEntries(
      [...columns].map(([name, values]) => [name, quartiles(values, name.includes("_vs_") ? "ratio" : "us")]),
    );
  } finally {
    for (const child of running) child.kill();
  }
}
