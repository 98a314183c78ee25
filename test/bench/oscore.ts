/**
 * Bench group `oscore`: CPU time of the server process per firmware block under OSCORE (RFC 8613), 64 contexts in turn,
 * beside libcoap's plain answer to the same block in the same run.
 */
import type { ChildProcess } from "node:child_process";
import { benchImage } from "./coap-image.ts";
import type { LoadCommand } from "./coap-load.ts";
import { startLibcoap } from "./libcoap.ts";
import { canMeasureProcesses, cpuTime, type Figures, forkScript, messageOf, NODE_FLAGS, Table } from "./measure.ts";

const ROUNDS = 21;
const REQUESTS = 4_000;
const SIZES = [
  { szx: 6, bytes: 1024 },
  { szx: 2, bytes: 64 },
] as const;

export async function oscoreBench(): Promise<Figures> {
  if (!canMeasureProcesses()) {
    console.error("bench oscore: left out, CPU time per process is read from /proc, which this system does not have");
    return {};
  }
  const load = forkScript("coap-load", []);
  await messageOf(load);
  const server = forkScript("coap-server", [], NODE_FLAGS);
  const { port } = await messageOf<{ port: number }>(server);
  const running: ChildProcess[] = [load, server];
  try {
    const peer = await startLibcoap("oscore", benchImage());
    if (peer !== undefined) running.push(peer.process);

    /** CPU microseconds per request. */
    const measure = async ({ pid = 0 }: ChildProcess, command: LoadCommand): Promise<number> => {
      const before = cpuTime(pid);
      load.send(command);
      await messageOf(load);
      return (cpuTime(pid) - before) / command.requests / 1000;
    };
    const ours = { port, path: ["f", "img"] };
    for (const { szx } of SIZES) await measure(server, { ...ours, szx, requests: 12_000, secured: true });

    const table = new Table();
    for (let round = 0; round < ROUNDS; round++) {
      for (const { szx, bytes } of SIZES) {
        const secured = await measure(server, { ...ours, szx, requests: REQUESTS, secured: true });
        table.note(`oscore_block_${bytes}_cpu`, secured);
        if (peer === undefined) continue;
        const theirs = await measure(peer.process, { port: peer.port, path: ["img"], szx, requests: REQUESTS });
        table.note(`oscore_block_${bytes}_cpu_vs_libcoap_plain`, secured / theirs);
      }
    }
    return table.figures((name) => (name.includes("_vs_") ? "ratio" : "us"));
  } finally {
    for (const child of running) child.kill();
  }
}
