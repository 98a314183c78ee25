/** The thread of compile-ahead.ts: one load of models, whose result stays in the cache. */
import { parentPort, workerData } from "node:worker_threads";
import { isCoded, type LogFacts, type Logger } from "../../base/index.ts";
import { type LoadOptions, loadModels } from "../../yang/index.ts";
import type { Said } from "./compile-ahead.ts";

const say = (said: Said): void => parentPort?.postMessage(said);
const line =
  (log: keyof Logger) =>
  (event: string, facts?: LogFacts): void =>
    say({ log, event, facts });
const log: Logger = { debug: line("debug"), info: line("info"), warn: line("warn"), error: line("error") };

try {
  // What compile-ahead.ts started this thread with.
  await loadModels({ ...(workerData as Omit<LoadOptions, "log">), log });
  say({ done: true });
} catch (error) {
  if (!isCoded(error)) throw error; // comes up as the thread's `error`
  say({ refused: { code: error.code, facts: error.facts } });
}
