/** A real Redis for one test file, on a Unix socket in a folder of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";

const PROGRAM = "/usr/bin/redis-server";
export const hasRedis = existsSync(PROGRAM);

export interface RedisServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts it with further arguments, such as --requirepass. */
export async function startRedis(folder: string, ...more: readonly string[]): Promise<RedisServer> {
  const url = join(folder, "redis.sock");
  const args = ["--port", "0", "--unixsocket", url, "--dir", folder, "--save", "", "--appendonly", "no", ...more];
  const server: ChildProcess = spawn(PROGRAM, args, { stdio: ["ignore", "pipe", "inherit"] });
  const output = server.stdout;
  if (output === null) throw new Error("no output to read");
  await new Promise<void>((ready) => {
    createInterface(output).on("line", (line) => line.includes("eady to accept connections") && ready());
  });
  return {
    url,
    stop: async () => {
      server.kill("SIGTERM");
      await once(server, "exit");
    },
  };
}
