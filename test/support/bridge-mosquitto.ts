/** A real Mosquitto for tests, and mosquitto_sub as a subscriber that shares no code with us. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Closable } from "../../gateway/base/index.ts";

export const MOSQUITTO = "/usr/sbin/mosquitto";
export const MOSQUITTO_SUB = "/usr/bin/mosquitto_sub";
/** mosquitto_sub keeps its notes back while its output is a pipe; coreutils' stdbuf makes it write line by line. */
const STDBUF = "/usr/bin/stdbuf";
export const hasMosquitto = [MOSQUITTO, MOSQUITTO_SUB, STDBUF].every((path) => existsSync(path));

/** A port that was free a moment ago: Mosquitto cannot choose one by itself. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

export interface Mosquitto extends Closable {
  readonly url: string;
  readonly port: number;
}

/** Without persistence: a restart forgets everything. */
export async function startMosquitto(
  options: { readonly port?: number; readonly extra?: readonly string[] } = {},
): Promise<Mosquitto> {
  const folder = await mkdtemp(join(tmpdir(), "sidgate-mosquitto-"));
  let [port, child] = await launch(folder, options);
  // Somebody else may have taken the port by then.
  for (let attempt = 0; child === undefined && options.port === undefined && attempt < 3; attempt++) {
    [port, child] = await launch(folder, options);
  }
  const broker = child;
  if (broker === undefined) throw new Error(`mosquitto does not listen on ${port}`);
  return {
    port,
    url: `mqtt://127.0.0.1:${port}`,
    close: async () => {
      await stop(broker, "SIGKILL");
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function launch(
  folder: string,
  options: { readonly port?: number; readonly extra?: readonly string[] },
): Promise<readonly [port: number, listening: ChildProcess | undefined]> {
  const port = options.port ?? (await freePort());
  const config = [
    "allow_anonymous true",
    "persistence false",
    "max_queued_messages 0",
    `listener ${port} 127.0.0.1`,
    ...(options.extra ?? []),
  ];
  await writeFile(join(folder, "mosquitto.conf"), `${config.join("\n")}\n`);
  const child = spawn(MOSQUITTO, ["-c", join(folder, "mosquitto.conf")], { stdio: "ignore" });
  if (await accepting(port, child)) return [port, child];
  await stop(child, "SIGKILL");
  return [port, undefined];
}

/** Tries until somebody listens; 10 ms between tries, at most half a minute. */
async function accepting(port: number, child: ChildProcess): Promise<boolean> {
  for (let attempt = 0; attempt < 3_000 && child.exitCode === null; attempt++) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, "127.0.0.1");
      socket.once("connect", () => {
        socket.destroy();
        resolve(true);
      });
      socket.once("error", () => resolve(false));
    });
    // Mosquitto itself: with the port of another program it has ended by now.
    if (open && child.exitCode === null) return true;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return false;
}

export interface Line {
  readonly topic: string;
  readonly retained: boolean;
  readonly payload: string;
}

export interface Subscriber extends Closable {
  readonly lines: readonly Line[];
  /** Resolves as soon as `enough` says so; each new line asks again. */
  until(enough: (lines: readonly Line[]) => boolean): Promise<readonly Line[]>;
}

/** mosquitto_sub, subscribed when this resolves: it prints its own SUBACK in debug mode. */
export async function subscribe(port: number, filter: string, version: "5" | "311"): Promise<Subscriber> {
  const args = ["-h", "127.0.0.1", "-p", String(port), "-V", `mqttv${version}`, "-q", "1", "-d", "-t", filter];
  const child = spawn(STDBUF, ["-oL", MOSQUITTO_SUB, ...args, "-F", ">%r %t %p"], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  const lines: Line[] = [];
  const waiting = new Set<() => void>();
  let rest = "";
  let subscribed = false;
  child.stdout.setEncoding("utf8");
  child.stdout.on("data", (text: string) => {
    const parts = (rest + text).split("\n");
    rest = parts.pop() ?? "";
    for (const part of parts) {
      const match = /^>([01]) (\S+) (.*)$/.exec(part);
      if (match?.[2] !== undefined)
        lines.push({ retained: match[1] === "1", topic: match[2], payload: match[3] ?? "" });
      else if (part.startsWith("Subscribed")) subscribed = true;
    }
    for (const wake of waiting) wake();
    waiting.clear();
  });
  const until = async (enough: () => boolean): Promise<void> => {
    while (!enough()) await new Promise<void>((resolve) => waiting.add(resolve));
  };
  await until(() => subscribed);
  return {
    lines,
    until: async (enough) => {
      await until(() => enough(lines));
      return lines;
    },
    close: () => stop(child, "SIGKILL"), // SIGTERM leaves it waiting for a broker that is gone
  };
}

async function stop(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, "exit");
  child.kill(signal);
  await exit;
}
