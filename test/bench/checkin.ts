/**
 * Bench group `checkin`: CPU time of the gateway's process per check-in that is on disk when it is answered, beside
 * libcoap's GET of a small resource, with 1, 8 and 64 in flight; and bytes written to disk per check-in, since memory
 * cards wear. The gateway runs without its MQTT half, as `sidgate gateway` will; `whole_process` has both.
 */
import type { ChildProcess } from "node:child_process";
import type { CheckInCommand } from "./checkin-load.ts";
import { startLibcoap } from "./libcoap.ts";
import {
  bytesWritten,
  canMeasureProcesses,
  cpuTime,
  type Figures,
  forkScript,
  messageOf,
  NODE_FLAGS,
  Table,
} from "./measure.ts";

const ROUNDS = 11;
const IN_FLIGHT = [1, 8, 64] as const;
const REQUESTS = { 1: 600, 8: 2_000, 64: 4_000 } as const;
const SMALL_RESOURCE = Buffer.from("22.5 degrees");

interface Server {
  readonly process: ChildProcess;
  readonly port: number;
}

async function startGateway(bridge: "with" | "without"): Promise<Server> {
  const child = forkScript("checkin-server", ["64", bridge], NODE_FLAGS);
  const { port } = await messageOf<{ port: number }>(child);
  return { process: child, port };
}

export async function checkInBench(): Promise<Figures> {
  if (!canMeasureProcesses()) {
    console.error("bench checkin: left out, CPU time per process is read from /proc, which this system does not have");
    return {};
  }
  const load = forkScript("checkin-load", []);
  await messageOf(load);
  const running: ChildProcess[] = [load];
  try {
    const ours = await startGateway("without");
    const whole = await startGateway("with");
    const peer = await startLibcoap("checkin", SMALL_RESOURCE);
    running.push(ours.process, whole.process, ...(peer === undefined ? [] : [peer.process]));

    const measure = async (server: Server, kind: CheckInCommand["kind"], inFlight: number, requests: number) => {
      const pid = server.process.pid ?? 0;
      const cpu = cpuTime(pid);
      const written = bytesWritten(pid);
      load.send({ port: server.port, kind, inFlight, requests } satisfies CheckInCommand);
      const { answered } = await messageOf<{ answered: number }>(load);
      return { us: (cpuTime(pid) - cpu) / answered / 1000, bytes: (bytesWritten(pid) - written) / answered };
    };

    for (const server of [ours, whole]) await measure(server, "check-in", 64, 8_000); // compiled code is what runs for years
    const table = new Table();
    for (let round = 0; round < ROUNDS; round++) {
      for (const inFlight of IN_FLIGHT) {
        const requests = REQUESTS[inFlight];
        const { us, bytes } = await measure(ours, "check-in", inFlight, requests);
        table.note(`checkin_cpu_${inFlight}`, us);
        table.note(`bytes_written_per_checkin_${inFlight}`, bytes);
        if (peer !== undefined) {
          const get = (await measure(peer, "get", inFlight, requests)).us;
          table.note(`libcoap_get_cpu_${inFlight}`, get);
          table.note(`checkin_cpu_vs_libcoap_get_${inFlight}`, us / get);
        }
      }
      table.note("checkin_whole_process_cpu_64", (await measure(whole, "check-in", 64, REQUESTS[64])).us);
    }
    return table.figures(unitOf);
  } finally {
    for (const child of running)
      if (child.connected) child.disconnect();
      else child.kill();
  }
}

function unitOf(name: string): string {
  if (name.startsWith("bytes")) return "bytes";
  return name.includes("_vs_") ? "ratio" : "us";
}
