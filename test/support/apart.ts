/** A site whose gateway and bridge are real processes of their own, over one Redis; each may be killed and started again. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { GatewayClient } from "../../gateway/admin/cli/gateway-client.ts";
import { controlSocketPath } from "../../gateway/store/folder/owner.ts";
import { BIN, giveCompiled } from "./gateway-process.ts";

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** `sidgate gateway`, `sidgate bridge` or `sidgate run` with one configuration file. */
export class Program {
  readonly #args: readonly string[];
  readonly #nodeOptions: string;
  #child: ChildProcess | undefined;
  #output = "";

  constructor(args: readonly string[], nodeOptions = "") {
    this.#args = args;
    this.#nodeOptions = nodeOptions;
  }

  /** Of all its starts. */
  get output(): string {
    return this.#output;
  }

  /** Whether it runs, or how it ended. */
  get state(): "running" | Ended {
    const { exitCode: code = null, signalCode: signal = null } = this.#child ?? {};
    return this.#child !== undefined && code === null && signal === null ? "running" : { code, signal };
  }

  start(): void {
    const child = spawn(process.execPath, [BIN, ...this.#args], {
      env: { ...process.env, NODE_OPTIONS: this.#nodeOptions },
    });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (part) => {
        this.#output += part;
      });
    }
  }

  async end(signal: NodeJS.Signals = "SIGTERM"): Promise<Ended> {
    const child = this.#child;
    if (child !== undefined && this.state === "running") {
      const ended = once(child, "exit");
      child.kill(signal);
      await ended;
    }
    return this.state as Ended;
  }
}

export interface Apart {
  readonly gateway: Program;
  readonly bridge: Program;
  /** Of the gateway. */
  readonly client: GatewayClient;
  readonly config: string;
  readonly data: string;
}

/** Nothing is started yet. `preload`: a module that the bridge loads first. */
export async function siteApart(
  folder: string,
  { redis, broker, preload }: { readonly redis: string; readonly broker: string; readonly preload?: string },
): Promise<Apart> {
  const data = join(folder, "data");
  const config = join(folder, "sidgate.yaml");
  await mkdir(data, { recursive: true });
  await giveCompiled(data);
  await writeFile(
    config,
    `data: ${data}
store: { redis: "${redis}", site: town-hall }
coap: { listen: ["127.0.0.1:0"], lab: "off" }
trust: { mode: lab }
admin: { listen: "127.0.0.1:0" }
mqtt: { url: "${broker}" }
log: { level: warn }
`,
  );
  return {
    gateway: new Program(["gateway", "--config", config]),
    bridge: new Program(["bridge", "--config", config], preload === undefined ? "" : `--import=${preload}`),
    client: new GatewayClient(controlSocketPath(data)),
    config,
    data,
  };
}
