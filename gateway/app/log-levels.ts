/** How much is logged: as the configuration says, and for a while otherwise where somebody looks for a fault. */
import type { Clock, LogFacts, Logger, Millis, Timer } from "../base/index.ts";

export const LEVELS = ["debug", "info", "warn", "error"] as const;
export type Level = (typeof LEVELS)[number];

export interface LevelChange {
  /** The first part of an event's name, e.g. `node` of `node.serves`; without it everything. */
  readonly namespace?: string | undefined;
  readonly level: Level;
  readonly lasts: Millis;
}

export interface AdjustableLogger extends Logger {
  /** Takes the place of an earlier change of the same namespace. */
  adjust(change: LevelChange, clock: Clock): void;
}

export const isAdjustable = (log: Logger): log is AdjustableLogger => "adjust" in log;

/** Different namespaces at a time; who wants more wants all. */
const MOST_CHANGES = 32;

/** `sink` writes all that reaches it. */
export function adjustable(
  sink: Logger,
  usual: Level | "silent",
): { readonly log: Logger; readonly adjust: AdjustableLogger["adjust"] } {
  const changes = new Map<string | undefined, { readonly level: Level; readonly timer: Timer }>();
  const rank = (level: Level | "silent"): number => (level === "silent" ? LEVELS.length : LEVELS.indexOf(level));
  const least = (event: string): number => {
    if (changes.size === 0) return rank(usual);
    const own = changes.get(event.slice(0, Math.max(0, event.indexOf("."))));
    return rank((own ?? changes.get(undefined))?.level ?? usual);
  };
  const at =
    (level: Level) =>
    (event: string, facts?: LogFacts): void => {
      if (rank(level) >= least(event)) sink[level](event, facts);
    };
  return {
    log: { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") },
    adjust: ({ namespace, level, lasts }, clock) => {
      changes.get(namespace)?.timer.cancel();
      changes.delete(namespace);
      const [oldest] = changes.keys();
      if (changes.size >= MOST_CHANGES) {
        changes.get(oldest)?.timer.cancel();
        changes.delete(oldest);
      }
      changes.set(namespace, { level, timer: clock.after(lasts, () => changes.delete(namespace)) });
    },
  };
}
