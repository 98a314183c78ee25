/**
 * Bench group `oscore`: CPU time of the server process per firmware block under OSCORE (RFC 8613), 64 contexts in turn,
 * beside libcoap's plain answer to the same block in the same run; and per check-in, beside the same check-in plain.
 */
import type { ChildProcess } from "node:child_process";
import type { PeerCredential } from "../../gateway/admin/api/index.ts";
import type { CheckInCommand, CheckInReport } from "./checkin-load.ts";
import { benchImage } from "./coap-image.ts";
import type { LoadCommand } from "./coap-load.ts";
import { startLibcoap } from "./libcoap.ts";
import { canMeasureProcesses, cpuTime, type Figures, forkScript, messageOf, NODE_FLAGS, Table } from "./measure.ts";

const ROUNDS = 15;
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

    const checkIns = await openCheckIns(running);
    const table = new Table();
    for (let round = 0; round < ROUNDS; round++) {
      for (const { szx, bytes } of SIZES) {
        const secured = await measure(server, { ...ours, szx, requests: REQUESTS, secured: true });
        table.note(`oscore_block_${bytes}_cpu`, secured);
        if (peer === undefined) continue;
        const theirs = await measure(peer.process, { port: peer.port, path: ["img"], szx, requests: REQUESTS });
        table.note(`oscore_block_${bytes}_cpu_vs_libcoap_plain`, secured / theirs);
      }
      const plain = await checkIns("plain");
      const secured = await checkIns("secured");
      table.note("oscore_checkin_cpu", secured);
      table.note("oscore_checkin_cpu_vs_plain", secured / plain);
    }
    return table.figures((name) => (name.includes("_vs_") ? "ratio" : "us"));
  } finally {
    for (const child of running)
      if (child.connected) child.disconnect();
      else child.kill();
  }
}

/** A gateway and 64 nodes with 64 check-ins in flight: CPU microseconds per check-in. */
async function openCheckIns(running: ChildProcess[]): Promise<(how: "plain" | "secured") => Promise<number>> {
  const load = forkScript("checkin-load", []);
  running.push(load);
  await messageOf(load);
  const server = forkScript("checkin-server", ["64", "without"], NODE_FLAGS);
  running.push(server);
  const { port, credentials } = await messageOf<{ port: number; credentials: readonly PeerCredential[] }>(server);
  const measure = async (how: "plain" | "secured", requests: number): Promise<number> => {
    const before = cpuTime(server.pid ?? 0);
    const command: CheckInCommand = { port, kind: "check-in", inFlight: 64, requests };
    load.send(how === "plain" ? command : { ...command, credentials });
    const { answered } = await messageOf<CheckInReport>(load);
    return (cpuTime(server.pid ?? 0) - before) / answered / 1000;
  };
  for (const how of ["plain", "secured"] as const) await measure(how, 8_000);
  return (how) => measure(how, REQUESTS);
}
