/** The thread of compiler.ts: compiles one set of models after the other and says what came of it. */
import { parentPort } from "node:worker_threads";
import { isCoded, type LogFacts, type Logger } from "../../base/index.ts";
// Not by its index: the codec, XPath and validation would be loaded for nothing.
import { type CompileJob, compileImage } from "../../yang/models.ts";
import type { Said } from "./compiler.ts";

async function run(job: CompileJob): Promise<Said> {
  const lines: Array<Said["lines"][number]> = [];
  const line =
    (level: keyof Logger) =>
    (event: string, facts: LogFacts = {}): void =>
      void lines.push({ level, event, facts });
  const log: Logger = { debug: line("debug"), info: line("info"), warn: line("warn"), error: line("error") };
  try {
    return { lines, result: await compileImage(job, log) };
  } catch (error) {
    if (!isCoded(error)) throw error; // comes up as the thread's `error`
    return { lines, result: { code: error.code, facts: error.facts } };
  }
}

parentPort?.on("message", async (job: CompileJob) => parentPort?.postMessage(await run(job)));
