/** docs/mqtt.md, "Topics" — what no fact causes: presence of this process, birth and health of the site. */
import { type Millis, rfc3339 } from "../../../gateway/base/index.ts";
import type { SiteInfo } from "../../../gateway/store/ports.ts";
import type { JsonObject } from "../../../gateway/yang/api.ts";
import type { Payload } from "../contract/payloads.ts";
import type { ProcessFigures } from "../contract/site.ts";
import type { OtherProcess, SiteWords } from "../others.ts";
import { type Message, messageOf } from "../outbox/message.ts";
import type { SiteView } from "./view.ts";

export type Role = "gateway" | "bridge";
export type BrokerKind = "configured" | "embedded-for-trying";
/** "lab": something is left unprotected for trying. */
export type Mode = "lab" | "secured";

/** One start of this process. */
export interface ProcessRun {
  readonly info: SiteInfo;
  readonly roles: readonly Role[];
  readonly broker: BrokerKind;
  readonly mode?: Mode | undefined;
  /** Names the start; a ULID, so later starts sort later. */
  readonly boot: string;
}

export function onlineStatus(run: ProcessRun, conn: number, at: Millis, nextSeq: number): Message {
  return statusOf(run, {
    state: "online",
    roles: run.roles,
    epoch: run.info.epoch,
    boot: run.boot,
    conn,
    since: rfc3339(at),
    reason: conn === 1 ? "start" : "reconnect",
    broker: run.broker,
    "next-seq": String(nextSeq),
  });
}

/** The will of connection `conn`: (epoch, boot, conn) lets a consumer see that it came too late. */
export const willStatus = (run: ProcessRun, conn: number): Message =>
  statusOf(run, { state: "offline", epoch: run.info.epoch, boot: run.boot, conn });

export const shutdownStatus = (run: ProcessRun, conn: number, at: Millis): Message =>
  statusOf(run, {
    state: "offline",
    epoch: run.info.epoch,
    boot: run.boot,
    conn,
    since: rfc3339(at),
    reason: "shutdown",
  });

const statusOf = (run: Pick<ProcessRun, "info" | "mode">, payload: Omit<Payload<"status">, "mode">): Message =>
  messageOf("status", { site: run.info.site, process: run.info.process }, 0, { ...payload, mode: run.mode });

/** Of a process without a connection of its own; `at`: since when we know. */
export function otherStatus(run: ProcessRun, other: OtherProcess, at: Millis, nextSeq: number): Message {
  const { process, roles, boot, since, online, state, words } = other;
  // It has no connections that could be counted, and no will that could come late.
  const about = { epoch: run.info.epoch, boot, conn: 1 };
  const left = state === "leaving" ? ({ reason: "shutdown" } as const) : {};
  return statusOf(
    { info: { ...run.info, process }, mode: words?.mode },
    online === true
      ? { state: "online", roles, ...about, since, reason: "start", broker: run.broker, "next-seq": String(nextSeq) }
      : { state: "offline", ...about, since: rfc3339(at), ...left },
  );
}

export interface SiteBirth extends SiteWords {
  readonly software: Readonly<Record<string, string>>;
  readonly mqtt: 4 | 5;
  readonly nextSeq: number;
  /** Views that are switched on. */
  readonly views?: readonly string[] | undefined;
}

export const siteBirth = (info: SiteInfo, birth: SiteBirth): Message =>
  messageOf("siteBirth", { site: info.site }, 0, {
    schema: "https://sidgate.dev/mqtt/1/birth.json",
    name: birth.name,
    software: birth.software,
    capabilities: ["coreconf", "suit", "commands", "replay", "push", ...(birth.views ?? [])],
    mode: birth.mode,
    warnings: birth.warnings,
    "yang-library": birth.library === undefined ? undefined : { "content-id": birth.library },
    subscriptions: birth.subscriptions,
    mqtt: birth.mqtt,
    asyncapi: "/api/asyncapi.json",
    epoch: info.epoch,
    "next-seq": String(birth.nextSeq),
  });

export interface HealthFigures {
  readonly at: Millis;
  readonly nodes: SiteView["nodes"];
  /** By the id of the process. */
  readonly processes: Readonly<Record<string, ProcessFigures>>;
  /** Sections that the gateway adds, e.g. coap and cache. */
  readonly sections: JsonObject;
  readonly mqtt: {
    readonly connected: boolean;
    readonly journal: number;
    readonly latest: number;
    readonly oldestSeconds: number;
    /** Kept in the outbox, sent or not. */
    readonly bytes: number;
    /** What is unsent takes up four fifths of it. */
    readonly filling: boolean;
  };
}

export const siteHealth = (info: SiteInfo, health: HealthFigures): Message =>
  messageOf("health", { site: info.site }, 0, {
    time: rfc3339(health.at),
    processes: health.processes,
    nodes: { total: Object.values(health.nodes).reduce((sum, count) => sum + count, 0), ...health.nodes },
    ...health.sections,
    mqtt: {
      connected: health.mqtt.connected,
      "journal-depth": health.mqtt.journal,
      "latest-depth": health.mqtt.latest,
      "oldest-s": health.mqtt.oldestSeconds,
      "outbox-bytes": health.mqtt.bytes,
      "outbox-filling": health.mqtt.filling,
    },
  });
