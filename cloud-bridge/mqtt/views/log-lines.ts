/** docs/mqtt.md, "The log" — lines of the log for who listens now: few, without secrets, and none about telling lines. */
import {
  type Clock,
  type Closable,
  type LogFacts,
  type LogLine,
  rfc3339,
  seconds,
  shownUri,
  type Timer,
} from "../../../gateway/base/index.ts";
import { jsonBytes, type Message } from "../outbox/message.ts";
import { topicOf } from "../outbox/topics.ts";

export type LogLevel = "info" | "warn" | "error";

export interface LogLinesOptions {
  readonly site: string;
  readonly least: LogLevel;
  readonly clock: Clock;
  readonly realtime: Clock;
  /** Where the lines come from. */
  readonly listen: (listener: (line: LogLine) => void) => () => void;
  readonly say: (message: Message) => unknown;
}

const LEVELS: readonly string[] = ["debug", "info", "warn", "error"];
const PER_SECOND = 10;
/** The bridge's own: a line about a line would make another one. */
const OWN = /^mqtt\./;
/** Members of a line that no fact may take the place of. */
const MEMBERS = new Set(["time", "level", "event", "left-out"]);
/** The rule is that no fact is a secret; should one be called so, its value is not told. */
const SECRET = /pass|secret|token|credential|private|^key$|-key$/i;

export function tellLogLines(options: LogLinesOptions): Closable {
  const { site, least, clock, realtime, say } = options;
  const topic = topicOf("log", { site });
  let told = 0;
  let leftOut = 0;
  let second: Timer | undefined;

  const tell = (payload: Parameters<typeof jsonBytes>[0]): void => {
    say({ kind: "log", topic, seq: 0, payload: jsonBytes(payload) });
  };
  const nextSecond = (): void => {
    const missed = leftOut;
    told = 0;
    leftOut = 0;
    second = undefined;
    if (missed > 0) tell({ time: rfc3339(clock.now()), level: "warn", event: "log.left-out", "left-out": missed });
  };
  const stop = options.listen(({ level, event, facts }) => {
    if (LEVELS.indexOf(level) < LEVELS.indexOf(least) || OWN.test(event)) return;
    second ??= realtime.after(seconds(1), nextSecond);
    if (told >= PER_SECOND) {
      leftOut += 1;
      return;
    }
    told += 1;
    tell({ time: rfc3339(clock.now()), level, event, ...shownFacts(facts) });
  });
  return {
    close: () => {
      stop();
      second?.cancel();
    },
  };
}

/** URIs without user and query, as everywhere where people see them. */
const shownFacts = (facts: LogFacts): LogFacts =>
  Object.fromEntries(
    Object.entries(facts).map(([name, value]) => [
      MEMBERS.has(name) ? `fact-${name}` : name,
      SECRET.test(name) ? "…" : typeof value === "string" ? value.replace(URI, shownUri) : value,
    ]),
  );
const URI = /[a-z][a-z0-9+.-]*:\/\/[^\s"'<>]+/gi;
