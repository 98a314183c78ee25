/**
 * The logger port on standard error, so that standard output stays for people: pino's JSON lines for machines, and a
 * plain line per event where a person looks at a terminal.
 */
import { pino } from "pino";
import { type HeardLogger, heardLogger, type LogFacts, type Logger } from "../base/index.ts";
import { type AdjustableLogger, adjustable, type Level } from "./log-levels.ts";

/** `level`: the least important events that are written, until somebody wants to know more for a while. */
export function openLogger(level: Level | "silent"): HeardLogger & AdjustableLogger {
  const { log, adjust } = adjustable(process.stderr.isTTY ? plainLogger() : jsonLogger(), level);
  return { ...heardLogger(log), adjust };
}

function jsonLogger(): Logger {
  const log = pino({ level: "debug", base: null }, pino.destination({ dest: 2, sync: true }));
  const at =
    (method: Level) =>
    (event: string, facts: LogFacts = {}): void =>
      log[method](facts, event);
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

function plainLogger(): Logger {
  const at =
    (level: Level) =>
    (event: string, facts: LogFacts = {}): void => {
      const time = new Date().toTimeString().slice(0, 8);
      const told = Object.entries(facts).map(([name, value]) => `${name}=${String(value)}`);
      process.stderr.write(`${time} ${level.padEnd(5)} ${[event, ...told].join(" ")}\n`);
    };
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}
