/** The gateway on the data folder, if one runs, and its Redis, in sentences. */
import type { Status } from "../../admin/api/index.ts";
import { StoreError, UsageError } from "../../base/index.ts";
import type { RedisFacts } from "../../store/redis/look.ts";
import { type Finding, note, type Refusing, right, wrong } from "./finding.ts";

export type GatewayFacts =
  | { readonly runs: true; readonly status: Status }
  | { readonly runs: false; readonly folder: string }
  | { readonly runs: undefined; readonly failure: Refusing };

export function gatewayFindings(facts: GatewayFacts): readonly Finding[] {
  if (facts.runs === undefined) return [wrong(facts.failure)];
  if (!facts.runs) return [note(`No gateway runs on the data folder ${facts.folder} now.`)];
  const { version, site, listening, notices, broker } = facts.status;
  const { url, queued, connected, kind } = broker;
  return [
    right(`Sidgate ${version} runs here, for the site ${site}.`),
    ...listening.map(({ what, address }) => right(`Its ${what} is at ${address}.`)),
    ...(kind === "none" || connected ? [] : [wrong(new StoreError("doctor.not-connected", { url, queued }))]),
    ...(connected ? [right(`It is connected to the MQTT broker at ${url}; ${queued} messages wait.`)] : []),
    ...notices.map((what) => wrong(new UsageError("doctor.notice", { what: unended(what) }))),
  ];
}

export const labFindings = (warnings: readonly string[]): readonly Finding[] =>
  warnings.map((what) => wrong(new UsageError("doctor.lab", { what: unended(what) })));

/** What follows a colon within a sentence has no full stop of its own. */
const unended = (sentence: string): string => sentence.replace(/\.$/, "");

/** docs/redis.md, "Set up Redis". */
const LEAST = [6, 2] as const;

export function redisFindings({ url, version, risks, silent, sites }: RedisFacts): readonly Finding[] {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const isOld = version !== "" && (major < LEAST[0] || (major === LEAST[0] && minor < LEAST[1]));
  const holds = sites.length === 0 ? "no site yet" : `the site${sites.length === 1 ? "" : "s"} ${sites.join(", ")}`;
  return [
    right(`Redis${version === "" ? "" : ` ${version}`} at ${url} answers, and holds ${holds}.`),
    ...(isOld ? [wrong(new StoreError("doctor.redis-old", { url, version }))] : []),
    ...risks.map((what) => wrong(new StoreError("doctor.redis-risk", { what: unended(what) }))),
    ...(silent
      ? [note("It does not say how it writes to its disk: appendonly yes and appendfsync always are needed.")]
      : []),
    ...(risks.length === 0 && !silent ? [right("It writes each fact to its disk before it acknowledges it.")] : []),
  ];
}
