/** Two ends of one context and the datagrams between them: a gateway and a peer that is made of the same parts. */
import type { Clock, Credential, Millis } from "../../../gateway/base/index.ts";
import { EMPTY, millis } from "../../../gateway/base/index.ts";
import type { ContextLimits } from "../../../gateway/coap/oscore/context/contexts.ts";
import type { AeadMaker } from "../../../gateway/coap/oscore/crypto/aead.ts";
import { Oscore, type PlainRequest, type ProtectedRequest, type Refusal } from "../../../gateway/coap/oscore/index.ts";
import type { Reply } from "../../../gateway/coap/requests/response-writer.ts";
import type { OpenedRequest, ResponseSecurity } from "../../../gateway/coap/requests/security.ts";
import {
  codeOf,
  type DottedCode,
  type Message,
  OPTION,
  type OptionValue,
  sortOptions,
} from "../../../gateway/wire/coap/index.ts";
import { Credentials, credential, otherEnd } from "./contexts.ts";

export class TestClock implements Clock {
  time: number;

  constructor(start = 1_000_000) {
    this.time = start;
  }

  now(): Millis {
    return millis(this.time);
  }

  after(): { cancel(): void } {
    return { cancel: () => undefined };
  }

  advance(ms: number): void {
    this.time += ms;
  }
}

/** Numbers from `next` on, as long as there are any. */
export const counter = (next = 0, end = Number.POSITIVE_INFINITY) => ({
  next: (): number | undefined => {
    if (next >= end) return undefined;
    next += 1;
    return next - 1;
  },
});

export interface EndOptions {
  readonly clock?: Clock;
  readonly numbers?: { next(): number | undefined };
  readonly limits?: ContextLimits;
  readonly aead?: AeadMaker;
  readonly onRefused?: (refusal: Refusal) => void;
}

export const end = (credentials: Credentials, options: EndOptions = {}): Oscore =>
  new Oscore({ credentials, clock: new TestClock(), numbers: counter(), ...options });

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

export const request = (
  method: "GET" | "POST" | "PUT" | "FETCH",
  path: string,
  ...more: OptionValue[]
): PlainRequest => ({
  code: codeOf(method),
  options: sortOptions([{ number: OPTION.uriPath, value: text(path) }, ...more]),
  payload: method === "GET" ? EMPTY : text("what is asked"),
});

export const reply = (code: DottedCode, body = "", ...options: OptionValue[]): Reply => ({
  code,
  options: sortOptions(options),
  payload: text(body),
});

export const asMessage = ({
  code,
  options,
  payload,
}: Pick<ProtectedRequest, "code" | "options" | "payload">): Message => ({
  type: "CON",
  code,
  messageId: 7,
  token: Uint8Array.of(1, 2),
  options,
  payload,
});

export const answerMessage = ({ code, options, payload }: Reply): Message => ({
  type: "ACK",
  code: codeOf(code),
  messageId: 7,
  token: Uint8Array.of(1, 2),
  options,
  payload,
});

export const option = (message: Pick<Message, "options">, number: number): Uint8Array | undefined =>
  message.options.find((each) => each.number === number)?.value;

/** A gateway with one credential, and the peer at its other end. */
export function pair(mine: Credential = credential(), gatewayOptions: EndOptions = {}, peerOptions: EndOptions = {}) {
  const credentials = new Credentials(mine);
  const theirs = otherEnd(mine);
  const gateway = end(credentials, gatewayOptions);
  const peer = end(new Credentials(theirs), peerOptions);
  const send = (plain: PlainRequest, options = {}): ProtectedRequest =>
    peer.client.protectRequest(theirs, plain, options)!;
  const open = (sent: ProtectedRequest, path = "p"): OpenedRequest => gateway.openRequest(asMessage(sent), path);
  return { gateway, peer, credentials, mine, theirs, send, open };
}

export function opened(outcome: OpenedRequest): { message: Message; security: ResponseSecurity } {
  if (outcome.kind !== "request") throw new Error(`refused with ${outcome.reply?.code}`);
  return outcome;
}

export function refusal(outcome: OpenedRequest): Reply {
  if (outcome.kind !== "refused" || outcome.reply === undefined) throw new Error("was not refused, or by silence");
  return outcome.reply;
}

/** Sends what `plain` says, and again as often as the gateway's answers ask for it, until it is opened. */
export function converse(stage: ReturnType<typeof pair>, plain: PlainRequest) {
  let asked = plain;
  for (let round = 0; round < 5; round++) {
    const sent = stage.send(asked);
    const outcome = stage.open(sent);
    if (outcome.kind === "request") return { sent, ...outcome };
    const answer = sent.open(answerMessage(refusal(outcome)));
    if (answer.kind !== "again") throw new Error(`refused with ${outcome.reply?.code}`);
    asked = answer.request;
  }
  throw new Error("no end to it");
}
