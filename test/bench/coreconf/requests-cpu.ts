/**
 * CPU time of the gateway's process per FETCH and per iPATCH of one leaf, beside libcoap's GET and PUT of a small resource
 * in interleaved rounds. The gateway has a fleet of 1000 nodes that have reported once. Edits are on disk when they are
 * answered, what libcoap's server is PUT is not.
 */
import type { ChildProcess } from "node:child_process";
import type { PeerCredential } from "../../../gateway/admin/api/index.ts";
import type { CheckInCommand } from "../checkin-load.ts";
import { startLibcoap } from "../libcoap.ts";
import { cpuTime, type Figures, forkScript, messageOf, NODE_FLAGS, quartiles, Table } from "../measure.ts";
import type { CoreconfCommand, CoreconfReport, WholeCommand } from "./load.ts";
import type { RequestKind } from "./requests.ts";
import type { Fleet } from "./server.ts";

const IN_FLIGHT = 64;
const SMALL_RESOURCE = Buffer.from("22.5 degrees");

/** How much is measured. */
export interface Extent {
  readonly nodes: number;
  readonly manyNodes: number;
  readonly rounds: number;
  readonly requests: number;
  readonly edits: number;
  /** Compiled code is what runs for years. */
  readonly warmUp: number;
  readonly wholeRounds: number;
}

/** Half of them are admins, half viewers, who are under the rules. */
const MANAGERS = 16;

interface Server extends Fleet {
  readonly process: ChildProcess;
}

type Ask = (
  kind: RequestKind,
  requests: number,
  managers?: readonly PeerCredential[],
  inFlight?: number,
) => Promise<number>;

export async function requestFigures(extent: Extent, running: ChildProcess[]): Promise<Figures> {
  const load = forkScript("coreconf/load", []);
  running.push(load);
  await messageOf(load);
  return { ...(await leafFigures(extent, load, running)), ...(await largeFleetFigures(extent, load, running)) };
}

async function startServer(nodes: number, managers: number, running: ChildProcess[]): Promise<Server> {
  const server = forkScript("coreconf/server", [String(nodes), String(managers)], NODE_FLAGS);
  running.push(server);
  const fleet = await messageOf<Fleet>(server);
  const wakes = forkScript("checkin-load", []);
  running.push(wakes);
  await messageOf(wakes);
  const all: CheckInCommand = {
    port: fleet.port,
    kind: "check-in",
    inFlight: IN_FLIGHT,
    requests: nodes,
    nodes: { from: 0, count: nodes },
  };
  wakes.send(all);
  await messageOf(wakes);
  wakes.disconnect();
  return { ...fleet, process: server };
}

/** CPU microseconds of a server per request. */
const asking =
  (load: ChildProcess, { pid = 0 }: ChildProcess, port: number, nodes: readonly string[]): Ask =>
  async (kind, requests, managers, inFlight = IN_FLIGHT) => {
    const before = cpuTime(pid);
    const command: CoreconfCommand = { port, kind, inFlight, requests, nodes };
    load.send(managers === undefined ? command : { ...command, managers });
    const { answered } = await messageOf<CoreconfReport>(load);
    return (cpuTime(pid) - before) / answered / 1000;
  };

async function leafFigures(
  { nodes, rounds, requests, edits, warmUp }: Extent,
  load: ChildProcess,
  running: ChildProcess[],
): Promise<Figures> {
  const server = await startServer(nodes, MANAGERS, running);
  const libcoap = await startLibcoap("coreconf", SMALL_RESOURCE);
  if (libcoap !== undefined) running.push(libcoap.process);
  // Reads and edits have a half of the fleet each: what is made anew after an edit is not to be counted as a read.
  const half = nodes / 2;
  const ours = asking(load, server.process, server.port, server.nodes.slice(0, half));
  const edited = asking(load, server.process, server.port, server.nodes.slice(half));
  const theirs = libcoap && asking(load, libcoap.process, libcoap.port, server.nodes);
  const admins = server.managers.slice(0, MANAGERS / 2);
  const viewers = server.managers.slice(MANAGERS / 2);

  await ours("fetchOfNode", warmUp);
  for (const kind of ["fetchNodeName", "fetchOfGateway"] as const) await ours(kind, warmUp / 2);
  await edited("ipatchOfNode", warmUp / 2);
  for (const managers of [admins, viewers]) {
    await ours("fetchOfNode", managers.length, managers, managers.length); // each is asked for its Echo once
    await ours("fetchOfNode", warmUp / 2, managers);
  }

  const table = new Table();
  const note = (name: string, value: number): number => {
    table.note(name, value);
    return value;
  };
  for (let round = 0; round < rounds; round++) {
    const fetch = note("fetch_leaf_cpu", await ours("fetchOfNode", requests));
    const get = theirs && note("libcoap_get_cpu", await theirs("get", requests));
    if (get !== undefined) note("fetch_leaf_cpu_vs_libcoap_get", fetch / get);
    const name = note("fetch_node_name_cpu", await ours("fetchNodeName", requests));
    const own = note("fetch_gateway_leaf_cpu", await ours("fetchOfGateway", requests));
    if (get !== undefined) {
      note("fetch_node_name_cpu_vs_libcoap_get", name / get);
      note("fetch_gateway_leaf_cpu_vs_libcoap_get", own / get);
    }
    const edit = note("ipatch_leaf_cpu", await edited("ipatchOfNode", edits));
    const put = theirs && note("libcoap_put_cpu", await theirs("put", edits));
    if (put !== undefined) note("ipatch_leaf_cpu_vs_libcoap_put", edit / put);
    note("oscore_fetch_leaf_cpu_vs_plain", (await ours("fetchOfNode", requests, admins)) / fetch);
    note("oscore_fetch_leaf_of_viewer_cpu_vs_plain", (await ours("fetchOfNode", requests, viewers)) / fetch);
  }
  server.process.disconnect();
  return table.figures((name) => (name.includes("_vs_") ? "ratio" : "us"));
}

/** One leaf and all of the gateway's own datastore, when ten thousand nodes are in it, most of them at rest. */
async function largeFleetFigures(
  { manyNodes, wholeRounds, requests, warmUp }: Extent,
  load: ChildProcess,
  running: ChildProcess[],
): Promise<Figures> {
  const server = await startServer(manyNodes, 0, running);
  const ours = asking(load, server.process, server.port, server.nodes);
  await ours("fetchNodeName", warmUp);
  const whole = async (most: number): Promise<CoreconfReport & { readonly cpuMs: number }> => {
    const before = cpuTime(server.process.pid ?? 0);
    load.send({ port: server.port, whole: ["c"], most } satisfies WholeCommand);
    const report = await messageOf<CoreconfReport>(load);
    return { ...report, cpuMs: (cpuTime(server.process.pid ?? 0) - before) / 1e6 };
  };
  const names: number[] = [];
  const first: number[] = [];
  const firstCpu: number[] = [];
  const all: number[] = [];
  for (let round = 0; round < wholeRounds; round++) {
    names.push(await ours("fetchNodeName", requests));
    const { ms, cpuMs } = await whole(1);
    first.push(ms);
    firstCpu.push(cpuMs);
    all.push((await whole(Number.MAX_SAFE_INTEGER)).ms);
  }
  server.process.disconnect();
  return {
    fetch_node_name_10k_nodes_cpu: quartiles(names, "us"),
    // All of the answer is made when its first block is asked for, within one turn of the event loop.
    gateway_get_10k_nodes_ms: quartiles(first, "ms"),
    gateway_get_10k_nodes_cpu_ms: quartiles(firstCpu, "ms"),
    gateway_get_10k_nodes_all_blocks_ms: quartiles(all, "ms"),
  };
}
