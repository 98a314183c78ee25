/** A real Redis for one test file, on a Unix socket in a folder of its own; it can be killed and started again. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Redis } from "../../gateway/store/ioredis.ts";

const PROGRAM = "/usr/bin/redis-server";
export const hasRedis = existsSync(PROGRAM);

/** What docs/redis.md asks for: nothing that Redis acknowledged is lost. */
export const DURABLE = ["--appendonly", "yes", "--appendfsync", "always"] as const;

export interface RedisServer {
  readonly url: string;
  /** Of the process that runs now. */
  readonly pid: number;
  stop(): Promise<void>;
  /** SIGKILL: no goodbye, no last write. */
  kill(): Promise<void>;
  /** After `kill`, on what its folder holds; nothing happens while it runs. */
  start(): Promise<void>;
  /** SIGSTOP and SIGCONT: connections stay, and nothing is answered. */
  freeze(frozen: boolean): void;
  /** A plain connection, to look and to meddle; closed with the server. */
  client(): Redis;
}

/** Starts it with further arguments, such as --requirepass. */
export async function startRedis(folder: string, ...more: readonly string[]): Promise<RedisServer> {
  const url = join(folder, "redis.sock");
  const args = ["--port", "0", "--unixsocket", url, "--dir", folder, "--save", "", "--appendonly", "no", ...more];
  const clients: Redis[] = [];
  let server: ChildProcess | undefined;
  const start = async (): Promise<void> => {
    if (server !== undefined) return;
    server = spawn(PROGRAM, args, { stdio: ["ignore", "pipe", "inherit"] });
    const output = server.stdout;
    if (output === null) throw new Error("no output to read");
    await new Promise<void>((ready) => {
      createInterface(output).on("line", (line) => line.includes("eady to accept connections") && ready());
    });
  };
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (server === undefined) return;
    const ended = once(server, "exit");
    server.kill(signal);
    await ended;
    server = undefined;
  };
  await start();
  return {
    url,
    get pid() {
      return server?.pid ?? 0;
    },
    start,
    stop: async () => {
      for (const client of clients) client.disconnect();
      await end("SIGTERM");
    },
    kill: () => end("SIGKILL"),
    freeze: (frozen) => void server?.kill(frozen ? "SIGSTOP" : "SIGCONT"),
    client: () => {
      const client = new Redis(url, { retryStrategy: () => 50, disconnectTimeout: 100 });
      client.on("error", () => undefined);
      clients.push(client);
      return client;
    },
  };
}
