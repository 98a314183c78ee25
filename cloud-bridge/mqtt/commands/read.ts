/**
 * docs/mqtt.md, "Commands" — one message that came in → a command, or why it is none. Pure: nothing is done here, so whatever
 * bytes come, nothing has happened before they were understood.
 */
import {
  type CodedError,
  isCoded,
  isNodeId,
  type Millis,
  millis,
  type NodeId,
  rfc3339,
  TrustError,
  UsageError,
} from "../../../gateway/base/index.ts";
import type { ReplyAddress } from "../../../gateway/store/facts.ts";
import type { Command } from "../../../gateway/store/inbox.ts";
import type { Json } from "../../../gateway/yang/api.ts";
import type { Inbound } from "../link/connection.ts";
import { isObject, misfitOf } from "./check.ts";
import { CLIENT_ID, COMMAND_ID, COMMON_MEMBERS, type CommandOp, commandOp, inboxArguments, type Right } from "./ops.ts";
import { clientOf, type Place, placeOf } from "./place.ts";
import { type ReplyRules, replyAddress, shownTopic } from "./reply-address.ts";

export interface ReadingRules extends ReplyRules {
  readonly may: (client: string, right: Right) => boolean;
  /** The site's time. */
  readonly now: Millis;
  /** For an op that needs none of its own. */
  readonly freshId: () => string;
}

/** What is known of a message so far, also when it is refused in the end. */
export interface Known {
  readonly actor: string;
  readonly op?: string;
  readonly id?: string;
  readonly node?: NodeId;
  readonly reply?: ReplyAddress;
}

export type Reading =
  /** An empty payload: how a retained message is cleared (MQTT 5.0 §3.3.1.3). */
  | { readonly kind: "nothing" }
  | { readonly kind: "refused"; readonly known: Known; readonly error: CodedError }
  | {
      readonly kind: "command";
      readonly command: Command;
      readonly op: CommandOp;
      readonly known: Known;
      /** It is carried out, and its answers go nowhere. */
      readonly unanswered?: CodedError;
    };

/** Of a payload; what is larger comes in parts or by URL. */
export const MAX_PAYLOAD = 65_536;
/** Deeper nesting than any YANG module has; below it nothing that walks the value can run out of stack. */
const MAX_DEPTH = 64;

const ANONYMOUS = "anonymous";

export function readCommand(message: Inbound, rules: ReadingRules): Reading {
  if (message.payload.length === 0) return { kind: "nothing" };
  let known: Known = { actor: `mqtt:${ANONYMOUS}` };
  /** So that a refusal tells as much as had been understood by then. */
  const learn = (more: Partial<Known>): void => {
    known = { ...known, ...more };
  };
  try {
    const { command, op, unanswered } = understood(message, rules, learn);
    return { kind: "command", command, op, known, ...(unanswered === undefined ? {} : { unanswered }) };
  } catch (error) {
    if (!isCoded(error)) throw error;
    return { kind: "refused", known, error };
  }
}

type Learn = (more: Partial<Known>) => void;

/** The checks in the order in which docs/mqtt.md names them. */
function understood(message: Inbound, rules: ReadingRules, learn: Learn) {
  const topic = shownTopic(message.topic);
  const place = placeOf(message.topic, rules.site);
  if (place !== undefined) learn({ op: opName(place.op), ...nodeOf(place) });
  const byTopic = clientOf(message.topic, rules.site);
  const named = byTopic !== undefined && CLIENT_ID.test(byTopic) ? byTopic : undefined;
  if (named !== undefined) learn({ actor: `mqtt:${named}` });
  if (message.retain) throw new UsageError("command.retained", { topic });
  // Before anything of it is believed: an answer would go to whomever it names.
  if (rules.identity === "topic" && byTopic === undefined) throw new TrustError("command.identity", { topic });

  // Where the answer goes is known before what it says, as far as the payload has no part in it.
  const { address, unanswered } = addressOf(message, named, rules);
  if (address !== undefined) learn({ reply: address });
  if (named !== byTopic) throw noClient(topic);
  const members = objectOf(message.payload, topic);
  const client = named ?? clientMember(members, topic);
  if (named === undefined) learn({ actor: `mqtt:${client ?? ANONYMOUS}`, ...idOf(members) });
  else learn(idOf(members));
  const reply = address ?? (unanswered === undefined ? replyAddress({ client }, rules) : undefined);
  if (reply !== undefined) learn({ reply });

  const op = opOf(place, topic);
  const { id, deadline, args } = checkedMembers(message, members, op, place, rules);
  const who = client ?? ANONYMOUS;
  if (!rules.may(who, op.right)) throw new TrustError("command.forbidden", { client: who, op: op.name });
  const command: Command = {
    id,
    op: op.name,
    args: { ...args, ...(op.node === undefined ? {} : { node: op.node }) },
    actor: `mqtt:${who}`,
    ...(deadline === undefined ? {} : { deadline }),
    ...(reply === undefined ? {} : { reply }),
  };
  learn({ id });
  return { command, op: op.row, unanswered };
}

/** An answer that may go nowhere is no reason to leave a command undone: its event tells what became of it. */
function addressOf(
  { responseTopic, correlation }: Inbound,
  client: string | undefined,
  rules: ReplyRules,
): { readonly address?: ReplyAddress | undefined; readonly unanswered?: CodedError } {
  try {
    return { address: replyAddress({ responseTopic, correlation, client }, rules) };
  } catch (error) {
    if (!isCoded(error)) throw error;
    return { unanswered: error };
  }
}

interface FoundOp {
  readonly name: string;
  readonly row: CommandOp;
  readonly right: Right;
  /** It waits for a node. */
  readonly waits: boolean;
  readonly node?: NodeId;
}

const LEVELS = {
  site: { whom: "the site", start: "SITE/cmd" },
  node: { whom: "a node", start: "n/NODE/cmd" },
} as const;

function opOf(place: Place | undefined, topic: string): FoundOp {
  if (place === undefined) throw new UsageError("command.unknown", { op: topic });
  const { op: name, level, node } = place;
  const row = commandOp(name);
  const right = row?.level === level ? row.right : level === "site" ? row?.gateway : undefined;
  if (row === undefined) throw new UsageError("command.unknown", { op: opName(name) });
  if (right === undefined) throw new UsageError("command.level", { op: name, ...LEVELS[row.level] });
  const found = { name, row, right, waits: row.level === level && row.deadline === "needed" };
  if (node === undefined) return found;
  if (!isNodeId(node)) throw new UsageError("node.unknown", { node: opName(node) });
  return { ...found, node };
}

/** Throws UsageError `command.malformed`, `command.too-large`. */
function objectOf(payload: Uint8Array, topic: string): Readonly<Record<string, Json>> {
  if (payload.length > MAX_PAYLOAD) {
    throw new UsageError("command.too-large", { topic, bytes: payload.length, max: MAX_PAYLOAD });
  }
  const malformed = (what: string): UsageError => new UsageError("command.malformed", { topic, what });
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(payload);
  } catch {
    throw malformed("it is no UTF-8");
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw malformed("it is no JSON");
  }
  if (!isObject(value)) throw malformed("it is no JSON object");
  if (isDeep(value)) throw malformed(`it is nested more than ${MAX_DEPTH} deep`);
  // RFC 7493 §2.1: many a JSON parser takes no message that repeats it, and an event stays in the history.
  if (hasHalfPair(value)) throw malformed("it holds half of a surrogate pair");
  return value;
}

/** With the flag `u`, whole pairs are no surrogates. */
const HALF_PAIR = /\p{Cs}/u;
const hasHalfPair = (value: Json): boolean =>
  typeof value === "string"
    ? HALF_PAIR.test(value)
    : typeof value === "object" &&
      value !== null &&
      Object.entries(value).some(([name, each]) => HALF_PAIR.test(name) || hasHalfPair(each));

/** Level by level, since what is asked here is whether recursion is safe. */
function isDeep(value: Json): boolean {
  let level: readonly Json[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MAX_DEPTH) return true;
    level = level.flatMap((each) => (typeof each === "object" && each !== null ? Object.values(each) : []));
  }
  return false;
}

/** Below `by/` it is the user name at the broker, which may be anything there. */
function noClient(topic: string): UsageError {
  const what = "the client in it is not made of 3 to 64 of a-z, 0-9 and '-'";
  return new UsageError("command.malformed", { topic, what });
}

function clientMember({ client }: Readonly<Record<string, Json>>, topic: string): string | undefined {
  if (client === undefined) return undefined;
  if (typeof client === "string" && CLIENT_ID.test(client)) return client;
  throw new UsageError("command.malformed", { topic, what: "its client must be 3 to 64 of a-z, 0-9 and '-'" });
}

/** For an answer; whether it is needed is judged later. */
const idOf = ({ id }: Readonly<Record<string, Json>>): { readonly id?: string } =>
  typeof id === "string" && COMMAND_ID.test(id) ? { id } : {};

const nodeOf = ({ node }: Place): { readonly node?: NodeId } => (node !== undefined && isNodeId(node) ? { node } : {});
/** Of a topic: it may be anything. */
const opName = (op: string): string => shownTopic(op).slice(0, 64);

/** Throws UsageError `command.missing`, `command.argument`. */
function checkedMembers(
  message: Inbound,
  members: Readonly<Record<string, Json>>,
  { name: op, row, waits }: FoundOp,
  place: Place | undefined,
  rules: ReadingRules,
): { readonly id: string; readonly deadline: Millis | undefined; readonly args: Command["args"] } {
  const common = { ...COMMON_MEMBERS, id: { ...COMMON_MEMBERS.id, always: row.id === "needed" } };
  // Below by/ the topic says who it is, and a client that says so again, or something else, is not asked.
  const { client: _said, ...unsaid } = members;
  const misfit = misfitOf({ ...common, ...row.arguments }, place?.client === undefined ? members : unsaid);
  if (misfit !== undefined) throw misfitError(op, misfit);
  const deadline = deadlineOf(members["deadline"], message.expirySeconds, op, rules.now);
  if (deadline === undefined && waits) {
    throw misfitError(op, { path: "/deadline", tag: "missing-element", what: "is missing" });
  }
  const id = typeof members["id"] === "string" ? members["id"] : rules.freshId();
  return { id, deadline, args: inboxArguments(row, members) };
}

function misfitError(op: string, { path, tag, what }: NonNullable<ReturnType<typeof misfitOf>>): UsageError {
  if (tag !== "missing-element") {
    const facts = { op, what: `${path} ${what}`, tag, path };
    return new UsageError("command.argument", facts);
  }
  const facts = { op, member: path.slice(1), tag, path };
  return new UsageError("command.missing", facts);
}

/** The earlier of what the payload says and what MQTT 5 says. Throws UsageError `command.argument`, `command.late`. */
function deadlineOf(
  text: Json | undefined,
  expirySeconds: number | undefined,
  op: string,
  now: Millis,
): Millis | undefined {
  const said = typeof text === "string" ? timeOf(text.toUpperCase()) : undefined;
  if (Number.isNaN(said)) throw misfitError(op, { path: "/deadline", tag: "invalid-value", what: "is no such time" });
  const ends = [said, expirySeconds === undefined ? undefined : now + expirySeconds * 1000].filter(
    (end): end is number => end !== undefined,
  );
  if (ends.length === 0) return undefined;
  return millis(Math.min(...ends));
}

/** NaN for 30 February, too, of which Date.parse makes a day in March. */
function timeOf(text: string): number {
  const day = new Date(`${text.slice(0, 10)}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text.slice(0, 10))
    ? Date.parse(text)
    : Number.NaN;
}

/** For who carries a command out himself. Throws UsageError `command.late`. */
export function checkDeadline({ deadline, op }: Command, now: Millis): void {
  if (deadline === undefined || deadline > now) return;
  const facts = { op, deadline: rfc3339(deadline), path: "/deadline" };
  throw new UsageError("command.late", facts);
}
