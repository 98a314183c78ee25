/** The independent CoAP client of tests, under OSCORE: what the simulated nodes speak, over npm coap-packet. */
import { parse } from "coap-packet";
import type { PeerCredential } from "../../gateway/admin/api/index.ts";
import { EMPTY, fromHex } from "../../gateway/base/index.ts";
import type { Option } from "../../gateway/sim/speech/inner-message.ts";
import { OscoreClient } from "../../gateway/sim/speech/oscore.ts";
import { decodeUint, encodeUint, OPTION } from "../../gateway/wire/coap/index.ts";
import { CoapPeer, METHOD_CODES, type PeerAnswer, type PeerRequest } from "./coap-peer.ts";

const bytes = (hex: string): Uint8Array => fromHex(hex) ?? EMPTY;
const text = (value: string): Uint8Array => new TextEncoder().encode(value);

export class SecuredPeer {
  readonly #peer: CoapPeer;
  readonly #client: OscoreClient;

  private constructor(peer: CoapPeer, client: OscoreClient) {
    this.#peer = peer;
    this.#client = client;
  }

  /** `credential` as the gateway prints it for this peer. */
  static async connect(port: number, credential: PeerCredential): Promise<SecuredPeer> {
    const { masterSecret, masterSalt, senderId, recipientId } = credential;
    let number = 0;
    const client = new OscoreClient(
      {
        masterSecret: bytes(masterSecret),
        masterSalt: bytes(masterSalt),
        senderId: bytes(senderId),
        recipientId: bytes(recipientId),
      },
      { next: () => number++ },
    );
    return new SecuredPeer(await CoapPeer.connect(port), client);
  }

  close(): void {
    this.#peer.close();
  }

  /** After a start of the gateway the first request is repeated with Echo (RFC 8613 Appendix B.1.2). */
  async request(request: PeerRequest): Promise<PeerAnswer> {
    const first = await this.#ask(request, []);
    const echo = first.code === "4.01" ? first.echo : undefined;
    return echo === undefined ? first : this.#ask(request, [{ number: OPTION.echo, value: echo }]);
  }

  async #ask({ method, path, query = [], format, payload = EMPTY }: PeerRequest, more: readonly Option[]) {
    const segments = path.split("/").filter((part) => part !== "");
    const options: readonly Option[] = [
      ...segments.map((part) => ({ number: OPTION.uriPath, value: text(part) })),
      ...(format === undefined ? [] : [{ number: OPTION.contentFormat, value: encodeUint(format) }]),
      ...query.map((item) => ({ number: OPTION.uriQuery, value: text(item) })),
      ...more,
    ];
    const sealed = this.#client.protect({ code: METHOD_CODES[method], options, payload });
    const outer = { method: "POST", path: "", payload: sealed.payload } as const;
    const { requestBytes, answerBytes } = await this.#peer.request({
      ...outer,
      options: [{ name: "OSCORE", value: sealed.option }],
    });
    const answer = parse(Buffer.from(answerBytes));
    const option = answer.options.find(({ name }) => String(name) === "OSCORE")?.value;
    const inner = option && this.#client.open(sealed, option, answer.payload);
    if (inner === undefined) throw new Error(`the answer to ${method} ${path} is not protected: ${answer.code}`);
    const optionOf = (number: number): Uint8Array | undefined =>
      inner.options.find((each) => each.number === number)?.value;
    const answered = optionOf(OPTION.contentFormat);
    const maxAge = optionOf(OPTION.maxAge);
    return {
      code: inner.code,
      payload: inner.payload,
      format: answered && decodeUint(answered),
      maxAge: maxAge && decodeUint(maxAge),
      echo: optionOf(OPTION.echo),
      requestBytes,
      answerBytes,
    };
  }
}
