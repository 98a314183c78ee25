/** A real `sidgate run` as a child process, on free ports, that a test may kill and start again on the same folder. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { cp, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Status } from "../../gateway/admin/api/index.ts";
import { GatewayClient } from "../../gateway/admin/cli/gateway-client.ts";
import { controlSocketPath } from "../../gateway/store/folder/owner.ts";

export const BIN = fileURLToPath(new URL("../../bin/sidgate.js", import.meta.url));

/** A start takes a second; on a machine that does much else, many. */
const PATIENCE_MS = 60_000;

/** Of a whole run (scripts/test.mjs): the models that one gateway compiled, for all that start after it. */
const COMPILED = process.env["TEST_MODELS"];

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command line to its end. */
export async function sidgate(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Finished> {
  const child = spawn(process.execPath, [BIN, ...args], { env: { ...process.env, NODE_OPTIONS: "", ...env } });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (part) => {
    stdout += part;
  });
  child.stderr.on("data", (part) => {
    stderr += part;
  });
  const [code] = (await once(child, "close")) as [number | null];
  return { code, stdout, stderr };
}

export class GatewayProcess {
  readonly folder: string;
  readonly client: GatewayClient;
  readonly #lab: "loopback" | "off";
  #child: ChildProcess | undefined;
  #output = "";
  #status: Status | undefined;

  private constructor(folder: string, lab: "loopback" | "off") {
    this.folder = folder;
    this.#lab = lab;
    this.client = new GatewayClient(controlSocketPath(this.data));
  }

  /** `yaml`: further sections of the configuration. CoAP keeps its port over restarts, as nodes expect. */
  static async start(yaml = "", lab: "loopback" | "off" = "loopback"): Promise<GatewayProcess> {
    const folder = await mkdtemp(join(tmpdir(), "sidgate-e2e-"));
    const gateway = new GatewayProcess(folder, lab);
    await gateway.#configure(0, yaml);
    const cache = join(gateway.data, "cache");
    await giveCompiled(gateway.data);
    await gateway.up();
    if (COMPILED !== undefined && !existsSync(COMPILED)) await keepCompiled(cache, COMPILED);
    await gateway.#configure(gateway.coapPort, yaml);
    return gateway;
  }

  get data(): string {
    return join(this.folder, "data");
  }

  get config(): string {
    return join(this.folder, "sidgate.yaml");
  }

  /** Of the child. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  get output(): string {
    return this.#output;
  }

  get status(): Status {
    if (this.#status === undefined) throw new Error("the gateway is not up");
    return this.#status;
  }

  get coapPort(): number {
    return Number(
      this.status.listening
        .find(({ what }) => what === "CoAP")
        ?.address.split(":")
        .at(-1),
    );
  }

  get brokerPort(): number {
    return Number(new URL(this.status.broker.url).port);
  }

  async #configure(coapPort: number, yaml: string): Promise<void> {
    const text = `data: ${this.data}
coap: { listen: ["127.0.0.1:${coapPort}"], lab: "${this.#lab}" }
admin: { listen: "127.0.0.1:0" }
log: { level: warn }
${yaml.includes("mqtt:") ? "" : "mqtt: { embedded: { port: 0 } }\n"}${yaml}
`;
    await writeFile(this.config, text);
  }

  async up(...options: readonly string[]): Promise<void> {
    const args = ["--max-semi-space-size=64", BIN, "run", "--config", this.config, ...options];
    const child = spawn(process.execPath, args, {
      env: { ...process.env, NODE_OPTIONS: "" },
    });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (part) => {
        this.#output += part;
      });
    }
    const deadline = Date.now() + PATIENCE_MS;
    for (;;) {
      try {
        this.#status = await this.client.get<Status>("/api/status");
        return;
      } catch (error) {
        if (child.exitCode !== null || Date.now() > deadline) {
          child.kill("SIGKILL"); // or it would come up later, beside the tests that follow
          throw new Error(`the gateway did not come up:\n${this.#output}`, { cause: error });
        }
        await new Promise((resolve) => setTimeout(resolve, 30));
      }
    }
  }

  /** SIGKILL: nothing of the process's own runs any more. */
  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  async stop(): Promise<void> {
    await this.#end("SIGTERM");
    await rm(this.folder, { recursive: true, force: true });
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill(signal);
    await ended;
  }
}

/** To a data folder that no gateway started on yet: what another gateway of this run compiled. */
export async function giveCompiled(data: string): Promise<void> {
  if (COMPILED !== undefined && existsSync(COMPILED)) await cp(COMPILED, join(data, "cache"), { recursive: true });
}

/** In one step, as others look for it at the same time; that of whoever is first stays. */
async function keepCompiled(cache: string, at: string): Promise<void> {
  const draft = `${at}.${process.pid}`;
  await cp(cache, draft, { recursive: true });
  await rename(draft, at).catch(() => undefined);
}

/** Resolves when `holds` does; rejects after `ms`. */
export async function eventually(
  what: string,
  holds: () => Promise<boolean> | boolean,
  ms = PATIENCE_MS,
): Promise<void> {
  const deadline = Date.now() + ms;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`did not happen in time: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
