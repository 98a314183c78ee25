/** What every bench group measures with: CPU time of a process from /proc, medians with quartiles, child processes. */
import { type ChildProcess, fork } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";

export interface Figure {
  /** Null: it cannot be measured here. */
  readonly value: number | null;
  readonly low: number | null;
  readonly high: number | null;
  readonly unit: string;
}
export const NOT_MEASURED: Figure = { value: null, low: null, high: null, unit: "" };
export type Figures = Record<string, Figure>;

/** What the gateway's bin sets, so that what is measured is what runs. */
export const NODE_FLAGS = ["--max-semi-space-size=64"];

/** CPU time per process can only be read where there is a /proc. */
export const canMeasureProcesses = (): boolean => existsSync("/proc/self/task");

/** Nanoseconds on a CPU, over all threads of the process (the collector's and the compiler's too). */
export function cpuTime(pid: number): number {
  const tasks = `/proc/${pid}/task`;
  let total = 0;
  for (const task of readdirSync(tasks)) {
    total += Number(readFileSync(`${tasks}/${task}/schedstat`, "utf8").split(" ")[0]);
  }
  return total;
}

/** Bytes that the process caused to be written to disk. */
export const bytesWritten = (pid: number): number =>
  Number(/^write_bytes: (\d+)$/m.exec(readFileSync(`/proc/${pid}/io`, "utf8"))?.[1]);

/** Median with quartiles. */
export function quartiles(values: readonly number[], unit: string): Figure {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number => {
    const place = (sorted.length - 1) * share;
    const [below, above] = [sorted[Math.floor(place)] ?? 0, sorted[Math.ceil(place)] ?? 0];
    return Math.round((below + (above - below) * (place % 1)) * 1000) / 1000;
  };
  return { value: at(0.5), low: at(0.25), high: at(0.75), unit };
}

/** Figures by name, a value per round. */
export class Table {
  readonly #columns = new Map<string, number[]>();

  note(name: string, value: number): void {
    this.#columns.set(name, [...(this.#columns.get(name) ?? []), value]);
  }

  figures(unitOf: (name: string) => string): Figures {
    return Object.fromEntries([...this.#columns].map(([name, values]) => [name, quartiles(values, unitOf(name))]));
  }
}

/** A script beside this one, compiled or not, as a child with a message channel. */
export const forkScript = (name: string, args: readonly string[], flags: readonly string[] = []): ChildProcess =>
  fork(fileURLToPath(new URL(`./${name}${extname(import.meta.url)}`, import.meta.url)), [...args], {
    execArgv: [...process.execArgv, ...flags],
  });

/** The next message of a child; rejects when the child ends instead. */
export async function messageOf<T>(child: ChildProcess): Promise<T> {
  if (child.exitCode !== null || child.signalCode !== null) throw new Error("a child of the bench had ended already");
  const over = new AbortController();
  try {
    const { signal } = over;
    const ended = once(child, "exit", { signal }).then(([code]) => {
      throw new Error(`a child of the bench ended with code ${String(code)}`);
    });
    const [message] = await Promise.race([once(child, "message", { signal }), ended]);
    return message as T;
  } finally {
    over.abort();
  }
}

export async function freeUdpPort(): Promise<number> {
  const socket = createSocket("udp4");
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  const { port } = socket.address();
  socket.close();
  await once(socket, "close");
  return port;
}
