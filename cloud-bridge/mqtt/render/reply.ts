/** docs/mqtt.md, "Answers" — what became of a command, told to who gave it. Pure, so that a crash tells it in the same bytes. */
import { rfc3339, StoreError } from "../../../gateway/base/index.ts";
import type { Fact, ReplyAddress } from "../../../gateway/store/facts.ts";
import type { CommandError, Outcome } from "../../../gateway/store/inbox.ts";
import type { Json } from "../../../gateway/yang/api.ts";
import { isObject } from "../commands/check.ts";
import { commandError, errorMembers, errorStatus } from "../commands/error-tags.ts";
import type { Payload } from "../contract/payloads.ts";
import { jsonBytes, type Message, parsePayload } from "../outbox/message.ts";

export type Reply = Payload<"reply">;

export function replyMembers(id: string, outcome: Outcome): Reply {
  switch (outcome.status) {
    case "accepted": {
      const { status, willRunAt, position } = outcome;
      return { id, status, "will-run-at": willRunAt === undefined ? undefined : rfc3339(willRunAt), position };
    }
    case "completed":
      return { id, status: outcome.status, ...resultMembers(outcome.result) };
    case "failed":
      return failedReply(id, outcome.error);
    case "expired":
      return { id, status: outcome.status, error: outcome.error && errorMembers(outcome.error) };
  }
}

/** Without an `id` where a message was refused before it could be read. */
export const failedReply = (id: string | undefined, error: CommandError): Extract<Reply, { status: "failed" }> => ({
  id,
  status: "failed",
  code: errorStatus(error),
  error: errorMembers(error),
});

/** A result stands beside `id` and `status`, and never in their place. */
function resultMembers(result: Json): { readonly [member: string]: Json } {
  if (result === null) return {};
  if (!isObject(result)) return { result };
  const { id, status, ...members } = result;
  return {
    ...(id === undefined ? {} : { "result-id": id }),
    ...(status === undefined ? {} : { "result-status": status }),
    ...members,
  };
}

/** `seq` 0: told at once, by no fact. */
export const replyMessage = ({ topic, correlation }: ReplyAddress, members: Reply, seq = 0): Message => ({
  kind: "reply",
  topic,
  payload: jsonBytes(members),
  seq,
  ...(seq === 0 ? {} : { part: 1 }), // the event comes first
  ...(correlation === undefined ? {} : { correlation }),
});

/**
 * What is told in the place of an answer that is too large for the broker, always with the same bytes; undefined = it is no answer
 * that ends a command, or stands in a larger one's place already.
 */
export function replyInPlaceOf(message: Message): Message | undefined {
  if (message.kind !== "reply") return undefined;
  const { id, status, error } = parsePayload(message.payload) as Partial<Reply> & { readonly error?: Json };
  if (status !== "completed" && status !== "failed") return undefined;
  if (isObject(error) && error["error-app-tag"] === TOO_LARGE) return undefined;
  const instead = new StoreError(TOO_LARGE, { status, bytes: message.payload.length });
  return { ...message, payload: jsonBytes(failedReply(id, commandError(instead))) };
}

const TOO_LARGE = "answer.too-large";

/** The answer that a fact carries; undefined = nobody is to be answered. */
export function renderReply(fact: Fact): Message | undefined {
  if (fact.type !== "command.accepted" && fact.type !== "command.done") return undefined;
  if (fact.reply === undefined) return undefined;
  return { ...replyMessage(fact.reply, replyMembers(fact.id, outcomeOf(fact)), fact.seq), at: fact.at };
}

function outcomeOf(fact: Extract<Fact, { type: "command.accepted" | "command.done" }>): Outcome {
  if (fact.type === "command.done") return JSON.parse(fact.answer) as Outcome; // written by the inbox
  const { willRunAt, position } = fact;
  return {
    status: "accepted",
    ...(willRunAt === undefined ? {} : { willRunAt }),
    ...(position === undefined ? {} : { position }),
  };
}
