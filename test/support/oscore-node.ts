/** A protected node for tests: the simulated nodes' own OSCORE, written apart from the gateway's, datagram by datagram. */
import type { Credential } from "../../gateway/base/index.ts";
import type { InnerMessage, Option } from "../../gateway/sim/speech/inner-message.ts";
import { OscoreClient, type Sealed } from "../../gateway/sim/speech/oscore.ts";
import {
  codeOf,
  decodeMessage,
  encodeMessage,
  type Message,
  type MessageType,
  OPTION,
  sortOptions,
} from "../../gateway/wire/coap/index.ts";

export interface ProtectedRequest {
  readonly type?: MessageType;
  readonly messageId: number;
  readonly token: Uint8Array;
  readonly inner: InnerMessage;
  /** Beside the OSCORE option. */
  readonly outer?: readonly Option[];
}

/** A request that is on its way, and what opens its answers. */
export interface Sent {
  readonly bytes: Uint8Array;
  /** Undefined: not protected for this request. */
  open(answer: Message): InnerMessage | undefined;
}

export class OscoreNode {
  readonly #client: OscoreClient;
  #number: number;

  /** `credential` as the gateway has it. */
  constructor({ masterSecret, masterSalt, senderId, recipientId, idContext }: Credential, firstNumber = 0) {
    this.#number = firstNumber;
    const sequence = { next: () => this.#number++ };
    this.#client = new OscoreClient(
      { masterSecret, masterSalt, senderId: recipientId, recipientId: senderId, idContext },
      sequence,
    );
  }

  protect({ type = "CON", messageId, token, inner, outer = [] }: ProtectedRequest): Sent {
    const sealed = this.#client.protect(inner);
    const observe = inner.options.filter(({ number }) => number === OPTION.observe);
    const options = sortOptions([{ number: OPTION.oscore, value: sealed.option }, ...observe, ...outer]);
    const code = codeOf(observe.length > 0 ? "FETCH" : "POST");
    const bytes = encodeMessage({ type, code, messageId, token, options, payload: sealed.payload });
    return { bytes, open: (answer) => this.#open(sealed, answer) };
  }

  #open(sealed: Sealed, { options, payload }: Message): InnerMessage | undefined {
    const option = options.find(({ number }) => number === OPTION.oscore)?.value;
    return option && this.#client.open(sealed, option, payload);
  }
}

export const openBytes = (sent: Sent, datagram: Uint8Array | undefined): InnerMessage | undefined =>
  datagram && sent.open(decodeMessage(datagram));

/** RFC 8613 Appendix B.1.2: the first request is asked for Echo; afterwards the gateway knows this node's numbers. */
export async function introduce(
  node: { sendsBytes(bytes: Uint8Array): Promise<void>; takeAll(): readonly Uint8Array[] },
  oscore: OscoreNode,
  messageId = 1,
): Promise<void> {
  const inner = { code: "0.01", options: [], payload: new Uint8Array(0) };
  const first = oscore.protect({ type: "NON", messageId, token: Uint8Array.of(1), inner });
  await node.sendsBytes(first.bytes);
  const echo = openBytes(first, node.takeAll()[0])?.options.find(({ number }) => number === OPTION.echo);
  if (echo === undefined) throw new Error("the gateway asked for no Echo");
  const second = oscore.protect({
    type: "NON",
    messageId: messageId + 1,
    token: Uint8Array.of(2),
    inner: { ...inner, options: [echo] },
  });
  await node.sendsBytes(second.bytes);
  if (openBytes(second, node.takeAll()[0]) === undefined) throw new Error("the gateway did not take the Echo");
}
