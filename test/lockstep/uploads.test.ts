/** Block1 uploads (RFC 7959 §2.5): bodies are put together by what the request is, never by its token. */
import { expect, test } from "@jest/globals";
import { minutes, seconds } from "../../gateway/base/index.ts";
import type { Request } from "../../gateway/coap/index.ts";
import { ack, con, NODE, non, stage } from "../support/lockstep.ts";
import { imageOf } from "../support/lockstep-images.ts";

const BODY = imageOf(150);
const part = (num: number, size: number): Uint8Array => BODY.subarray(num * size, (num + 1) * size);

function receiver() {
  const bodies: Uint8Array[] = [];
  const handler = (_peer: unknown, { payload }: Request) => {
    bodies.push(payload);
    return { code: "2.04" } as const;
  };
  return { bodies, handler };
}

test("a body in three blocks, a token each, arrives as one; the response names the last block", async () => {
  const { bodies, handler } = receiver();
  const { node, engine } = await stage({ handler });
  await node.sends(con("PUT", "n/x/c").block1(0, 1, 64).size1(150).payload(part(0, 64)));
  await node.expects(ack("2.31").block1(0, 1, 64));
  await node.sends(con("PUT", "n/x/c").block1(1, 1, 64).payload(part(1, 64)));
  await node.expects(ack("2.31").block1(1, 1, 64));
  await node.sends(con("PUT", "n/x/c").block1(2, 0, 64).payload(part(2, 64)));
  await node.expects(ack("2.04").block1(2, 0, 64));
  expect(bodies).toEqual([BODY]);
  expect(engine.stats().kept.bodies).toBe(0);
});

test("a gap is 4.08 with the block that is expected; the node rewinds and ends well", async () => {
  const { bodies, handler } = receiver();
  const { node } = await stage({ handler });
  await node.sends(con("PUT", "c").block1(0, 1, 64).payload(part(0, 64)));
  await node.expects(ack("2.31").block1(0, 1, 64));
  await node.sends(con("PUT", "c").block1(2, 0, 64).payload(part(2, 64)));
  await node.expects(ack("4.08").block1(1, 1, 64));
  await node.sends(con("PUT", "c").block1(1, 1, 64).payload(part(1, 64)));
  await node.expects(ack("2.31").block1(1, 1, 64));
  await node.sends(con("PUT", "c").block1(2, 0, 64).payload(part(2, 64)));
  await node.expects(ack("2.04").block1(2, 0, 64));
  expect(bodies).toEqual([BODY]);
});

test("block 0 starts anew, in another size too", async () => {
  const { bodies, handler } = receiver();
  const { node } = await stage({ handler });
  await node.sends(con("PUT", "c").block1(0, 1, 64).payload(new Uint8Array(64)));
  await node.expects(ack("2.31").block1(0, 1, 64));
  await node.sends(con("PUT", "c").block1(0, 1, 128).payload(part(0, 128)));
  await node.expects(ack("2.31").block1(0, 1, 128));
  // smaller blocks from here on: 128 bytes are 8 blocks of 16
  await node.sends(con("PUT", "c").block1(8, 1, 16).payload(part(8, 16)));
  await node.expects(ack("2.31").block1(8, 1, 16));
  await node.sends(con("PUT", "c").block1(9, 0, 16).payload(part(9, 16)));
  await node.expects(ack("2.04").block1(9, 0, 16));
  expect(bodies).toEqual([BODY]);
});

test("a block that came before is acknowledged again, whatever its message id", async () => {
  const { bodies, handler } = receiver();
  const { node } = await stage({ handler });
  await node.sends(con("PUT", "c").block1(0, 1, 64).payload(part(0, 64)));
  await node.expects(ack("2.31").block1(0, 1, 64));
  for (let time = 0; time < 2; time++) {
    await node.sends(con("PUT", "c").block1(1, 1, 64).payload(part(1, 64)));
    await node.expects(ack("2.31").block1(1, 1, 64));
  }
  await node.sends(con("PUT", "c").block1(2, 0, 64).payload(part(2, 64)));
  await node.expects(ack("2.04").block1(2, 0, 64));
  expect(bodies).toEqual([BODY]);
});

test("a block that came before and now claims to be the last is a gap: the body went on after it", async () => {
  const { bodies, handler } = receiver();
  const { node } = await stage({ handler });
  for (const num of [0, 1]) {
    await node.sends(con("PUT", "c").block1(num, 1, 64).payload(part(num, 64)));
    await node.expects(ack("2.31").block1(num, 1, 64));
  }
  await node.sends(con("PUT", "c").block1(1, 0, 64).payload(part(1, 64)));
  await node.expects(ack("4.08").block1(2, 1, 64));
  expect(bodies).toEqual([]);
});

test("without a body there is only one place to go on: 4.08 names block 0", async () => {
  const { node } = await stage();
  await node.sends(con("PUT", "c").block1(0xfffff, 0, 1024).payload("x"));
  await node.expects(ack("4.13").block1(0xfffff, 0, 1024).size1(1_048_576));
  await node.sends(con("PUT", "c").block1(3, 0, 64).payload("x"));
  await node.expects(ack("4.08").block1(0, 1, 64));
});

test("too large by its own announcement, or by its place: 4.13 with our limit", async () => {
  const { node, engine } = await stage({ limits: { bodyBytes: 100 } });
  await node.sends(con("PUT", "c").block1(0, 1, 64).size1(150).payload(part(0, 64)));
  await node.expects(ack("4.13").block1(0, 0, 64).size1(100));
  await node.sends(con("PUT", "c").block1(0, 1, 64).payload(part(0, 64)));
  await node.expects(ack("2.31").block1(0, 1, 64));
  await node.sends(con("PUT", "c").block1(1, 1, 64).payload(part(1, 64)));
  await node.expects(ack("4.13").block1(1, 0, 64).size1(100));
  expect(engine.stats().kept.bodies).toBe(0);
});

test("a block with more to come is full; the last is not longer than its size; szx 7 is reserved", async () => {
  const { node } = await stage();
  await node.sends(con("PUT", "c").block1(0, 1, 64).payload(part(0, 32)));
  await node.expects(ack("4.00"));
  await node.sends(con("PUT", "c").block1(0, 0, 16).payload(part(0, 32)));
  await node.expects(ack("4.00"));
  await node.sends(con("PUT", "c").option(27, Uint8Array.of(0x0f)).payload("x"));
  await node.expects(ack("4.00"));
});

test("one block, empty option: the whole body (RFC 7959 §2.2)", async () => {
  const { bodies, handler } = receiver();
  const { node } = await stage({ handler });
  await node.sends(con("PUT", "c").block1(0, 0, 16).payload("hello"));
  await node.expects(ack("2.04").block1(0, 0, 16));
  expect(bodies).toHaveLength(1);
});

test("Request-Tag, method, path and place keep bodies apart", async () => {
  const { bodies, handler } = receiver();
  const { node, another } = await stage({ handler, limits: { bodiesPerPeer: 8 } });
  const neighbour = await another({ ...NODE, port: 40_008 });
  const tag = (line: ReturnType<typeof con>, value: number) => line.option(292, Uint8Array.of(value));
  const parties = [
    { party: node, line: () => tag(con("PUT", "c"), 1) },
    { party: node, line: () => tag(con("PUT", "c"), 2) },
    { party: node, line: () => con("PUT", "c") },
    { party: node, line: () => con("POST", "c") },
    { party: neighbour, line: () => con("PUT", "c") },
  ];
  for (const [index, { party, line }] of parties.entries()) {
    await party.sends(line().block1(0, 1, 16).payload(new Uint8Array(16).fill(index)));
    await party.expects(ack("2.31").block1(0, 1, 16));
  }
  for (const [index, { party, line }] of parties.entries()) {
    await party.sends(line().block1(1, 0, 16).payload(Uint8Array.of(index)));
    await party.expects(ack("2.04").block1(1, 0, 16));
  }
  expect(bodies).toEqual(parties.map((_, index) => new Uint8Array(17).fill(index)));
});

test("a third open body takes the place of the one untouched longest", async () => {
  const { node, engine } = await stage();
  for (const path of ["a", "b", "c"]) {
    await node.sends(con("PUT", path).block1(0, 1, 16).payload(part(0, 16)));
    await node.expects(ack("2.31").block1(0, 1, 16));
  }
  expect(engine.stats().kept.bodies).toBe(2);
  await node.sends(con("PUT", "a").block1(1, 0, 16).payload("x"));
  await node.expects(ack("4.08").block1(0, 1, 16));
  await node.sends(con("PUT", "b").block1(1, 1, 16).payload(part(1, 16)));
  await node.expects(ack("2.31").block1(1, 1, 16));
});

test("a node may sleep between blocks; an abandoned body goes after ten minutes", async () => {
  const { node, clock, engine } = await stage();
  await node.sends(con("PUT", "c").block1(0, 1, 64).payload(part(0, 64)));
  await node.expects(ack("2.31").block1(0, 1, 64));
  await clock.advance(minutes(9));
  await node.sends(con("PUT", "c").block1(1, 1, 64).payload(part(1, 64)));
  await node.expects(ack("2.31").block1(1, 1, 64));
  await clock.advance(minutes(11));
  expect(engine.stats().kept.bodies).toBe(0);
});

test("NON uploads work too; No-Response spares only the last answer", async () => {
  const { bodies, handler } = receiver();
  const { node, clock } = await stage({ handler });
  await node.sends(non("POST", "c").block1(0, 1, 64).uint(258, 2).payload(part(0, 64)));
  await node.expects(non("2.31").block1(0, 1, 64));
  await node.sends(non("POST", "c").block1(1, 0, 64).uint(258, 2).payload("end"));
  await clock.advance(seconds(5));
  await node.expectsSilence();
  expect(bodies).toHaveLength(1);
});
