/** Options with rules of their own: Hop-Limit (RFC 8768), No-Response (RFC 7967), If-*, Request-Tag (RFC 9175 §3). */
import { expect, test } from "@jest/globals";
import { seconds } from "../../gateway/base/index.ts";
import type { Request, Response } from "../../gateway/coap/index.ts";
import { type DottedCode, OPTION } from "../../gateway/wire/coap/index.ts";
import { ack, con, type Line, non, stage } from "../support/lockstep.ts";
import { ETAG, imageOf, laneOf, sourceOf } from "../support/lockstep-images.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const BODY = imageOf(3000);
const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

function recorder(answer: Response = { code: "2.04" }) {
  const calls: Request[] = [];
  const handler = (_peer: unknown, request: Request): Response => {
    calls.push(request);
    return answer;
  };
  return { calls, handler };
}

test.each([
  ["one hop left: only a proxy decrements, and this is the end", bytes(1)],
  ["many", bytes(255)],
  ["of no length, as an elective option that is not understood", bytes()],
  ["of two bytes", bytes(1, 0)],
  ["zero", bytes(0)],
])("Hop-Limit %s: a server goes by it", async (_name, value) => {
  const { node } = await stage({ handler: () => ({ code: "2.05" }) });
  await node.sends(con("GET", "c").option(OPTION.hopLimit, value));
  await node.expects(ack("2.05"));
});

test("the blocks of one body may come with different hop limits", async () => {
  const { calls, handler } = recorder();
  const { node } = await stage({ handler });
  await node.sends(con("PUT", "c").block1(0, 1, 16).uint(OPTION.hopLimit, 9).payload(BODY.subarray(0, 16)));
  await node.expects(ack("2.31").block1(0, 1, 16));
  await node.sends(con("PUT", "c").block1(1, 0, 16).uint(OPTION.hopLimit, 7).payload("end"));
  await node.expects(ack("2.04").block1(1, 0, 16));
  expect(calls).toHaveLength(1);
});

test.each<[name: string, value: Uint8Array, code: DottedCode, wanted: boolean]>([
  ["empty: everything is wanted", bytes(), "2.04", true],
  ["zero: everything is wanted", bytes(0), "4.04", true],
  ["26: nothing is wanted, success", bytes(26), "2.04", false],
  ["26: nothing is wanted, error", bytes(26), "5.03", false],
  ["bits that mean no class", bytes(0x65), "2.04", true],
  ["all bits", bytes(0xff), "4.04", false],
  ["too long, as an option that is not understood", bytes(0, 26), "2.04", true],
])("No-Response %s", async (_name, value, code, wanted) => {
  const { node } = await stage({ handler: recorder({ code } as Response).handler });
  await node.sends(con("POST", "c").option(OPTION.noResponse, value));
  await node.expects(wanted ? ack(code) : ack());
  await node.repeats();
  await node.expects(wanted ? ack(code) : ack());
  await node.sends(non("POST", "c").option(OPTION.noResponse, value));
  if (wanted) await node.expects(non(code));
  await node.expectsSilence();
});

test("No-Response and an answer that takes long: the empty ACK, and nothing more", async () => {
  const clock = new VirtualClock();
  const handler = (): Promise<Response> =>
    new Promise((resolve) => void clock.after(seconds(5), () => resolve({ code: "2.04" })));
  const { node } = await stage({ clock, handler });
  await node.sends(con("POST", "c").uint(OPTION.noResponse, 2));
  await clock.advance(seconds(2));
  await node.expects(ack());
  await clock.advance(seconds(100));
  await node.expectsSilence();
});

test("No-Response on a block of an image: the node learns nothing, as it wished", async () => {
  const { node, engine } = await stage({ lanes: { block: laneOf({ x: sourceOf(BODY) }) } });
  await node.sends(non("GET", "f/x").block2(0, 0, 64).uint(OPTION.noResponse, 2));
  await node.sends(non("GET", "f/x").qBlock2(0, 1, 64).uint(OPTION.noResponse, 2));
  await node.expectsSilence();
  expect(engine.stats().kept.bursts).toBe(0);
});

test.each<[name: string, line: Line, expected: Partial<Request>]>([
  [
    "If-Match with two tags",
    con("PUT", "c").option(1, bytes(1)).option(1, bytes(2, 3)),
    { ifMatch: [bytes(1), bytes(2, 3)], ifNoneMatch: false },
  ],
  ["If-Match with an empty tag: whatever is there", con("PUT", "c").option(1, bytes()), { ifMatch: [bytes()] }],
  ["If-None-Match", con("PUT", "c").option(5, bytes()), { ifMatch: [], ifNoneMatch: true }],
])("%s is the handler's to judge", async (_name, line, expected) => {
  const { calls, handler } = recorder();
  const { node } = await stage({ handler });
  await node.sends(line);
  await node.expects(ack("2.04"));
  expect(calls).toMatchObject([expected]);
});

test.each([
  ["If-Match with nine bytes", con("PUT", "c").option(1, new Uint8Array(9))],
  ["If-None-Match with a value", con("PUT", "c").option(5, bytes(1))],
  ["If-None-Match twice", con("PUT", "c").option(5, bytes()).option(5, bytes())],
])("%s is a critical option that is not understood", async (_name, line) => {
  const { calls, handler } = recorder();
  const { node } = await stage({ handler });
  await node.sends(line);
  await node.expects(ack("4.02"));
  expect(calls).toEqual([]);
});

test("a condition on an image goes to the handler, as the lane knows none", async () => {
  const { calls, handler } = recorder({ code: "4.12" });
  const { node } = await stage({ handler, lanes: { block: laneOf({ x: sourceOf(BODY) }) } });
  await node.sends(con("GET", "f/x").option(1, ETAG));
  await node.expects(ack("4.12"));
  expect(calls).toHaveLength(1);
});

const TAGS: ReadonlyArray<readonly Uint8Array[]> = [
  [],
  [bytes()],
  [bytes(1)],
  [bytes(1), bytes(2)],
  [bytes(2), bytes(1)],
];
const tagged = (line: Line, tags: readonly Uint8Array[]): Line =>
  tags.reduce((sofar, tag) => sofar.option(OPTION.requestTag, tag), line);

test("Block1: no Request-Tag, an empty one, one and two in each order are five bodies", async () => {
  const { calls, handler } = recorder();
  const { node } = await stage({ handler, limits: { bodiesPerPeer: 8 } });
  for (const [index, tags] of TAGS.entries()) {
    await node.sends(tagged(con("PUT", "c").block1(0, 1, 16).payload(new Uint8Array(16).fill(index)), tags));
    await node.expects(ack("2.31").block1(0, 1, 16));
  }
  for (const [index, tags] of TAGS.entries()) {
    await node.sends(tagged(con("PUT", "c").block1(1, 0, 16).payload(bytes(index)), tags));
    await node.expects(ack("2.04").block1(1, 0, 16));
  }
  expect(calls.map(({ payload }) => payload)).toEqual(TAGS.map((_, index) => new Uint8Array(17).fill(index)));
});

test("Block2: the later blocks of a FETCH belong to the transfer with their Request-Tags", async () => {
  let calls = 0;
  const handler = (): Response => {
    calls += 1;
    return { code: "2.05", payload: new Uint8Array(3000).fill(calls) };
  };
  const { node } = await stage({ handler, limits: { snapshotsPerPeer: 8 } });
  const fetch = (tags: readonly Uint8Array[]): Line =>
    tagged(con("FETCH", "c").contentFormat(141).payload("all"), tags);
  const first: Uint8Array[] = [];
  for (const tags of TAGS) {
    await node.sends(fetch(tags));
    first.push((await node.receives()).payload.slice(0, 1));
  }
  for (const [index, tags] of TAGS.entries()) {
    await node.sends(fetch(tags).block2(1, 0, 1024));
    expect((await node.receives()).payload.slice(0, 1)).toEqual(first[index]);
  }
  expect(new Set(first.map(([byte]) => byte)).size).toBe(TAGS.length);
});
