/** The logger port: an event name and its facts, no sentences, no payloads above debug, no secrets. */
export type LogFacts = Readonly<Record<string, string | number | boolean | null | undefined>>;

export interface Logger {
  debug(event: string, facts?: LogFacts): void;
  info(event: string, facts?: LogFacts): void;
  warn(event: string, facts?: LogFacts): void;
  error(event: string, facts?: LogFacts): void;
}

const ignore = (): void => undefined;
export const SILENT: Logger = { debug: ignore, info: ignore, warn: ignore, error: ignore };

export interface LogLine {
  readonly level: keyof Logger;
  readonly event: string;
  readonly facts: LogFacts;
}

/** A logger that somebody may listen to, e.g. to tell its lines over the network. */
export interface HeardLogger extends Logger {
  /** Every line from now on, also those that the logger itself leaves out; returns the way to stop. */
  listen(listener: (line: LogLine) => void): () => void;
}

export function heardLogger(log: Logger): HeardLogger {
  const listeners = new Set<(line: LogLine) => void>();
  const at =
    (level: keyof Logger) =>
    (event: string, facts: LogFacts = {}): void => {
      log[level](event, facts);
      for (const listener of listeners) listener({ level, event, facts });
    };
  return {
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    listen: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

export const isHeard = (log: Logger): log is HeardLogger => "listen" in log;
