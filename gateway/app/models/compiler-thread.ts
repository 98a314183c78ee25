/** The thread of compiler.ts: compiles one set of models and says what came of it. */
import { parentPort, workerData } from "node:worker_threads";
import { isCoded, type LogFacts, type Logger } from "../../base/index.ts";
import { type CompileJob, compileImage } from "../../yang/index.ts";
import type { Said } from "./compiler.ts";

const say = (said: Said): void => parentPort?.postMessage(said);
const line =
  (log: keyof Logger) =>
  (event: string, facts?: LogFacts): void =>
    say({ log, event, facts });
const log: Logger = { debug: line("debug"), info: line("info"), warn: line("warn"), error: line("error") };

try {
  // What compiler.ts started this thread with.
  say({ image: await compileImage(workerData as CompileJob, log) });
} catch (error) {
  if (!isCoded(error)) throw error; // comes up as the thread's `error`
  say({ refused: { code: error.code, facts: error.facts } });
}
