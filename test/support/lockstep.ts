/**
 * Conversations as lockstep scripts (STYLE rule 19): one line per datagram. The engine is the real one on a network in
 * memory; a scripted node says what it sends and what it expects, to the last option and byte.
 */
import { expect } from "@jest/globals";
import { fromHex, SILENT, seededRandom, toHex } from "../../gateway/base/index.ts";
import { Engine, type EngineOptions, type Remote } from "../../gateway/coap/index.ts";
import {
  codeOf,
  type DottedCode,
  decodeBlockOption,
  decodeMessage,
  decodeUint,
  dottedCode,
  encodeBlockOption,
  encodeEmpty,
  encodeMessage,
  encodeUint,
  type Message,
  type MessageType,
  type MethodName,
  methodName,
  OPTION,
  type OptionValue,
  optionRow,
  type Szx,
  sortOptions,
} from "../../gateway/wire/coap/index.ts";
import { MemoryNetwork, type MemoryTransport } from "./lossy.ts";
import { settled, VirtualClock } from "./virtual-clock.ts";

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

/** One datagram of a script. What is not said is filled in: message id and token continue the conversation. */
export class Line {
  readonly type: MessageType;
  readonly code: number;
  messageId: number | undefined;
  tokenBytes: Uint8Array | undefined;
  payloadBytes: Uint8Array = new Uint8Array(0);
  readonly options: OptionValue[] = [];
  /** Options whose value is the gateway's own affair. */
  readonly any = new Set<number>();

  constructor(type: MessageType, code: number) {
    this.type = type;
    this.code = code;
  }

  option(number: number, value: Uint8Array): this {
    this.options.push({ number, value });
    return this;
  }

  uint(number: number, value: number | undefined): this {
    if (value === undefined) this.any.add(number);
    return this.option(number, encodeUint(value ?? 0));
  }

  mid(messageId: number): this {
    this.messageId = messageId;
    return this;
  }

  token(hex: string): this {
    this.tokenBytes = fromHex(hex) ?? new Uint8Array(0);
    return this;
  }

  path(path: string): this {
    for (const segment of path.split("/")) this.option(OPTION.uriPath, utf8(segment));
    return this;
  }

  query(item: string): this {
    return this.option(OPTION.uriQuery, utf8(item));
  }

  block1(num: number, more: 0 | 1, size: number): this {
    return this.option(OPTION.block1, blockValue(num, more, size));
  }

  block2(num: number, more: 0 | 1, size: number): this {
    return this.option(OPTION.block2, blockValue(num, more, size));
  }

  qBlock2(num: number, more: 0 | 1, size: number): this {
    return this.option(OPTION.qBlock2, blockValue(num, more, size));
  }

  /** Without a value: whatever the gateway chose. */
  etag(value?: Uint8Array): this {
    if (value === undefined) this.any.add(OPTION.etag);
    return this.option(OPTION.etag, value ?? new Uint8Array(0));
  }

  /** Without a value: whatever the gateway chose. */
  observe(value?: number): this {
    return this.uint(OPTION.observe, value);
  }

  /** Whatever Request-Tag the gateway chose. */
  tag(): this {
    this.any.add(OPTION.requestTag);
    return this.option(OPTION.requestTag, new Uint8Array(0));
  }

  accept(format: number): this {
    return this.uint(OPTION.accept, format);
  }

  contentFormat(format: number): this {
    return this.uint(OPTION.contentFormat, format);
  }

  size1(bytes: number): this {
    return this.uint(OPTION.size1, bytes);
  }

  size2(bytes: number): this {
    return this.uint(OPTION.size2, bytes);
  }

  payload(bytes: Uint8Array | string): this {
    this.payloadBytes = typeof bytes === "string" ? utf8(bytes) : bytes;
    return this;
  }
}

const blockValue = (num: number, more: 0 | 1, size: number): Uint8Array =>
  encodeBlockOption({ num, more: more === 1, szx: (Math.log2(size) - 4) as Szx });

type Said = MethodName | DottedCode;
const line = (type: MessageType, said: Said | number, path?: string): Line => {
  const made = new Line(type, typeof said === "number" ? said : codeOf(said));
  return path === undefined ? made : made.path(path);
};
export const con = (said: Said | number, path?: string): Line => line("CON", said, path);
export const non = (said: Said | number, path?: string): Line => line("NON", said, path);
/** Without a code: the empty ACK. */
export const ack = (said?: DottedCode): Line => line("ACK", said ?? 0);
export const rst = (): Line => line("RST", 0);
/** RFC 7252 §4.3. */
export const ping = (): Line => line("CON", 0);

export class ScriptedNode {
  readonly #transport: MemoryTransport;
  readonly #gateway: Remote;
  readonly #received: Uint8Array[] = [];
  #messageId = 0x1000;
  #token: Uint8Array = Uint8Array.of(0);
  #sent: Uint8Array = new Uint8Array(0);

  constructor(transport: MemoryTransport, gateway: Remote) {
    this.#transport = transport;
    this.#gateway = gateway;
  }

  open(): Promise<void> {
    return this.#transport.open((datagram) => void this.#received.push(datagram));
  }

  /** A request gets the next message id and, unless the script names one, a token of its own. */
  async sends(script: Line): Promise<void> {
    const isAnswer = script.type === "ACK" || script.type === "RST";
    if (!isAnswer) {
      this.#messageId = script.messageId ?? (this.#messageId + 1) & 0xffff;
      this.#token = script.tokenBytes ?? Uint8Array.of(this.#messageId & 0xff);
    }
    const messageId = script.messageId ?? this.#messageId;
    const { type, code, payloadBytes: payload } = script;
    const options = sortOptions(script.options);
    const bytes =
      code === 0
        ? encodeEmpty(type, messageId)
        : encodeMessage({ type, code, messageId, token: script.tokenBytes ?? this.#token, options, payload });
    if (!isAnswer) this.#sent = bytes;
    await this.sendsBytes(bytes);
  }

  async sendsBytes(bytes: Uint8Array): Promise<void> {
    this.#transport.send(bytes, this.#gateway);
    await settled();
  }

  /** The last request once more, bit by bit. */
  repeats(): Promise<void> {
    return this.sendsBytes(this.#sent);
  }

  /** The next datagram must be this one, with the message id and token of the last request where the script is silent. */
  async expects(script: Line): Promise<Message> {
    const message = await this.receives();
    const answers = script.type === "ACK" || script.type === "RST";
    const messageId = script.messageId ?? (answers ? this.#messageId : message.messageId);
    const token = script.tokenBytes ?? (script.code === 0 ? new Uint8Array(0) : this.#token);
    const { type, code, payloadBytes: payload } = script;
    const expected: Message = { type, code, messageId, token, options: sortOptions(script.options), payload };
    expect(render(message, script.any)).toEqual(render(expected, script.any));
    return message;
  }

  /** A message that came must be this one; where the script is silent, id and token are those of the message. */
  checks(message: Message, script: Line): Message {
    const { type, code, payloadBytes: payload } = script;
    const messageId = script.messageId ?? message.messageId;
    const token = script.tokenBytes ?? message.token;
    const expected: Message = { type, code, messageId, token, options: sortOptions(script.options), payload };
    expect(render(message, script.any)).toEqual(render(expected, script.any));
    return message;
  }

  /** Everything that came and was not looked at. */
  takeAll(): readonly Uint8Array[] {
    return this.#received.splice(0);
  }

  /** The next datagram, whatever it says. */
  async receives(): Promise<Message> {
    await settled();
    const bytes = this.#received.shift();
    if (bytes === undefined) throw new Error("the script expects a datagram, the gateway sent none");
    return decodeMessage(bytes);
  }

  async expectsSilence(): Promise<void> {
    await settled();
    expect(this.#received.map((bytes) => render(decodeMessage(bytes), new Set()))).toEqual([]);
  }
}

/** A message as the ladder diagrams of the RFCs show it: one line each for head, options and payload. */
function render(message: Message, any: ReadonlySet<number>): readonly string[] {
  const { type, code, messageId, token, options, payload } = message;
  const name = code === 0 ? "empty" : (methodName(code) ?? dottedCode(code));
  const lines = [`${type} ${name} mid=${messageId} token=${toHex(token)}`];
  for (const option of options) lines.push(renderOption(option, any));
  if (payload.length > 0) lines.push(`payload ${payload.length}: ${toHex(payload)}`);
  return lines;
}

function renderOption({ number, value }: OptionValue, any: ReadonlySet<number>): string {
  const row = optionRow(number);
  const label = row?.name ?? String(number);
  if (any.has(number)) return `${label} *`;
  switch (row?.format) {
    case "uint":
      return `${label} ${decodeUint(value)}`;
    case "string":
      return `${label} ${new TextDecoder().decode(value)}`;
    case "block": {
      const { num, more, szx } = decodeBlockOption(value);
      return `${label} ${num}/${more ? 1 : 0}/${16 << szx}`;
    }
    default:
      return `${label} ${toHex(value)}`;
  }
}

export const GATEWAY: Remote = { address: "192.0.2.1", port: 5683 };
export const NODE: Remote = { address: "192.0.2.7", port: 40007 };

export interface Stage {
  readonly engine: Engine;
  readonly clock: VirtualClock;
  readonly node: ScriptedNode;
  readonly network: MemoryNetwork;
  /** One more node, from another place. */
  another(remote: Remote): Promise<ScriptedNode>;
}

/** An engine and a node in fair weather; each test makes its own. */
export async function stage(options: Partial<EngineOptions> = {}, own?: MemoryNetwork): Promise<Stage> {
  const clock = new VirtualClock();
  const network = own ?? new MemoryNetwork(clock);
  const engine = new Engine({
    transports: [network.endpoint(GATEWAY)],
    clock,
    random: seededRandom(3),
    log: SILENT,
    handler: () => ({ code: "4.04" }),
    ...options,
  });
  await engine.start();
  const another = async (remote: Remote): Promise<ScriptedNode> => {
    const node = new ScriptedNode(network.endpoint(remote), GATEWAY);
    await node.open();
    return node;
  };
  return { engine, clock, network, node: await another(NODE), another };
}
