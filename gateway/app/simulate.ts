/** `sidgate sim`: simulated sleepy nodes against any gateway, until it is told to stop. */
import type { SimOptions } from "../admin/cli/index.ts";
import { GatewayClient } from "../admin/cli/index.ts";
import { systemClock } from "../base/index.ts";
import { fleetEndpoints, type NodeView, startFleet } from "../sim/index.ts";
import { controlSocketPath } from "../store/index.ts";
import { configOf } from "./config/index.ts";
import { toldToStop } from "./run.ts";

export async function simulate(options: SimOptions): Promise<number> {
  await introduce(fleetEndpoints(options.nodes), options);
  const last = new Map<string, string>();
  const fleet = startFleet({
    gateway: options.gateway,
    nodes: options.nodes,
    seed: options.seed,
    loss: options.loss,
    wakeInterval: options.wakeInterval,
    clock: systemClock(),
    onChange: (node) => {
      const line = describe(node);
      if (last.get(node.endpoint) === line) return;
      last.set(node.endpoint, line);
      process.stdout.write(`${line}\n`);
    },
  });
  process.stdout.write(`${options.nodes} nodes wake at ${options.gateway}; stop them with Ctrl-C.\n`);
  await toldToStop();
  await fleet.close();
  return 0;
}

/** On the gateway's own machine the nodes are added to its inventory; elsewhere its installer does that. */
async function introduce(endpoints: readonly string[], options: SimOptions): Promise<void> {
  const data = options.data ?? configOf({}, process.env).data;
  const client = new GatewayClient(controlSocketPath(data));
  for (const endpoint of endpoints) {
    try {
      await client.command("node.add", { endpoint });
    } catch (error) {
      const code = error instanceof Error && "code" in error ? error.code : undefined;
      if (code === "cli.no-gateway") {
        process.stdout.write(
          `No gateway with the data folder ${data} here: add the nodes sim-0001 … on it yourself.\n`,
        );
        return;
      }
      if (code !== "node.exists") throw error;
    }
  }
}

const describe = ({ endpoint, state, phase, blocks, runningVersion, reports, reason }: NodeView): string =>
  [
    endpoint,
    state,
    `${reports} reports`,
    `runs ${runningVersion}`,
    phase,
    blocks.total === 0 ? "" : `${blocks.got}/${blocks.total} blocks`,
    reason ?? "",
  ]
    .filter((part) => part !== "")
    .join("  ");
