/** What a process tells of itself on the board of its site. */
import { z } from "zod";
import type { SiteWords } from "../../../cloud-bridge/mqtt/index.ts";
import { randomUlid } from "../../../cloud-bridge/mqtt/render/ulid.ts";
import { type Clock, type Millis, type Random, rfc3339 } from "../../base/index.ts";
import type { JsonObject } from "../../yang/api.ts";

const COUNT = z.number().int().min(0);

const SUBSCRIPTION = z.object({
  id: COUNT,
  kind: z.enum(["on-change", "periodic"]),
  path: z.string(),
  "dampening-s": COUNT.optional(),
  "sync-on-start": z.boolean().optional(),
  "period-s": COUNT.optional(),
  nodes: z.string().optional(),
});

const ROW = z.object({
  roles: z.array(z.enum(["gateway", "bridge"])),
  /** Names the start. */
  boot: z.string(),
  /** When it started, RFC 3339. */
  since: z.string(),
  version: z.string(),
  state: z.enum(["running", "leaving"]),
  /** Another one each time that it tells. */
  beat: COUNT,
  /** In `health`: members of this process, and sections of the whole site that it knows. */
  figures: z.object({ "uptime-s": COUNT, "rss-mib": COUNT }),
  sections: z.record(z.string(), z.unknown()).optional(),
  /** Of a gateway: what its site's birth says. */
  words: z
    .object({
      name: z.string().optional(),
      mode: z.enum(["lab", "secured"]).optional(),
      warnings: z.array(z.string()).optional(),
      subscriptions: z.array(SUBSCRIPTION).optional(),
    })
    .optional(),
  /** Of a bridge: its link to the broker. */
  broker: z
    .object({
      kind: z.enum(["configured", "embedded-for-trying"]),
      url: z.string(),
      connected: z.boolean(),
      queued: COUNT,
    })
    .optional(),
});

export interface ProcessRow extends Omit<z.output<typeof ROW>, "sections" | "broker" | "words"> {
  readonly process: string;
  readonly sections?: JsonObject;
  readonly words?: SiteWords;
  readonly broker?: NonNullable<z.output<typeof ROW>["broker"]>;
}

export const encodeRow = ({ process: _name, ...row }: ProcessRow): JsonObject =>
  JSON.parse(JSON.stringify(row)) as JsonObject;

/** Undefined for a row of another version of Sidgate that cannot be understood. */
export function readRow(process: string, told: JsonObject): ProcessRow | undefined {
  const read = ROW.safeParse(told);
  if (!read.success) return undefined;
  const { sections, broker, words, ...row } = read.data;
  // What came through JSON is JSON again.
  return {
    process,
    ...row,
    ...(sections === undefined ? {} : { sections: sections as JsonObject }),
    ...(words === undefined ? {} : { words }),
    ...(broker === undefined ? {} : { broker }),
  };
}

export interface OwnRow {
  readonly process: string;
  readonly roles: ProcessRow["roles"];
  readonly startedAt: Millis;
  readonly version: string;
  readonly clock: Clock;
  readonly random: Random;
}

/** What stays the same from start to end, and what `more` says at each telling. */
export function ownRow(
  { process: name, roles, startedAt, version, clock, random }: OwnRow,
  more: () => Pick<ProcessRow, "sections" | "words" | "broker">,
): () => Omit<ProcessRow, "beat" | "state"> {
  const boot = randomUlid(startedAt, random);
  return () => ({
    process: name,
    roles,
    boot,
    since: rfc3339(startedAt),
    version,
    figures: figuresOf(startedAt, clock),
    ...more(),
  });
}

const figuresOf = (startedAt: Millis, clock: Clock): ProcessRow["figures"] => ({
  "uptime-s": Math.max(0, Math.round((clock.now() - startedAt) / 1000)),
  "rss-mib": Math.round(process.memoryUsage.rss() / 2 ** 20),
});
