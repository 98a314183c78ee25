/** `sidgate sim`: simulated sleepy nodes against any gateway, until it is told to stop. */
import { GatewayClient, printable, type SimOptions } from "../../admin/cli/index.ts";
import { systemClock, UsageError } from "../../base/index.ts";
import { fleetEndpoints, type NodeView, startFleet, startServing } from "../../sim/index.ts";
import { controlSocketPath } from "../../store/index.ts";
import { configOf } from "../config/index.ts";
import { toldToStop } from "../until-told.ts";
import { Complaints } from "./complaints.ts";
import { exposure } from "./credential-file.ts";
import { type FleetCredentials, fileCredentials, introduce, introduceSecured } from "./fleet-credentials.ts";
import { suitOf } from "./trust.ts";

export async function simulate(options: SimOptions): Promise<number> {
  const suit = await suitOf(options);
  const credentials = await credentialsFor(options);
  if (options.serve) return serve(options, credentials);
  const endpoints = options.credentials === undefined ? fleetEndpoints(options.nodes) : [...credentials.keys()];
  const last = new Map<string, string>();
  const reports = new Map<string, number>();
  const complaints = new Complaints({
    gateway: options.gateway,
    clock: systemClock(),
    tell: (text) => void process.stderr.write(`sidgate: ${printable(text)}\n`),
  });
  const fleet = startFleet({
    gateway: options.gateway,
    endpoints,
    credentials,
    seed: options.seed,
    loss: options.loss,
    wakeInterval: options.wakeInterval,
    models: options.models,
    ...(options.model === undefined ? {} : { model: options.model }),
    ...(suit === undefined ? {} : { suit }),
    extra: options.report,
    clock: systemClock(),
    log: complaints.log,
    onChange: (node) => {
      if (node.reports > (reports.get(node.endpoint) ?? 0)) complaints.answered();
      reports.set(node.endpoint, node.reports);
      const line = describe(node);
      if (last.get(node.endpoint) === line) return;
      last.set(node.endpoint, line);
      process.stdout.write(`${line}\n`);
    },
  });
  const how = credentials.size > 0 ? "under OSCORE" : "unprotected, which only lab mode hears,";
  const verifying = suit === undefined ? "" : `, verify what they install (${options.trust.join(", ")})`;
  process.stdout.write(
    `${endpoints.length} nodes wake ${how} at ${options.gateway}${verifying}; stop them with Ctrl-C.\n`,
  );
  await toldToStop();
  await fleet.close();
  return 0;
}

/** Nodes that serve: they register, and tell when they are edited. */
async function serve(options: SimOptions, credentials: FleetCredentials): Promise<number> {
  const fleet = await startServing({
    ...options,
    endpoints: [...credentials.keys()],
    credentials,
    interval: options.wakeInterval,
    clock: systemClock(),
    onChange: ({ endpoint, registered, edits, setPoint }) => {
      const state = registered ? "registered" : "not registered";
      process.stdout.write(`${endpoint}  ${state}  ${edits} edits  set-point ${setPoint.toFixed(2)}\n`);
    },
  });
  process.stdout.write(
    `${credentials.size} nodes serve their datastore to ${options.gateway}; stop them with Ctrl-C.\n`,
  );
  await toldToStop();
  await fleet.close();
  return 0;
}

/** From the file, or from the gateway of this machine, to which the nodes are added; elsewhere its installer does that. */
async function credentialsFor({ credentials, plain, nodes, ...options }: SimOptions): Promise<FleetCredentials> {
  if (credentials !== undefined) {
    const exposed = exposure(credentials);
    if (exposed !== undefined) process.stderr.write(`sidgate: ${exposed}\n`);
    return fileCredentials(credentials);
  }
  const data = options.data ?? configOf({}, process.env).data;
  const client = new GatewayClient(controlSocketPath(data));
  const endpoints = fleetEndpoints(nodes);
  try {
    if (!plain) return await introduceSecured(client, endpoints);
    await introduce(client, endpoints);
  } catch (error) {
    if (!(error instanceof UsageError && error.code === "cli.no-gateway")) throw error;
    process.stdout.write(
      `No gateway with the data folder ${data} here: add the nodes sim-0001 … on it yourself, and give --credentials.\n`,
    );
  }
  return new Map();
}

const describe = ({ endpoint, state, phase, blocks, runningVersion, reports, reason, installed }: NodeView): string =>
  [
    endpoint,
    state,
    `${reports} reports`,
    `runs ${runningVersion}`,
    installed === undefined ? "" : `verified, number ${installed}`,
    phase,
    blocks.total === 0 ? "" : `${blocks.got}/${blocks.total} blocks`,
    reason ?? "",
  ]
    .filter((part) => part !== "")
    .join("  ");
