/**
 * The logger port on standard error, so that standard output stays for people: pino's JSON lines for machines, and a
 * plain line per event where a person looks at a terminal.
 */
import { pino } from "pino";
import { type HeardLogger, heardLogger, type LogFacts, type Logger, SILENT } from "../base/index.ts";

const LEVELS = ["debug", "info", "warn", "error"] as const;
type Level = (typeof LEVELS)[number];

/** `level`: the least important events that are written. */
export function openLogger(level: Level | "silent"): HeardLogger {
  if (level === "silent") return heardLogger(SILENT);
  return heardLogger(process.stderr.isTTY ? plainLogger(level) : jsonLogger(level));
}

function jsonLogger(level: Level): Logger {
  const log = pino({ level, base: null }, pino.destination({ dest: 2, sync: true }));
  const at =
    (method: Level) =>
    (event: string, facts: LogFacts = {}): void =>
      log[method](facts, event);
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

function plainLogger(least: Level): Logger {
  const at = (level: Level) => {
    if (LEVELS.indexOf(level) < LEVELS.indexOf(least)) return SILENT[level];
    return (event: string, facts: LogFacts = {}): void => {
      const time = new Date().toTimeString().slice(0, 8);
      const told = Object.entries(facts).map(([name, value]) => `${name}=${String(value)}`);
      process.stderr.write(`${time} ${level.padEnd(5)} ${[event, ...told].join(" ")}\n`);
    };
  };
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}
