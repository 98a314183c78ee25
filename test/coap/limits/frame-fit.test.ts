/**
 * What fits one frame of IEEE 802.15.4 (94 bytes of CoAP): the datagrams of a node under OSCORE, as the engine and an
 * OSCORE that was written apart from it exchange them, measured on the wire.
 */
import { expect, test } from "@jest/globals";
import type { Credential, NodeId } from "../../../gateway/base/index.ts";
import type { BlockLane, Response } from "../../../gateway/coap/index.ts";
import { framesOf, SINGLE_FRAME_COAP } from "../../../gateway/coap/limits/airtime-model.ts";
import type { InnerMessage, Option } from "../../../gateway/sim/speech/inner-message.ts";
import { encodeBlockOption, encodeMessage, encodeUint, OPTION, type Szx } from "../../../gateway/wire/coap/index.ts";
import { type ScriptedNode, stage } from "../../support/lockstep.ts";
import { ETAG } from "../../support/lockstep-images.ts";
import { introduce, OscoreNode, openBytes } from "../../support/oscore-node.ts";
import { oscoreOf } from "../../support/oscore-party.ts";
import { VirtualClock } from "../../support/virtual-clock.ts";

const CREDENTIAL: Credential = {
  id: "c1",
  nodeId: "n1" as NodeId,
  name: "a node",
  algorithm: 10,
  masterSecret: new Uint8Array(16).fill(7),
  masterSalt: new Uint8Array(8),
  senderId: Uint8Array.of(0),
  recipientId: Uint8Array.of(1),
  idContext: undefined,
};
const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "hex"));
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

/** An image that is only as large as it says, with an ETag of its own length. */
const laneOf = (size: number, etag: Uint8Array): BlockLane => ({
  prefix: "fw",
  find: () => ({ size, etag, slice: (_offset, length) => new Uint8Array(length).fill(0x5a) }),
});

interface Scene {
  readonly node: ScriptedNode;
  readonly oscore: OscoreNode;
  messageId: number;
}

async function scene(lane: BlockLane, answer?: Response, firstNumber = 1000): Promise<Scene> {
  const clock = new VirtualClock();
  const { node } = await stage({
    clock,
    security: oscoreOf(clock, CREDENTIAL),
    lanes: { block: lane },
    handler: () => answer ?? { code: "4.04" },
  });
  const oscore = new OscoreNode(CREDENTIAL, firstNumber);
  await introduce(node, oscore);
  return { node, oscore, messageId: 0x1234 };
}

/** Bytes of a protected exchange, and what it said. */
async function exchange(stand: Scene, inner: InnerMessage, tokenLength: number) {
  const { node, oscore } = stand;
  stand.messageId += 1; // a copy would get the answer of before
  const sent = oscore.protect({ messageId: stand.messageId, token: new Uint8Array(tokenLength).fill(9), inner });
  await node.sendsBytes(sent.bytes);
  const answers = node.takeAll();
  const opened = openBytes(sent, answers[0]);
  return { up: sent.bytes.length, down: answers.map((bytes) => bytes.length), opened };
}

function blockRequest(num: number, more: Option[] = [], number: number = OPTION.block2): InnerMessage {
  const block = encodeBlockOption({ num, more: false, szx: 2 as Szx });
  const options = [
    { number: OPTION.uriPath, value: utf8("fw") },
    { number: OPTION.uriPath, value: utf8("x") },
  ];
  return { code: "0.01", options: [...options, ...more, { number, value: block }], payload: new Uint8Array(0) };
}

const IMAGE_256K = 262_144;
const IMAGE_4M = 4 * 2 ** 20;

test.each([
  // token, ETag, image, bytes of the answer
  [1, 4, IMAGE_256K, 90],
  [2, 4, IMAGE_256K, 91],
  [4, 4, IMAGE_256K, 93],
  [8, 4, IMAGE_256K, 97],
  [1, 4, IMAGE_4M, 91],
  [2, 4, IMAGE_4M, 92],
  [4, 4, IMAGE_4M, 94],
  [8, 4, IMAGE_4M, 98],
  [1, 8, IMAGE_256K, 94],
  [1, 8, IMAGE_4M, 95],
  [2, 8, IMAGE_256K, 95],
  [4, 8, IMAGE_256K, 97],
] as const)("a 64-byte block under OSCORE: token %d, ETag %d, image of %d bytes", async (token, etag, size, bytes) => {
  const stand = await scene(laneOf(size, new Uint8Array(etag).fill(1)));
  const { up, down, opened } = await exchange(stand, blockRequest(size / 64 - 2), token);
  expect([opened?.code, opened?.payload.length]).toEqual(["2.05", 64]);
  expect(down).toEqual([bytes]);
  expect(framesOf(bytes)).toBe(bytes <= SINGLE_FRAME_COAP ? 1 : 2);
  expect(framesOf(up)).toBe(1);
});

test("so a 64-byte OSCORE block fits one frame with our 4-byte ETag and tokens of up to 4 bytes, block 0 with Size2 too", async () => {
  for (const size of [IMAGE_256K, IMAGE_4M]) {
    const stand = await scene(laneOf(size, ETAG));
    for (const token of [0, 1, 2, 4]) {
      for (const num of [1, 16, 4095, size / 64 - 1]) {
        const { up, down } = await exchange(stand, blockRequest(num), token);
        expect([framesOf(up), ...down.map(framesOf)]).toEqual([1, 1]);
      }
    }
    const { down } = await exchange(stand, blockRequest(0), 2);
    expect(down.map(framesOf)).toEqual([1]);
  }
});

test("with Content-Format a block still fits; block 0 with it and Size2 does not", async () => {
  const stand = await scene(laneOf(IMAGE_256K, ETAG));
  const accept = [{ number: OPTION.accept, value: encodeUint(42) }];
  expect((await exchange(stand, blockRequest(4000, accept), 2)).down).toEqual([92]);
  const { down } = await exchange(stand, blockRequest(0, accept), 2);
  expect(down).toEqual([95]);
});

test("Q-Block2 costs more: Size2 in each block, and a Partial IV in all but the first (RFC 9177 §4.6, RFC 8613 §8.3)", async () => {
  const stand = await scene(laneOf(IMAGE_256K, ETAG));
  const asked = blockRequest(4000, [], OPTION.qBlock2);
  const whole = { ...asked.options.at(-1)!, value: encodeBlockOption({ num: 4000, more: true, szx: 2 }) };
  const inner = { ...asked, options: [...asked.options.slice(0, -1), whole] };
  const { down } = await exchange(stand, inner, 1);
  expect(down).toHaveLength(10);
  expect(down.map(framesOf).slice(1)).toEqual(new Array(9).fill(2));
  expect(framesOf(down[0]!)).toBe(1);
});

test.each([
  [
    "two readings, a time in the answer",
    "a119ea61a2021a0001e240 05a118c3a201c482211907d0021828",
    "a119ea61a10b1a6b0187c0",
  ],
  [
    "two readings and the applied revision; time and next wake in the answer",
    "a119ea61a3021a0001e240031a0001000005a118c3a201c482211907d0021828",
    "a119ea61a20b1a6b0187c00c190384",
  ],
] as const)("a check-in under OSCORE fits one frame up and one down: %s", async (_name, report, reply) => {
  const payload = hex(reply);
  const stand = await scene(laneOf(1, ETAG), { code: "2.04", payload, contentFormat: 142 });
  const inner: InnerMessage = {
    code: "0.02",
    options: [
      { number: OPTION.uriPath, value: utf8("c") },
      { number: OPTION.contentFormat, value: encodeUint(142) },
    ],
    payload: hex(report.replaceAll(" ", "")),
  };
  const { up, down, opened } = await exchange(stand, inner, 2);
  expect(opened?.payload).toEqual(payload);
  expect(up).toBeLessThanOrEqual(SINGLE_FRAME_COAP);
  expect([framesOf(up), ...down.map(framesOf)]).toEqual([1, 1]);
  // room for as much again: the next reading needs no second frame
  expect(up + 20).toBeLessThanOrEqual(SINGLE_FRAME_COAP);
});

test("the same block without OSCORE has 80 bytes", async () => {
  const { node } = await stage({ lanes: { block: laneOf(IMAGE_256K, ETAG) } });
  const { options, payload } = blockRequest(4000);
  await node.sendsBytes(
    encodeMessage({ type: "CON", code: 1, messageId: 1, token: new Uint8Array(2), options: [...options], payload }),
  );
  expect(node.takeAll().map((bytes) => bytes.length)).toEqual([80]);
});
