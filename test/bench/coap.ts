/**
 * Bench group `coap`: CPU time of the server process per block, against libcoap's server, a stock node-coap server and a
 * bare dgram echo in the same run. Rounds are interleaved, so that a noisy neighbour hits all of them.
 */
import type { ChildProcess } from "node:child_process";
import type { Szx } from "../../gateway/wire/coap/index.ts";
import { benchImage, SMALL_RESOURCE } from "./coap-image.ts";
import type { LoadCommand } from "./coap-load.ts";
import { startLibcoap } from "./libcoap.ts";
import {
  canMeasureProcesses,
  cpuTime,
  type Figures,
  forkScript,
  freeUdpPort,
  messageOf,
  NODE_FLAGS,
  Table,
} from "./measure.ts";

interface Server {
  readonly process: ChildProcess;
  readonly port: number;
  readonly path: readonly string[];
}

const ROUNDS = 31;

async function forked(
  name: string,
  args: readonly string[],
  path: readonly string[],
  flags: readonly string[] = [],
): Promise<Server> {
  const child = forkScript(name, args, flags);
  const { port } = await messageOf<{ port: number }>(child);
  return { process: child, port, path };
}

export async function coapBench(): Promise<Figures> {
  if (!canMeasureProcesses()) {
    console.error("bench coap: left out, CPU time per process is read from /proc, which this system does not have");
    return {};
  }
  const load = forkScript("coap-load", []);
  await messageOf(load);
  const running: ChildProcess[] = [load];
  const keep = <T extends Server | undefined>(server: T): T => {
    if (server !== undefined) running.push(server.process);
    return server;
  };
  try {
    const ours = keep(await forked("coap-server", [], ["f", "img"], NODE_FLAGS));
    const echo = keep(await forked("coap-peers", ["echo"], ["f", "img"], NODE_FLAGS));
    const nodeCoap = keep(await forked("coap-peers", ["node-coap", String(await freeUdpPort())], ["f", "img"]));
    const libcoap = await startLibcoap("coap", benchImage());
    const peer = keep(libcoap && { ...libcoap, path: ["img"] });
    const libcoapSmall = await startLibcoap("coap", SMALL_RESOURCE);
    const smallPeer = keep(libcoapSmall && { ...libcoapSmall, path: ["img"] });
    const small = { ...ours, path: ["small"] };

    /** CPU microseconds of the server per request. */
    const measure = async (server: Server, szx: Szx | undefined, requests: number): Promise<number> => {
      const pid = server.process.pid ?? 0;
      const before = cpuTime(pid);
      const command: LoadCommand = { port: server.port, path: server.path, szx, requests };
      load.send(command);
      await messageOf(load);
      return (cpuTime(pid) - before) / requests / 1000;
    };

    for (const szx of [6, 2] as const) await measure(ours, szx, 12_000); // compiled, not interpreted, is what runs for years
    await measure(small, undefined, 12_000);
    await measure(echo, 6, 12_000);
    await measure(nodeCoap, 6, 200);

    const table = new Table();
    for (let round = 0; round < ROUNDS; round++) {
      const large = await measure(ours, 6, 4_000);
      const floor = await measure(echo, 6, 4_000);
      table.note("block_1024_cpu", large);
      table.note("dgram_floor_cpu", floor);
      table.note("block_1024_cpu_vs_dgram_floor", large / floor);
      if (peer !== undefined) {
        const theirs = await measure(peer, 6, 4_000);
        table.note("libcoap_block_1024_cpu", theirs);
        table.note("block_1024_cpu_vs_libcoap", large / theirs);
        table.note("block_64_cpu_vs_libcoap", (await measure(ours, 2, 4_000)) / (await measure(peer, 2, 4_000)));
      }
      if (smallPeer !== undefined) {
        const get = await measure(small, undefined, 4_000);
        table.note("get_cpu", get);
        table.note("get_cpu_vs_libcoap", get / (await measure(smallPeer, undefined, 4_000)));
      }
      table.note("block_1024_cpu_vs_node_coap", large / (await measure(nodeCoap, 6, 150)));
    }
    return table.figures((name) => (name.includes("_vs_") ? "ratio" : "us"));
  } finally {
    for (const child of running) child.kill();
  }
}
