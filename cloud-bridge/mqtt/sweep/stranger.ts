/**
 * docs/mqtt.md, "After a backup" — what lies at the broker, and whether it is ours and left over: told by this site in a history that it
 * does not have any more. In doubt it is not.
 */
import { createHash } from "node:crypto";
import type { Inbound } from "../link/connection.ts";
import type { TopicName } from "../outbox/topics.ts";
import type { Ground } from "./ground.ts";

export type Lying = Pick<Inbound, "topic" | "payload">;

export interface Known {
  readonly epoch: number;
  /** Do we tell this topic, or take it away already; or is it the status of a process that is known? */
  readonly told: (topic: string) => boolean;
  /** Prints of what strangers said under the site's own topics. */
  readonly prints: ReadonlySet<string>;
}

export function isStranger({ topic, payload }: Lying, ground: Ground, known: Known): boolean {
  if (payload.length === 0 || !ground.owns(topic) || known.told(topic)) return false;
  if (ground.kind === "status") return hasEnded(payload, known.epoch);
  return !isRepetition(ground.kind) || known.prints.has(printOf(ground.kind, payload));
}

/** An alias says byte for byte what the node's own topic says: beside that nothing shows that it is ours. */
const REPEATED: Readonly<Partial<Record<TopicName, TopicName>>> = { aliasState: "nodeState", aliasData: "nodeData" };
export const isRepetition = (kind: TopicName): boolean => REPEATED[kind] !== undefined;

export const printOf = (kind: TopicName, payload: Uint8Array): string =>
  createHash("sha256")
    .update(REPEATED[kind] ?? kind)
    .update(payload)
    .digest("base64");

/** A process of an earlier epoch that is gone. One that comes back tells its status anew. */
function hasEnded(payload: Uint8Array, epoch: number): boolean {
  const status = membersOf(payload);
  return status["state"] === "offline" && typeof status["epoch"] === "number" && status["epoch"] < epoch;
}

/** Anybody may have written it. */
function membersOf(payload: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(Buffer.from(payload).toString());
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
