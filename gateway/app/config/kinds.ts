/** The kinds of values a setting can have. Each takes what YAML or an environment variable gives, or names the problem. */
import { z } from "zod";
// Not by its index: who only reads the configuration loads no bridge.
import { prefixProblem } from "../../../cloud-bridge/mqtt/commands/reply-address.ts";
import { formatRights, namedTwice, parseRights } from "../../../cloud-bridge/mqtt/commands/rights.ts";
import { isTopicPart } from "../../../cloud-bridge/mqtt/outbox/topics.ts";
import { aliasProblem } from "../../../cloud-bridge/mqtt/views/alias-template.ts";
import { parseDuration, parseInteger, parsePercent, parseSize } from "../../admin/api/quantities.ts";
import { parseSubnet, seconds, UsageError } from "../../base/index.ts";
// Not by its index: who only reads the configuration loads no service.
import { parseWindow } from "../../service/campaign/windows.ts";
import { parseSubscription } from "./push-subscription.ts";

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** `127.0.0.1:5683`, `localhost:0`, `[::1]:5683`. */
export function parseHostPort(text: string): HostPort | undefined {
  const [, bracketed, plain, digits] = /^(?:\[([0-9a-fA-F:.%\w]+)\]|([\w.-]+)):(\d+)$/.exec(text.trim()) ?? [];
  const host = bracketed ?? plain;
  const port = parseInteger(digits ?? "", 0, 65_535);
  return host === undefined || port === undefined ? undefined : { host, port };
}

export const formatHostPort = ({ host, port }: HostPort): string =>
  host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;

/** Numbers and text are read alike, so that a value means the same in YAML and in the environment. */
const parsed = <T>(parse: (text: string) => T | undefined, problem: string) =>
  z.union([z.string(), z.number()], { error: problem }).transform((raw, context): T => {
    const value = parse(String(raw));
    if (value !== undefined) return value;
    context.addIssue(problem);
    return z.NEVER;
  });

export const text = z.string({ error: "must be text" }).min(1, "must not be empty");
export const path = z.string({ error: "must be a path" }).min(1, "must not be empty");
export const hostPort = parsed(parseHostPort, "must be host:port, e.g. 127.0.0.1:5683 or [::1]:5683");
export const subnet = parsed(
  parseSubnet,
  "must be an address prefix without bits behind it, e.g. 10.0.0.0/8 or fd00::/8",
);
export const integer = (min: number, max: number) =>
  parsed((raw) => parseInteger(raw, min, max), `must be a whole number from ${min} to ${max}`);
export const size = parsed(
  (raw) => parseSize(raw) || undefined,
  "must be a size, e.g. 16MiB, 512KiB or a number of bytes",
);
export const duration = parsed((raw) => {
  const value = parseDuration(raw);
  return value === undefined || value < seconds(1) ? undefined : value;
}, "must be a duration of at least one second, e.g. 90s, 15m, 12h or 7d");
export const window = parsed((raw) => {
  try {
    parseWindow(raw, "UTC");
    return raw;
  } catch {
    return undefined;
  }
}, "must be a maintenance window, e.g. Mo-Fr 22:00-05:00 Europe/Berlin");
/** What is wrong with it is told with its place in the line. */
export const subscription = text.transform((raw, context) => {
  try {
    return parseSubscription(raw);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    context.addIssue(error.message);
    return z.NEVER;
  }
});
export const percent = parsed((raw) => parsePercent(raw), "must be a percentage from 0 to 100");
export const rate = parsed((raw) => {
  const value = Number(raw);
  return value >= 1 && value <= 10_000 ? value : undefined;
}, "must be a number from 1 to 10000");
/** The URL is shown wherever the broker is named, so nothing secret may stand in it. */
function hasUserInfo(url: string): boolean {
  const { username, password } = new URL(url);
  return username !== "" || password !== "" || /^\w+:\/*[^/?#]*@/.test(url);
}
export const brokerUrl = parsed(
  (raw) => (/^(mqtts?|wss?|tcp|ssl|tls):$/.test(URL.canParse(raw) ? new URL(raw).protocol : "") ? raw : undefined),
  "must be the URL of a broker, e.g. mqtt://broker.example:1883 or mqtts://broker.example:8883",
).refine((url) => !hasUserInfo(url), "must not hold a user name or password: set mqtt.username and mqtt.password");

/** One of a few words; the words stay readable for "did you mean" and for the documentation. */
export const oneOf = <const T extends readonly [string, ...string[]]>(...words: T) =>
  z.enum(words, {
    error: `must be ${words
      .slice(0, -1)
      .map((word) => `"${word}"`)
      .join(", ")} or "${words.at(-1)}"`,
  });
export const listOf = <T extends z.ZodType>(item: T) => z.array(item, { error: "must be a list" }).readonly();
export const someOf = <T extends z.ZodType>(item: T) =>
  z.array(item, { error: "must be a list" }).min(1, "must name at least one").readonly();

/** `bms-1: read, configure`; in YAML without quotes that is a mapping of one. */
const rightsLine = z
  .union([text, z.record(z.string(), z.string())], { error: "must be a line such as `bms-1: read, configure`" })
  .transform((raw, context): string => {
    const [entry, ...others] = typeof raw === "string" ? [] : Object.entries(raw);
    const line = typeof raw === "string" ? raw : entry === undefined || others.length > 0 ? "" : entry.join(": ");
    const parsed = parseRights(line);
    if (!("problem" in parsed)) return formatRights(parsed);
    context.addIssue(parsed.problem);
    return z.NEVER;
  });
export const rightsLines = listOf(rightsLine).superRefine((lines, context) => {
  const client = namedTwice(lines);
  if (client !== undefined) context.addIssue(`names '${client}' twice`);
});
/** Beginning of a topic, e.g. `cloud-app/replies/`. */
export const topicPrefix = text.superRefine((prefix, context) => {
  const problem = prefixProblem(prefix);
  if (problem !== undefined) context.addIssue(problem);
});

export const topicAlias = text.superRefine((template, context) => {
  const problem = aliasProblem(template);
  if (problem !== undefined) context.addIssue(problem);
});

/** What stands in topics of ours: no wildcard, `$` or NUL, and not overlong (MQTT 5.0 §4.7). */
export const topicPart = (part: "site" | "prefix" | "group", problem: string) =>
  text.refine((value) => isTopicPart(part, value), `cannot stand in a topic: ${problem}`);
