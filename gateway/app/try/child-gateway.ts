/** A real gateway as a child process, on free ports and a folder of its own: what `sidgate run` would be. */
import { type ChildProcess, spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Status } from "../../admin/api/index.ts";
import { GatewayClient } from "../../admin/cli/index.ts";
import { type Closable, UsageError } from "../../base/index.ts";
import { controlSocketPath } from "../../store/index.ts";
import { packageFolder } from "../version.ts";

export interface ChildGateway extends Closable {
  readonly client: GatewayClient;
  /** `coap://…` and `mqtt://…` as it listens. */
  readonly coap: string;
  readonly broker: string;
}

export interface ChildOptions {
  readonly folder: string;
  readonly clockRate: number;
  /** Seconds, of the gateway's clock. */
  readonly wakeInterval: number;
  /** Unprotected CoAP and unsigned images, too. */
  readonly lab: boolean;
}

const START_TIMEOUT_MS = 20_000;
const LOOK_EVERY_MS = 50;

/** Throws UsageError `try.gateway` when it does not come up. */
export async function startChildGateway(options: ChildOptions): Promise<ChildGateway> {
  const { folder } = options;
  const configFile = join(folder, "sidgate.yaml");
  await writeFile(configFile, configText(options));
  const bin = join(packageFolder(), "bin", "sidgate.js");
  const child = spawn(process.execPath, ["--max-semi-space-size=64", bin, "run", "--config", configFile], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  const client = new GatewayClient(controlSocketPath(join(folder, "data")));
  try {
    const status = await firstStatus(child, client);
    const coap = status.listening.find(({ what }) => what === "CoAP")?.address ?? "";
    return { client, coap, broker: status.broker.url, close: () => stop(child) };
  } catch (error) {
    await stop(child);
    throw error;
  }
}

/** Port 0 everywhere: a trial stands beside whatever runs already. */
const configText = ({ folder, clockRate, wakeInterval, lab }: ChildOptions): string =>
  [
    `data: ${JSON.stringify(join(folder, "data"))}`,
    "site:",
    "  name: Trial",
    "coap:",
    '  listen: ["127.0.0.1:0"]',
    `  lab: "${lab ? "loopback" : "off"}"`,
    "trust:",
    `  mode: ${lab ? "lab" : "require"}`,
    "mqtt:",
    "  embedded:",
    "    port: 0",
    "admin:",
    '  listen: "127.0.0.1:0"',
    "nodes:",
    `  wake-interval: ${wakeInterval}s`,
    "clock:",
    `  rate: ${clockRate}`,
    "log:",
    "  level: error",
    "",
  ].join("\n");

async function firstStatus(child: ChildProcess, client: GatewayClient): Promise<Status> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    try {
      return await client.get<Status>("/api/status");
    } catch (error) {
      if (child.exitCode !== null || Date.now() > deadline) {
        throw new UsageError("try.gateway", { code: child.exitCode ?? "none" }, { cause: error });
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  await ended;
}
