/** Under OSCORE (RFC 8613) the rules of the engine hold for what is inside, and only for that. */
import { expect, test } from "@jest/globals";
import { EMPTY, seconds, toHex } from "../../gateway/base/index.ts";
import type { EngineOptions, Request, Response } from "../../gateway/coap/index.ts";
import type { InnerMessage, Option } from "../../gateway/sim/speech/inner-message.ts";
import {
  codeOf,
  decodeMessage,
  encodeBlockOption,
  encodeMessage,
  encodeUint,
  type Message,
  OPTION,
  type Szx,
  sortOptions,
} from "../../gateway/wire/coap/index.ts";
import { stage } from "../support/lockstep.ts";
import { ETAG, imageOf, laneOf, sourceOf } from "../support/lockstep-images.ts";
import { MemoryNetwork } from "../support/lossy.ts";
import { introduce, OscoreNode, openBytes, type Sent } from "../support/oscore-node.ts";
import { credentialOf, oscoreOf } from "../support/oscore-party.ts";
import { settled, VirtualClock } from "../support/virtual-clock.ts";

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const path = (...segments: string[]): Option[] =>
  segments.map((segment) => ({ number: OPTION.uriPath, value: utf8(segment) }));
const block = (number: number, num: number, more: boolean, size = 16): Option => ({
  number,
  value: encodeBlockOption({ num, more, szx: (Math.log2(size) - 4) as Szx }),
});
const optionOf = ({ options }: InnerMessage, number: number): Uint8Array | undefined =>
  options.find((each) => each.number === number)?.value;

interface Sealing {
  readonly type?: "CON" | "NON";
  readonly outer?: readonly Option[];
  readonly payload?: Uint8Array;
  readonly token?: number;
}

/** A gateway that has heard of its node; `asks` gives what was sent and the datagrams that came for it. */
async function hall(options: Partial<EngineOptions> = {}) {
  const clock = new VirtualClock();
  const credential = credentialOf(Uint8Array.of(0), Uint8Array.of(1));
  const calls: Request[] = [];
  const handler = (_peer: unknown, request: Request): Response => {
    calls.push(request);
    return { code: "2.05", payload: utf8("yes"), ...(request.path[0] === "s" ? { observable: "t" } : {}) };
  };
  const security = oscoreOf(clock, credential);
  const scene = await stage(
    { clock, handler, security, unprotected: () => false, ...options },
    new MemoryNetwork(clock),
  );
  const oscore = new OscoreNode(credential);
  await introduce(scene.node, oscore);
  calls.length = 0;
  let messageId = 100;
  const seals = (code: string, options: readonly Option[], more: Sealing = {}): Sent => {
    messageId += 1;
    const { type = "CON", outer = [], payload = EMPTY, token = messageId & 0xff } = more;
    return oscore.protect({ type, messageId, token: Uint8Array.of(token), inner: { code, options, payload }, outer });
  };
  const asks = async (...what: Parameters<typeof seals>) => {
    const sent = seals(...what);
    await scene.node.sendsBytes(sent.bytes);
    return { sent, answers: scene.node.takeAll() };
  };
  return { ...scene, clock, calls, seals, asks };
}

test("a first request that got no challenge is looked at anew when it comes again (Appendix B.1.2)", async () => {
  const clock = new VirtualClock();
  const credential = credentialOf(Uint8Array.of(0), Uint8Array.of(1));
  const security = oscoreOf(clock, credential);
  const { node } = await stage({ clock, security, unprotected: () => false }, new MemoryNetwork(clock));
  const oscore = new OscoreNode(credential);
  const [recorded, sent] = [1, 2].map((messageId) =>
    oscore.protect({ messageId, token: EMPTY, inner: { code: "0.01", options: [], payload: EMPTY } }),
  );
  await node.sendsBytes(recorded!.bytes);
  expect(node.takeAll()).toHaveLength(1);
  await node.sendsBytes(sent!.bytes);
  await node.expectsSilence();
  await clock.advance(seconds(2));
  await node.sendsBytes(sent!.bytes);
  expect(openBytes(sent!, node.takeAll()[0])).toMatchObject({ code: "4.01", options: [{ number: OPTION.echo }] });
});

test("an unknown critical option inside is 4.02 under protection, and silence for a NON (RFC 7252 §5.4.1)", async () => {
  const { asks, calls } = await hall();
  const odd = { number: 65_001, value: Uint8Array.of(1) };
  const { sent, answers } = await asks("0.01", [...path("c"), odd]);
  expect(decodeMessage(answers[0]!)).toMatchObject({ type: "ACK", code: 0x44 });
  expect(openBytes(sent, answers[0])).toMatchObject({ code: "4.02", options: [] });
  expect((await asks("0.01", [...path("c"), odd], { type: "NON" })).answers).toEqual([]);
  expect(calls).toEqual([]);
});

test.each([
  ["an unknown method", "0.09", path("c"), "4.05"],
  ["szx 7", "0.01", [...path("c"), { number: OPTION.block2, value: Uint8Array.of(7) }], "4.00"],
  ["a URI of another host", "0.01", [{ number: OPTION.proxyUri, value: utf8("coap://h/c") }], "5.05"],
  ["OSCORE within OSCORE", "0.01", [{ number: OPTION.oscore, value: Uint8Array.of(9, 0, 1) }, ...path("c")], "4.02"],
] as const)("refused inside as outside, and under protection: %s", async (_name, code, options, refusal) => {
  const { asks, calls } = await hall();
  const { sent, answers } = await asks(code, options);
  expect(openBytes(sent, answers[0])?.code).toBe(refusal);
  expect(calls).toEqual([]);
});

test("a Proxy-Uri that somebody wrote outside does not take the place of the path inside (RFC 8613 §4.1.3.3)", async () => {
  const uri = "coap://fw.example/trv.bin";
  const authors = { find: (named: string) => (named === uri ? { id: "a1b2" } : undefined) };
  const lanes = { block: laneOf({ a1b2: sourceOf(imageOf(64)) }), authors };
  const { asks, calls, engine } = await hall({ lanes });
  const { sent, answers } = await asks("0.01", path("c"), { outer: [{ number: OPTION.proxyUri, value: utf8(uri) }] });
  expect(openBytes(sent, answers[0])).toMatchObject({ code: "5.05" });
  expect([calls.length, engine.stats().blocksServed]).toEqual([0, 0]);
});

test("what is unknown outside is discarded, critical or not (RFC 8613 §8.2 step 1)", async () => {
  const { asks, calls } = await hall();
  const outer = [65_000, 65_001].map((number) => ({ number, value: Uint8Array.of(1) }));
  const { sent, answers } = await asks("0.01", path("c"), { outer });
  expect(openBytes(sent, answers[0])?.code).toBe("2.05");
  expect(calls).toHaveLength(1);
});

test("only an Observe inside registers, and a notification names its own number (RFC 8613 §4.1.3.5)", async () => {
  const { asks, engine, node } = await hall();
  const observe = { number: OPTION.observe, value: EMPTY };
  const plain = await asks("0.01", path("s"), { outer: [observe], token: 1 });
  expect(openBytes(plain.sent, plain.answers[0])?.options).toEqual([]);
  expect(engine.stats().kept.observations).toBe(0);
  const { sent, answers } = await asks("0.01", [observe, ...path("s")], { token: 2 });
  const first = openBytes(sent, answers[0]);
  expect(first && optionOf(first, OPTION.observe)).toEqual(Buffer.alloc(0));
  expect(engine.stats().kept.observations).toBe(1);
  engine.changed("t");
  await settled();
  const [notification] = node.takeAll();
  const { type, code, options } = decodeMessage(notification!);
  expect([type, code, options.map(({ number }) => number)]).toEqual(["CON", 0x45, [OPTION.observe, OPTION.oscore]]);
  expect(options[1]!.value.length).toBeGreaterThan(1); // its own Partial IV
  expect(openBytes(sent, notification)?.payload).toEqual(utf8("yes"));
});

test("an inner No-Response spares the answer and leaves the empty ACK (RFC 7967)", async () => {
  const { asks } = await hall();
  const quiet = { number: OPTION.noResponse, value: Uint8Array.of(2) };
  const { answers } = await asks("0.02", [...path("c"), quiet]);
  expect(answers.map((bytes) => decodeMessage(bytes))).toMatchObject([{ type: "ACK", code: 0 }]);
  expect((await asks("0.02", [...path("c"), quiet], { type: "NON" })).answers).toEqual([]);
});

test("inner blocks: 2.31, 4.08 with what is expected, Size1 with 4.13, each under protection (RFC 7959 §2.9)", async () => {
  const { asks, calls } = await hall({ limits: { bodyBytes: 64 } });
  const put = async (num: number, more: boolean, payload: Uint8Array): Promise<InnerMessage | undefined> => {
    const { sent, answers } = await asks("0.03", [...path("c"), block(OPTION.block1, num, more)], { payload });
    return openBytes(sent, answers[0]);
  };
  const part = imageOf(16);
  const said = [
    await put(0, true, part),
    await put(2, false, part),
    await put(9, false, part),
    await put(0, true, part),
  ];
  expect(said.map((each) => each?.code)).toEqual(["2.31", "4.08", "4.13", "2.31"]);
  expect(said[1] && optionOf(said[1], OPTION.block1)).toEqual(Buffer.from(block(OPTION.block1, 1, true).value));
  expect(said[2] && optionOf(said[2], OPTION.size1)).toEqual(Buffer.from(encodeUint(64)));
  expect((await put(1, false, part))?.code).toBe("2.05");
  expect(calls.map(({ payload }) => payload)).toEqual([Buffer.concat([part, part])]);
});

test("outer blocks: put together before they are opened; 4.08 with what is expected, 4.13 with Size1, in clear", async () => {
  const { seals, node, calls } = await hall();
  const sent = seals("0.03", path("c"), { payload: imageOf(24) });
  const whole = decodeMessage(sent.bytes);
  let messageId = 0x700;
  const part = async (num: number, more: boolean, payload: Uint8Array, size = payload.length): Promise<Message> => {
    messageId += 1;
    const options = sortOptions([...whole.options, block(OPTION.block1, num, more, size)]);
    await node.sendsBytes(encodeMessage({ ...whole, messageId, options, payload }));
    return node.receives();
  };
  const [first, second] = [whole.payload.subarray(0, 32), whole.payload.subarray(32)];
  const shown = (options: readonly Option[]) => sortOptions(options).map(({ number, value }) => [number, toHex(value)]);
  const maxAge0 = { number: OPTION.maxAge, value: EMPTY };
  const gap = await part(1, true, first);
  expect([gap.code, shown(gap.options)]).toEqual([codeOf("4.08"), shown([block(OPTION.block1, 0, true, 32), maxAge0])]);
  const large = await part(64, true, new Uint8Array(1024));
  const size1 = { number: OPTION.size1, value: encodeUint(65_535) };
  expect([large.code, shown(large.options)]).toEqual([codeOf("4.13"), shown([size1, maxAge0])]);
  const begun = await part(0, true, first);
  expect([begun.code, shown(begun.options)]).toEqual([codeOf("2.31"), shown([block(OPTION.block1, 0, true, 32)])]);
  expect(calls).toEqual([]);
  expect(sent.open(await part(1, false, second, 32))?.code).toBe("2.05");
  expect(calls.map(({ payload }) => toHex(payload))).toEqual([toHex(imageOf(24))]);
});

test.each(["CON", "NON"] as const)(
  "a copy of a %s request for a block gets the same ciphertext, a copy of a NON silence",
  async (type) => {
    const image = imageOf(200);
    const { asks, node, engine } = await hall({ lanes: { block: laneOf({ x: sourceOf(image) }) } });
    const { sent, answers } = await asks("0.01", [...path("f", "x"), block(OPTION.block2, 1, false, 64)], { type });
    const opened = openBytes(sent, answers[0]);
    expect(opened?.payload).toEqual(Buffer.from(image.subarray(64, 128)));
    expect(opened && optionOf(opened, OPTION.etag)).toEqual(Buffer.from(ETAG));
    await node.sendsBytes(sent.bytes);
    expect(node.takeAll()).toEqual(type === "CON" ? answers : []);
    expect(engine.stats()).toMatchObject({ blocksServed: 1, duplicates: 1 });
  },
);

test("a check-in repeated in a new datagram gets the same reply under a new ciphertext, a copy the same ciphertext", async () => {
  let asked = 0;
  const checkIn = {
    answer: (_peer: unknown, { path: [segment] }: Request): Response | undefined => {
      if (segment !== "k") return undefined;
      asked += 1;
      return { code: "2.04", payload: utf8("slot 7") };
    },
  };
  const { asks, node } = await hall({ lanes: { checkIn } });
  const first = await asks("0.02", path("k"), { payload: utf8("report 7") });
  await node.sendsBytes(first.sent.bytes);
  expect([node.takeAll(), asked]).toEqual([first.answers, 1]);
  const again = await asks("0.02", path("k"), { payload: utf8("report 7") });
  expect(asked).toBe(2);
  const [one, two] = [first, again].map(({ sent, answers }) => openBytes(sent, answers[0]));
  expect(one).toEqual(two);
  expect(decodeMessage(again.answers[0]!).payload).not.toEqual(decodeMessage(first.answers[0]!).payload);
});

test("the hint stands inside, where nobody between can read or change it", async () => {
  const { asks } = await hall({ handler: () => ({ code: "2.05", hint: 3 }) });
  const { sent, answers } = await asks("0.01", path("c"));
  expect(decodeMessage(answers[0]!).options.map(({ number }) => number)).toEqual([OPTION.oscore]);
  expect(openBytes(sent, answers[0])?.options).toEqual([{ number: OPTION.pending, value: Buffer.of(3) }]);
});

test("a replay under a new message id is 4.01 with Max-Age 0, in clear and without a word (RFC 8613 §8.2)", async () => {
  const { asks, node, calls, clock } = await hall();
  const { sent } = await asks("0.02", path("c"));
  await clock.advance(seconds(10));
  const replay = Uint8Array.from(sent.bytes);
  replay[3] = 0xee;
  await node.sendsBytes(replay);
  const answers = node.takeAll().map((bytes) => decodeMessage(bytes));
  expect(answers).toMatchObject([{ type: "ACK", code: 0x81, messageId: 0xee }]);
  expect(answers[0]?.options).toEqual([{ number: OPTION.maxAge, value: Buffer.alloc(0) }]);
  expect(answers[0]?.payload).toHaveLength(0);
  expect(calls).toHaveLength(1);
});
