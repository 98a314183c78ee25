/**
 * A node for bad weather: it asks until the answer comes (RFC 7252 §4.2), plain or under OSCORE, and hears nothing while
 * it sleeps. Its answers are given as they are meant: dotted code, inner options, payload.
 */
import { type Millis, millis } from "../../gateway/base/index.ts";
import type { Remote } from "../../gateway/coap/index.ts";
import type { InnerMessage } from "../../gateway/sim/speech/inner-message.ts";
import {
  decodeMessage,
  dottedCode,
  encodeEmpty,
  encodeMessage,
  type Message,
  type MessageType,
  OPTION,
} from "../../gateway/wire/coap/index.ts";
import type { MemoryTransport } from "./lossy.ts";
import type { OscoreNode } from "./oscore-node.ts";
import type { VirtualClock } from "./virtual-clock.ts";

export interface StubbornOptions {
  readonly clock: VirtualClock;
  readonly transport: MemoryTransport;
  readonly gateway: Remote;
  readonly oscore?: OscoreNode | undefined;
}

/** From the first look, just behind the round trip, to a patience of its own. */
const LOOKS: readonly Millis[] = [50, 250, 700, 1000, 1500].map(millis);
const ATTEMPTS = 30;

export class StubbornNode {
  readonly #options: StubbornOptions;
  /** What opens the answers, by token; a request that is over has none. */
  readonly #open = new Map<string, (answer: Message) => InnerMessage | undefined>();
  readonly #heard = new Map<string, InnerMessage[]>();
  #asleep = false;
  #count = 0;

  constructor(options: StubbornOptions) {
    this.#options = options;
  }

  /** A protected node first shows that it is no recording (RFC 8613 Appendix B.1.2). */
  async open(): Promise<void> {
    await this.#options.transport.open((datagram) => this.#hear(datagram));
    if (this.#options.oscore === undefined) return;
    const hello: InnerMessage = { code: "0.01", options: [], payload: new Uint8Array(0) };
    const echo = (await this.#exchange(hello)).options.find(({ number }) => number === OPTION.echo);
    if (echo === undefined) throw new Error("the gateway asked for no Echo");
    await this.#exchange({ ...hello, options: [echo] });
  }

  /** One confirmable request, and the answer to it. */
  ask(request: InnerMessage): Promise<InnerMessage> {
    return this.#exchange(request);
  }

  async #exchange(request: InnerMessage): Promise<InnerMessage> {
    const { token, bytes } = this.#write("CON", request);
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      this.#send(bytes);
      for (const wait of LOOKS) {
        await this.#options.clock.advance(wait);
        const [answer] = this.take(token);
        if (answer === undefined) continue;
        this.forget(token);
        return answer;
      }
    }
    throw new Error(`no answer in ${ATTEMPTS} attempts`);
  }

  /** A non-confirmable request that may have many answers: `take` them under its token. */
  sends(request: InnerMessage): string {
    const { token, bytes } = this.#write("NON", request);
    this.#send(bytes);
    return token;
  }

  /** What came under this token and was not taken yet. */
  take(token: string): readonly InnerMessage[] {
    return this.#heard.get(token)?.splice(0) ?? [];
  }

  forget(token: string): void {
    this.#open.delete(token);
    this.#heard.delete(token);
  }

  /** Awake, and listening. */
  hears(time: Millis): Promise<void> {
    return this.#options.clock.advance(time);
  }

  /** The radio is off: what is sent meanwhile is lost. */
  async sleeps(time: Millis): Promise<void> {
    this.#asleep = true;
    await this.#options.clock.advance(time);
    this.#asleep = false;
  }

  #send(bytes: Uint8Array): void {
    this.#options.transport.send(bytes, this.#options.gateway);
  }

  #write(type: MessageType, inner: InnerMessage): { readonly token: string; readonly bytes: Uint8Array } {
    this.#count += 1;
    const messageId = this.#count & 0xffff;
    const token = Uint8Array.of(this.#count >> 16, this.#count >> 8, this.#count);
    const name = Buffer.from(token).toString("hex");
    this.#heard.set(name, []);
    const sent = this.#options.oscore?.protect({ type, messageId, token, inner });
    this.#open.set(name, sent?.open ?? plainly);
    if (sent !== undefined) return { token: name, bytes: sent.bytes };
    const { options, payload } = inner;
    const code = (Number(inner.code[0]) << 5) | Number(inner.code.slice(2));
    return { token: name, bytes: encodeMessage({ type, code, messageId, token, options, payload }) };
  }

  #hear(datagram: Uint8Array): void {
    if (this.#asleep) return;
    const message = decodeMessage(datagram);
    if (message.type === "CON") this.#send(encodeEmpty("ACK", message.messageId));
    if (message.code === 0) return;
    const token = Buffer.from(message.token).toString("hex");
    // An answer that does not open is not the gateway's, or it is its word on a copy: the true one still comes.
    const answer = this.#open.get(token)?.(message);
    if (answer !== undefined) this.#heard.get(token)?.push(answer);
  }
}

const plainly = ({ code, options, payload }: Message): InnerMessage => ({ code: dottedCode(code), options, payload });

export const getRequest = (...options: InnerMessage["options"]): InnerMessage => ({
  code: "0.01",
  options,
  payload: new Uint8Array(0),
});
