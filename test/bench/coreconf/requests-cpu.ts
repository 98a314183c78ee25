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

const NODES = 1_000;
const MANY_NODES = 10_000;
const IN_FLIGHT = 64;
const ROUNDS = 11;
const REQUESTS = 2_000;
const EDITS = 1_000;
/** Compiled code is what runs for years. */
const WARM_UP = 8_000;
const WHOLE_ROUNDS = 7;
const SMALL_RESOURCE = Buffer.from("22.5 degrees");

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

export async function requestFigures(running: ChildProcess[]): Promise<Figures> {
  const load = forkScript("coreconf/load", []);
  running.push(load);
  await messageOf(load);
  return { ...(await leafFigures(load, running)), ...(await largeFleetFigures(load, running)) };
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

async function leafFigures(load: ChildProcess, running: ChildProcess[]): Promise<Figures> {
  const server = await startServer(NODES, MANAGERS, running);
  const libcoap = await startLibcoap("coreconf", SMALL_RESOURCE);
  if (libcoap !== undefined) running.push(libcoap.process);
  const ours = asking(load, server.process, server.port, server.nodes);
  const theirs = libcoap && asking(load, libcoap.process, libcoap.port, server.nodes);
  const admins = server.managers.slice(0, MANAGERS / 2);
  const viewers = server.managers.slice(MANAGERS / 2);

  await ours("fetchOfNode", WARM_UP);
  for (const kind of ["fetchNodeName", "fetchOfGateway", "ipatchOfNode"] as const) await ours(kind, WARM_UP / 4);
  for (const managers of [admins, viewers]) {
    await ours("fetchOfNode", managers.length, managers, managers.length); // each is asked for its Echo once
    await ours("fetchOfNode", WARM_UP / 2, managers);
  }

  const table = new Table();
  const note = (name: string, value: number): number => {
    table.note(name, value);
    return value;
  };
  for (let round = 0; round < ROUNDS; round++) {
    const fetch = note("fetch_leaf_cpu", await ours("fetchOfNode", REQUESTS));
    const get = theirs && note("libcoap_get_cpu", await theirs("get", REQUESTS));
    if (get !== undefined) note("fetch_leaf_cpu_vs_libcoap_get", fetch / get);
    const name = note("fetch_node_name_cpu", await ours("fetchNodeName", REQUESTS / 4));
    const own = note("fetch_gateway_leaf_cpu", await ours("fetchOfGateway", REQUESTS / 4));
    if (get !== undefined) {
      note("fetch_node_name_cpu_vs_libcoap_get", name / get);
      note("fetch_gateway_leaf_cpu_vs_libcoap_get", own / get);
    }
    const edit = note("ipatch_leaf_cpu", await ours("ipatchOfNode", EDITS));
    const put = theirs && note("libcoap_put_cpu", await theirs("put", EDITS));
    if (put !== undefined) note("ipatch_leaf_cpu_vs_libcoap_put", edit / put);
    note("oscore_fetch_leaf_cpu_vs_plain", (await ours("fetchOfNode", REQUESTS, admins)) / fetch);
    note("oscore_fetch_leaf_of_viewer_cpu_vs_plain", (await ours("fetchOfNode", REQUESTS, viewers)) / fetch);
  }
  server.process.disconnect();
  return table.figures((name) => (name.includes("_vs_") ? "ratio" : "us"));
}

/** One leaf and all of the gateway's own datastore, when ten thousand nodes are in it, most of them at rest. */
async function largeFleetFigures(load: ChildProcess, running: ChildProcess[]): Promise<Figures> {
  const server = await startServer(MANY_NODES, 0, running);
  const ours = asking(load, server.process, server.port, server.nodes);
  await ours("fetchNodeName", WARM_UP / 8);
  const names: number[] = [];
  const wholes: CoreconfReport[] = [];
  for (let round = 0; round < WHOLE_ROUNDS; round++) {
    names.push(await ours("fetchNodeName", REQUESTS / 8));
    load.send({ port: server.port, whole: ["c"] } satisfies WholeCommand);
    wholes.push(await messageOf<CoreconfReport>(load));
  }
  server.process.disconnect();
  return {
    fetch_node_name_10k_nodes_cpu: quartiles(names, "us"),
    gateway_get_10k_nodes_ms: quartiles(
      wholes.map(({ firstMs }) => firstMs),
      "ms",
    ),
    gateway_get_10k_nodes_whole_ms: quartiles(
      wholes.map(({ ms }) => ms),
      "ms",
    ),
  };
}
