/** Q-Block2 (RFC 9177): many blocks for one request, of images and of large answers. */
import { expect, test } from "@jest/globals";
import { millis, minutes, seconds } from "../../gateway/base/index.ts";
import { bodyEtag } from "../../gateway/coap/blockwise/block2.ts";
import { Oscore, type Response } from "../../gateway/coap/index.ts";
import {
  codeOf,
  decodeBlockOption,
  decodeMessage,
  encodeBlockOption,
  OPTION,
  type Szx,
} from "../../gateway/wire/coap/index.ts";
import { ack, con, type Line, non, rst, type ScriptedNode, type Stage, stage } from "../support/lockstep.ts";
import { ETAG, imageOf, laneOf, sourceOf } from "../support/lockstep-images.ts";
import { MemoryNetwork } from "../support/lossy.ts";
import { introduce, OscoreNode } from "../support/oscore-node.ts";
import { credentialOf, oscoreOf, sourceOfCredentials } from "../support/oscore-party.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const IMAGE = imageOf(64 * 25 - 7); // 25 blocks of 64 bytes
const lanes = { block: laneOf({ x: sourceOf(IMAGE) }) };
const onStage = (): Promise<Stage> => stage({ lanes });

const part = (line: Line, num: number, body: Uint8Array = IMAGE, etag: Uint8Array = ETAG): Line =>
  line
    .etag(etag)
    .size2(body.length)
    .qBlock2(num, (num + 1) * 64 < body.length ? 1 : 0, 64)
    .payload(body.subarray(num * 64, (num + 1) * 64));

async function expectsSet(node: ScriptedNode, from: number, to: number): Promise<void> {
  for (let num = from; num <= to; num++) await node.expects(part(non("2.05"), num));
}

test("one NON request brings the image in sets of ten, with a pause of 2 to 3 s between them", async () => {
  const { node, clock, engine } = await onStage();
  await node.sends(non("GET", "f/x").qBlock2(0, 1, 64));
  await expectsSet(node, 0, 9);
  await node.expectsSilence();
  await clock.advance(millis(1999));
  await node.expectsSilence();
  await clock.advance(millis(1001));
  await expectsSet(node, 10, 19);
  await clock.advance(seconds(3));
  await expectsSet(node, 20, 24);
  await clock.advance(minutes(5));
  await node.expectsSilence();
  expect(engine.stats()).toMatchObject({ blocksServed: 25, blockBytesServed: IMAGE.length, kept: { bursts: 0 } });
});

test("a CON request gets its first block with the acknowledgement, the others as NON with its token", async () => {
  const { node } = await onStage();
  await node.sends(con("GET", "f/x").qBlock2(0, 1, 64).token("aabb"));
  await node.expects(part(ack("2.05"), 0));
  await expectsSet(node, 1, 9);
  await node.expectsSilence();
});

test("continue brings the next set at once, under the new token", async () => {
  const { node, clock } = await onStage();
  await node.sends(non("GET", "f/x").qBlock2(0, 1, 64).token("01"));
  await expectsSet(node, 0, 9);
  await clock.advance(seconds(1));
  await node.sends(non("GET", "f/x").qBlock2(10, 1, 64).token("02"));
  await expectsSet(node, 10, 19);
  await clock.advance(seconds(3));
  await expectsSet(node, 20, 24);
});

test("missing blocks by several options, then sleep, then continue: nothing is needed but the image", async () => {
  const { node, clock } = await onStage();
  await node.sends(non("GET", "f/x").qBlock2(3, 0, 64).qBlock2(8, 0, 64));
  for (const num of [3, 8]) await node.expects(part(non("2.05"), num));
  await clock.advance(minutes(10));
  await node.expectsSilence();
  await node.sends(non("GET", "f/x").qBlock2(20, 1, 64));
  await expectsSet(node, 20, 24);
});

test("a RST ends the transfer", async () => {
  const { node, clock } = await onStage();
  await node.sends(non("GET", "f/x").qBlock2(0, 1, 64));
  let last = 0;
  for (let num = 0; num < 10; num++) last = (await node.receives()).messageId;
  await node.sends(rst().mid(last));
  await clock.advance(minutes(1));
  await node.expectsSilence();
});

test("of two transfers it ends the one whose message it names, and one that names nothing ends none", async () => {
  const { node, clock } = await stage({ lanes: { block: laneOf({ x: sourceOf(IMAGE), y: sourceOf(IMAGE) }) } });
  await node.sends(con("GET", "f/x").qBlock2(0, 1, 64).token("aa"));
  await node.sends(non("GET", "f/y").qBlock2(0, 1, 64).token("bb"));
  const [ofX] = node
    .takeAll()
    .slice(1)
    .map((bytes) => decodeMessage(bytes));
  await node.sends(rst().mid((ofX!.messageId + 1000) & 0xffff));
  await node.sends(rst().mid(ofX!.messageId));
  await clock.advance(seconds(3));
  const tokens = node.takeAll().map((bytes) => Buffer.from(decodeMessage(bytes).token).toString("hex"));
  expect(tokens).toEqual(new Array(10).fill("bb"));
});

test.each<[name: string, request: Line, answer: Line]>([
  ["Q-Block2 with Block2", con("GET", "f/x").qBlock2(0, 1, 64).block2(0, 0, 64), ack("4.02")],
  ["Q-Block2 with Block1", con("GET", "f/x").qBlock2(0, 1, 64).block1(0, 0, 64), ack("4.02")],
  ["Q-Block1", con("PUT", "c").option(OPTION.qBlock1, Uint8Array.of(8)).payload("x"), ack("4.02")],
  ["block numbers that do not ascend", con("GET", "f/x").qBlock2(5, 0, 64).qBlock2(3, 0, 64), ack("4.00")],
  ["blocks past the end", con("GET", "f/x").qBlock2(25, 1, 64), ack("4.02")],
  ["the reserved size exponent", con("GET", "f/x").option(OPTION.qBlock2, Uint8Array.of(7)), ack("4.00")],
  ["an image that is not there", con("GET", "f/none").qBlock2(0, 1, 64), ack("4.04")],
  ["an image that the node has", con("GET", "f/x").etag(ETAG).qBlock2(0, 1, 64), ack("2.03").etag(ETAG)],
])("one answer and no more: %s", async (_name, request, answer) => {
  const { node, clock, engine } = await onStage();
  await node.sends(request);
  await node.expects(answer);
  await clock.advance(seconds(10));
  await node.expectsSilence();
  expect(engine.stats().kept.bursts).toBe(0);
});

test("a large answer comes from one state, whatever changes meanwhile", async () => {
  const states: Uint8Array[] = [imageOf(64 * 13), imageOf(64 * 15).map((byte) => byte ^ 0xff)];
  let calls = 0;
  const handler = (): Response => ({ code: "2.05", payload: states[Math.min(calls++, 1)]! });
  const { node, clock } = await stage({ handler });
  await node.sends(non("GET", "c").qBlock2(0, 1, 64).token("aa"));
  const body = states[0]!;
  for (let num = 0; num < 10; num++) await node.expects(part(non("2.05"), num, body, bodyEtag(body)));
  await node.sends(non("GET", "c").qBlock2(4, 0, 64).token("aa"));
  await node.expects(part(non("2.05"), 4, body, bodyEtag(body)));
  await clock.advance(seconds(3));
  for (let num = 10; num < 13; num++) await node.expects(part(non("2.05"), num, body, bodyEtag(body)));
  expect(calls).toBe(1);
});

test("a large answer without room in memory stops after its set and is asked for; an image needs no room", async () => {
  const body = imageOf(64 * 12);
  const { node, clock } = await stage({
    lanes,
    limits: { burstBytes: 767 },
    handler: () => ({ code: "2.05", payload: body }),
  });
  await node.sends(non("GET", "c").qBlock2(0, 1, 64));
  for (let num = 0; num < 10; num++) await node.expects(part(non("2.05"), num, body, bodyEtag(body)));
  await clock.advance(seconds(3));
  await node.expectsSilence();
  await node.sends(non("GET", "c").qBlock2(10, 1, 64));
  for (let num = 10; num < 12; num++) await node.expects(part(non("2.05"), num, body, bodyEtag(body)));
  await node.sends(non("GET", "f/x").qBlock2(10, 1, 64));
  await expectsSet(node, 10, 19);
  await clock.advance(seconds(3));
  await expectsSet(node, 20, 24);
});

test("an observation is not begun with Q-Block2: the answer says so by having no Observe", async () => {
  const { node, engine } = await stage({ handler: () => ({ code: "2.05", payload: "x", observable: "t" }) as never });
  await node.sends(con("GET", "c").observe(0).qBlock2(0, 1, 64));
  expect((await node.receives()).options.some(({ number }) => number === OPTION.observe)).toBe(false);
  expect(engine.stats().kept.observations).toBe(0);
});

test("under OSCORE each block is a message of its own, also after the pause, and none opens twice", async () => {
  const clock = new VirtualClock();
  const network = new MemoryNetwork(clock);
  const credential = credentialOf(Uint8Array.of(0), Uint8Array.of(1));
  const { node } = await stage(
    { clock, lanes, security: oscoreOf(clock, credential), unprotected: () => false },
    network,
  );
  const oscore = new OscoreNode(credential, 1000);
  await introduce(node, oscore);
  const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
  const options = [
    { number: OPTION.uriPath, value: utf8("f") },
    { number: OPTION.uriPath, value: utf8("x") },
    { number: OPTION.qBlock2, value: encodeBlockOption({ num: 0, more: true, szx: 2 }) },
  ];
  const inner = { code: "0.01", options, payload: new Uint8Array(0) };
  const sent = oscore.protect({ type: "CON", messageId: 77, token: Uint8Array.of(5), inner });
  await node.sendsBytes(sent.bytes);
  await clock.advance(seconds(20));
  const datagrams = node.takeAll();
  const outer = datagrams.map(decodeMessage);
  expect(outer.map(({ type }) => type)).toEqual(["ACK", ...new Array(24).fill("NON")]);
  const numbers = outer.map((message) => message.options.find(({ number }) => number === OPTION.oscore)?.value);
  expect(new Set(numbers.map((value) => Buffer.from(value ?? []).toString("hex"))).size).toBe(25); // no Partial IV twice
  const blocks = outer.map((message) => sent.open(message)?.payload ?? new Uint8Array(0));
  expect(Buffer.concat(blocks).equals(IMAGE)).toBe(true);
});

test("a protected transfer ends with our sequence numbers: no block of it goes unprotected", async () => {
  const clock = new VirtualClock();
  const credential = credentialOf(Uint8Array.of(0), Uint8Array.of(1));
  let number = 0;
  const numbers = { next: () => (number < 6 ? number++ : undefined) }; // one goes with the Echo
  const security = new Oscore({ credentials: sourceOfCredentials([credential]), clock, numbers });
  const { node, engine } = await stage({ clock, lanes, security, unprotected: () => false }, new MemoryNetwork(clock));
  const oscore = new OscoreNode(credential);
  await introduce(node, oscore);
  const options = [
    { number: OPTION.uriPath, value: Uint8Array.of(0x66) },
    { number: OPTION.uriPath, value: Uint8Array.of(0x78) },
    { number: OPTION.qBlock2, value: encodeBlockOption({ num: 0, more: true, szx: 2 }) },
  ];
  const inner = { code: "0.01", options, payload: new Uint8Array(0) };
  await node.sendsBytes(oscore.protect({ messageId: 77, token: Uint8Array.of(5), inner }).bytes);
  await clock.advance(seconds(60));
  const codes = node.takeAll().map((bytes) => decodeMessage(bytes).code);
  expect(codes).toEqual(new Array(6).fill(codeOf("2.04")));
  expect(engine.stats().kept.bursts).toBe(0);
});

test.each([
  [64, 2],
  [1024, 6],
] as const)(
  "with a fifth lost, a tenth repeated and some late, 256 KiB arrive by %d byte blocks",
  async (size, szx) => {
    const image = imageOf(262_144);
    const clock = new VirtualClock();
    const weather = { loss: 0.2, duplication: 0.1, reordering: 0.1 };
    const network = new MemoryNetwork(clock, weather, 7);
    const { node } = await stage({ clock, lanes: { block: laneOf({ x: sourceOf(image) }) } }, network);
    const got = await fetchByQBlock2(node, clock, Math.ceil(image.length / size), szx);
    expect(Buffer.concat(got.map((bytes) => bytes ?? new Uint8Array(0))).equals(image)).toBe(true);
  },
);

/** A client as RFC 9177 §4.4 has it: asks for what a set misses, then goes on; it sleeps ten minutes half-way. */
async function fetchByQBlock2(node: ScriptedNode, clock: VirtualClock, count: number, szx: Szx) {
  const got: Array<Uint8Array | undefined> = new Array(count).fill(undefined);
  const size = 16 << szx;
  let slept = false;
  for (let rounds = 0; rounds < 20_000; rounds++) {
    const missing = got.indexOf(undefined);
    if (missing === -1) return got;
    if (!slept && missing > count / 2) {
      slept = true;
      await clock.advance(minutes(10));
    }
    const end = Math.min(missing - (missing % 10) + 10, count);
    const request = non("GET", "f/x");
    if (missing % 10 === 0 && got.slice(missing, end).every((bytes) => bytes === undefined))
      request.qBlock2(missing, 1, size);
    else for (let num = missing; num < end; num++) if (got[num] === undefined) request.qBlock2(num, 0, size);
    await node.sends(request);
    await clock.advance(millis(300));
    for (const { code, options, payload } of node.takeAll().map(decodeMessage)) {
      const option = options.find(({ number }) => number === OPTION.qBlock2);
      if (code === codeOf("2.05") && option !== undefined) got[decodeBlockOption(option.value).num] = payload;
    }
  }
  return got;
}
