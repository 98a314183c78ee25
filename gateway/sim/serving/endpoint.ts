/**
 * The CoAP of a node that serves (RFC 7252 §4, RFC 7641), on one socket with its own requests: all answers fit into one
 * datagram, so there are no blocks here. Under OSCORE, since a gateway believes a node that it has credentials of in no other way.
 */
import { type Clock, type Closable, EMPTY, type Millis, millis, type Timer, toHex } from "../../base/index.ts";
import type { InnerMessage, Option } from "../speech/inner-message.ts";
import type { LossySocket } from "../speech/lossy-socket.ts";
import type { Opened, OscoreClient, Sealed } from "../speech/oscore.ts";
import {
  type CoapMessage,
  decodeCoap,
  EMPTY_CODE,
  encodeCoap,
  OPTION,
  optionIn,
  pathIn,
  uint,
  uintOf,
} from "./message.ts";

/** Answers one request; `watched`: a topic that it may be observed under. */
export type Handler = (request: InnerMessage, path: string) => InnerMessage & { readonly watched?: string };

export interface EndpointParts {
  readonly socket: LossySocket;
  readonly security: OscoreClient | undefined;
  readonly clock: Clock;
  /** RFC 7252 §4.8, of the node's own requests. */
  readonly ackTimeout: Millis;
  readonly handler: Handler;
}

interface Observer {
  readonly token: Uint8Array;
  readonly topic: string;
  readonly request: InnerMessage;
  readonly opened: Opened | undefined;
  count: number;
  lastId: number;
}

const MOST_SENDINGS = 5;
/** Answers remembered, for repeated requests (§4.5). */
const REMEMBERED = 16;

export class Endpoint implements Closable {
  readonly #parts: EndpointParts;
  readonly #observers = new Map<string, Observer>();
  readonly #answered = new Map<number, Buffer>();
  #id = 0x4000;
  #waiting: { readonly token: string; readonly hear: (answer: CoapMessage | undefined) => void } | undefined;
  #timer: Timer | undefined;

  constructor(parts: EndpointParts) {
    this.#parts = parts;
    parts.socket.on("message", (bytes: Buffer) => this.#arrived(bytes));
  }

  /** One request of the node's own; undefined when nothing comes that the gateway wrote. A demand for Echo is met (RFC 9175). */
  async request(request: InnerMessage, echoed = false): Promise<InnerMessage | undefined> {
    const { security } = this.#parts;
    const sealed = security?.protect(request);
    const heard = await this.#exchange(sealed === undefined ? request : outer(sealed, "0.02"));
    const option = heard && optionIn(heard, OPTION.oscore);
    const answer = sealed === undefined ? heard : heard && option && security?.open(sealed, option, heard.payload);
    const echo = answer && optionIn(answer, OPTION.echo);
    if (answer?.code !== "4.01" || echo === undefined || echoed) return answer;
    const options = [...request.options, { number: OPTION.echo, value: echo }];
    return this.request({ ...request, options }, true);
  }

  /** Whoever observes this gets what there is now. */
  changed(topic: string): void {
    for (const observer of this.#observers.values()) if (observer.topic === topic) this.#notify(observer);
  }

  close(): void {
    this.#timer?.cancel();
    this.#waiting?.hear(undefined);
    this.#parts.socket.close();
  }

  #exchange(message: InnerMessage): Promise<CoapMessage | undefined> {
    const id = this.#nextId();
    const token = uint(id);
    const bytes = encodeCoap({ ...message, type: "CON", id, token });
    return new Promise((resolve) => {
      this.#waiting = {
        token: toHex(token),
        hear: (answer) => {
          this.#timer?.cancel();
          this.#waiting = undefined;
          resolve(answer);
        },
      };
      this.#transmit(bytes, this.#parts.ackTimeout, 1);
    });
  }

  #transmit(bytes: Buffer, timeout: Millis, sendings: number): void {
    this.#send(bytes);
    this.#timer = this.#parts.clock.after(timeout, () => {
      if (sendings === MOST_SENDINGS) this.#waiting?.hear(undefined);
      else this.#transmit(bytes, millis(timeout * 2), sendings + 1);
    });
  }

  #arrived(bytes: Buffer): void {
    const message = decodeCoap(bytes);
    if (message === undefined) return;
    if (message.code === EMPTY_CODE) {
      if (message.type === "RST") this.#forget(({ lastId }) => lastId === message.id);
      return; // an ACK alone: the answer comes by itself
    }
    if (message.code.startsWith("0.")) {
      this.#asked(message);
      return;
    }
    if (message.type === "CON") {
      this.#send(
        encodeCoap({ type: "ACK", id: message.id, token: EMPTY, code: EMPTY_CODE, options: [], payload: EMPTY }),
      );
    }
    if (this.#waiting?.token === toHex(message.token)) this.#waiting.hear(message);
  }

  #asked(message: CoapMessage): void {
    const before = this.#answered.get(message.id);
    if (before !== undefined) {
      this.#send(before);
      return;
    }
    const answer = this.#answer(message);
    const head =
      message.type === "CON"
        ? ({ type: "ACK", id: message.id } as const)
        : ({ type: "NON", id: this.#nextId() } as const);
    const bytes = encodeCoap({ ...answer, ...head, token: message.token });
    this.#answered.set(message.id, bytes);
    if (this.#answered.size > REMEMBERED) this.#answered.delete(this.#answered.keys().next().value ?? message.id);
    this.#send(bytes);
  }

  /** What the gateway did not write is refused. */
  #answer(message: CoapMessage): InnerMessage {
    const { security, handler } = this.#parts;
    const option = optionIn(message, OPTION.oscore);
    if (security === undefined) return this.#served(message.token, message, undefined, handler);
    const opened = option && security.openRequest(option, message.payload);
    if (opened === undefined) return { code: "4.01", options: [], payload: EMPTY };
    const answer = this.#served(message.token, opened.request, opened, handler);
    return sealedAnswer(answer, security.protectResponse(opened, inner(answer), true));
  }

  #served(token: Uint8Array, request: InnerMessage, opened: Opened | undefined, handler: Handler): InnerMessage {
    const { watched, ...answer } = handler(request, pathIn(request));
    const observe = optionIn(request, OPTION.observe);
    const key = toHex(token);
    this.#observers.delete(key);
    if (watched === undefined || observe === undefined || uintOf(observe) !== 0 || answer.code !== "2.05")
      return answer;
    this.#observers.set(key, { token, topic: watched, request, opened, count: 1, lastId: -1 });
    return { ...answer, options: [...answer.options, { number: OPTION.observe, value: uint(1) }] };
  }

  #notify(observer: Observer): void {
    const { security, handler } = this.#parts;
    const { watched: _same, ...state } = handler(observer.request, pathIn(observer.request));
    observer.count += 1;
    observer.lastId = this.#nextId();
    const number: Option = { number: OPTION.observe, value: uint(observer.count) };
    const answer = { ...state, options: [...state.options, number] };
    const { opened } = observer;
    const said =
      opened === undefined || security === undefined
        ? answer
        : sealedAnswer(answer, security.protectResponse(opened, inner(answer), false));
    this.#send(encodeCoap({ ...said, type: "CON", id: observer.lastId, token: observer.token }));
  }

  #forget(isMeant: (observer: Observer) => boolean): void {
    for (const [key, observer] of this.#observers) if (isMeant(observer)) this.#observers.delete(key);
  }

  #nextId(): number {
    this.#id = (this.#id + 1) & 0xffff;
    return this.#id;
  }

  #send(bytes: Buffer): void {
    this.#parts.socket.send(bytes, 0, bytes.length, 0, "");
  }
}

/** RFC 8613 §4.1.3.5.2: inside, the Observe option of a notification is empty. */
const inner = ({ code, options, payload }: InnerMessage): InnerMessage => ({
  code,
  payload,
  options: options.map((option) => (option.number === OPTION.observe ? { ...option, value: EMPTY } : option)),
});

const outer = ({ option, payload }: Pick<Sealed, "option" | "payload">, code: string): InnerMessage => ({
  code,
  options: [{ number: OPTION.oscore, value: option }],
  payload,
});

/** §4.2: outside stand 2.04, or 2.05 with what orders notifications. */
function sealedAnswer(answer: InnerMessage, sealed: Pick<Sealed, "option" | "payload">): InnerMessage {
  const observe = answer.options.filter(({ number }) => number === OPTION.observe);
  const { options, ...rest } = outer(sealed, observe.length > 0 ? "2.05" : "2.04");
  return { ...rest, options: [...observe, ...options] };
}
