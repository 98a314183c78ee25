/** The logger port on pino: one JSON line per event on standard error, so that standard output stays for people. */
import { pino } from "pino";
import type { LogFacts, Logger } from "../base/index.ts";

export function openLogger(level: "debug" | "info" | "warn" | "error" | "silent"): Logger {
  const log = pino({ level, base: null }, pino.destination({ dest: 2, sync: true }));
  const at =
    (method: "debug" | "info" | "warn" | "error") =>
    (event: string, facts: LogFacts = {}): void =>
      log[method](facts, event);
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}
