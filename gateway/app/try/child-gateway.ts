/** A real gateway as a child process, on free ports and a folder of its own: what `sidgate run` would be. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Status } from "../../admin/api/index.ts";
import { GatewayClient } from "../../admin/cli/index.ts";
import { type Closable, UsageError } from "../../base/index.ts";
import { controlSocketPath } from "../../store/index.ts";
import { type Pace, tell } from "../clock/index.ts";
import { packageFolder } from "../version.ts";

export interface ChildOptions {
  readonly folder: string;
  /** The most that its clock will be told to run. */
  readonly clockRate: number;
  /** Seconds, of the gateway's clock. */
  readonly wakeInterval: number;
  /** Unprotected CoAP and unsigned images, too. */
  readonly lab: boolean;
}

/** Where it listens; 0 = wherever there is room, since a trial stands beside whatever runs already. */
interface Ports {
  readonly coap: number;
  readonly broker: number;
}

const START_TIMEOUT_MS = 20_000;
const LOOK_EVERY_MS = 50;

export class ChildGateway implements Closable {
  readonly client: GatewayClient;
  readonly #options: ChildOptions;
  #child: ChildProcess | undefined;
  #ports: Ports = { coap: 0, broker: 0 };

  /** Starts nothing. */
  constructor(options: ChildOptions) {
    this.#options = options;
    this.client = new GatewayClient(controlSocketPath(this.data));
  }

  get data(): string {
    return join(this.#options.folder, "data");
  }

  get coap(): string {
    return `coap://127.0.0.1:${this.#ports.coap}`;
  }

  get broker(): string {
    return `mqtt://127.0.0.1:${this.#ports.broker}`;
  }

  /** Its clock goes on like that. Without effect while it is down. */
  pace(pace: Pace): void {
    if (this.#child !== undefined) tell(this.#child, pace);
  }

  /** Starts it, where it was before if it was up before. Throws UsageError `try.gateway` when it does not come up. */
  async up(): Promise<void> {
    const configFile = join(this.#options.folder, "sidgate.yaml");
    await writeFile(configFile, configText(this.#options, this.data, this.#ports));
    const bin = join(packageFolder(), "bin", "sidgate.js");
    const child = spawn(process.execPath, ["--max-semi-space-size=64", bin, "run", "--config", configFile], {
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    this.#child = child;
    try {
      const { listening, broker } = await firstStatus(child, this.client);
      const coap = listening.find(({ what }) => what === "CoAP")?.address ?? "";
      this.#ports = { coap: portOf(coap), broker: portOf(broker.url) };
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  /** SIGKILL: nothing of its own runs any more. */
  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  async close(): Promise<void> {
    await this.#end("SIGTERM");
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill(signal);
    await ended;
  }
}

const portOf = (address: string): number => Number(/:(\d+)\/?$/.exec(address)?.[1] ?? 0);

const configText = ({ clockRate, wakeInterval, lab }: ChildOptions, data: string, ports: Ports): string =>
  [
    `data: ${JSON.stringify(data)}`,
    "site:",
    "  name: Trial",
    "coap:",
    `  listen: ["127.0.0.1:${ports.coap}"]`,
    `  lab: "${lab ? "loopback" : "off"}"`,
    "trust:",
    `  mode: ${lab ? "lab" : "require"}`,
    "mqtt:",
    "  embedded:",
    `    port: ${ports.broker}`,
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
