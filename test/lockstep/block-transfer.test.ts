/** Firmware downloads: the block lane holds nothing about a node, so nothing a node does can lose its place. */
import { expect, test } from "@jest/globals";
import { seconds } from "../../gateway/base/index.ts";
import { ack, con, NODE, non, stage } from "../support/lockstep.ts";
import { ETAG, imageOf, laneOf, sourceOf } from "../support/lockstep-images.ts";

const IMAGE = imageOf(200);
const block = (num: number, size: number): Uint8Array => IMAGE.subarray(num * size, (num + 1) * size);
const lanes = { block: laneOf({ a1b2: sourceOf(IMAGE) }) };

test("UX-R21: a node sleeps 40 s between blocks and takes a new token each time", async () => {
  const { node, clock, engine } = await stage({ lanes });
  await node.sends(con("GET", "f/a1b2").block2(0, 0, 64).token("01"));
  await node.expects(ack("2.05").block2(0, 1, 64).etag(ETAG).size2(200).payload(block(0, 64)).token("01"));
  for (const num of [1, 2]) {
    await clock.advance(seconds(40));
    await node.sends(con("GET", "f/a1b2").block2(num, 0, 64).token(`a${num}${num}${num}`));
    await node.expects(ack("2.05").block2(num, 1, 64).etag(ETAG).payload(block(num, 64)));
  }
  await clock.advance(seconds(86_400));
  await node.sends(con("GET", "f/a1b2").block2(3, 0, 64).token(""));
  await node.expects(ack("2.05").block2(3, 0, 64).etag(ETAG).payload(block(3, 64)).token(""));
  expect(engine.stats()).toMatchObject({ blocksServed: 4, blockBytesServed: 200, kept: { dedup: 0, snapshots: 0 } });
});

test("UX-R21: the block size changes midway: offsets are bytes", async () => {
  const { node } = await stage({ lanes });
  await node.sends(con("GET", "f/a1b2").block2(0, 0, 128));
  await node.expects(ack("2.05").block2(0, 1, 128).etag(ETAG).size2(200).payload(block(0, 128)));
  await node.sends(con("GET", "f/a1b2").block2(8, 0, 16));
  await node.expects(ack("2.05").block2(8, 1, 16).etag(ETAG).payload(block(8, 16)));
  await node.sends(con("GET", "f/a1b2").block2(9, 0, 16));
  await node.expects(ack("2.05").block2(9, 1, 16).etag(ETAG).payload(block(9, 16)));
  await node.sends(con("GET", "f/a1b2").block2(5, 0, 32));
  await node.expects(ack("2.05").block2(5, 1, 32).etag(ETAG).payload(block(5, 32)));
});

test("UX-R21: blocks come in any order and from any socket", async () => {
  const { another } = await stage({ lanes });
  for (const [index, num] of [3, 0, 2, 2, 1].entries()) {
    const node = await another({ ...NODE, port: 50_000 + index });
    await node.sends(con("GET", "f/a1b2").block2(num, 0, 64));
    const answer = ack("2.05")
      .block2(num, num < 3 ? 1 : 0, 64)
      .etag(ETAG)
      .payload(block(num, 64));
    await node.expects(num === 0 ? answer.size2(200) : answer);
  }
});

test("without Block2 the first kilobyte comes, and says so", async () => {
  const { node } = await stage({ lanes });
  await node.sends(con("GET", "f/a1b2"));
  await node.expects(ack("2.05").block2(0, 0, 1024).etag(ETAG).size2(200).payload(IMAGE));
});

test("UX-R21: block 70 000 of 16 bytes: NUM has 20 bits", async () => {
  const image = imageOf(70_001 * 16 + 5);
  const { node } = await stage({ lanes: { block: laneOf({ big: sourceOf(image) }) } });
  await node.sends(con("GET", "f/big").block2(70_000, 0, 16));
  await node.expects(ack("2.05").block2(70_000, 1, 16).etag(ETAG).payload(image.subarray(1_120_000, 1_120_016)));
  await node.sends(con("GET", "f/big").block2(70_001, 0, 16));
  await node.expects(ack("2.05").block2(70_001, 0, 16).etag(ETAG).payload(image.subarray(1_120_016)));
});

test("Content-Format goes to whoever asks with Accept; another format is 4.06", async () => {
  const { node } = await stage({ lanes });
  await node.sends(con("GET", "f/a1b2").block2(1, 0, 64).accept(42));
  await node.expects(ack("2.05").block2(1, 1, 64).etag(ETAG).contentFormat(42).payload(block(1, 64)));
  await node.sends(con("GET", "f/a1b2").block2(1, 0, 64).accept(60));
  await node.expects(ack("4.06"));
});

test("a known ETag gets 2.03 for block 0 and bytes for every other block", async () => {
  const { node } = await stage({ lanes });
  await node.sends(con("GET", "f/a1b2").block2(0, 0, 64).etag(ETAG));
  await node.expects(ack("2.03").etag(ETAG));
  await node.sends(con("GET", "f/a1b2").block2(1, 0, 64).etag(ETAG));
  await node.expects(ack("2.05").block2(1, 1, 64).etag(ETAG).payload(block(1, 64)));
  await node.sends(con("GET", "f/a1b2").block2(0, 0, 64).etag(Uint8Array.of(9)).etag(ETAG));
  await node.expects(ack("2.03").etag(ETAG));
});

test("past the end is 4.02, an unknown image 4.04, szx 7 4.00", async () => {
  const { node } = await stage({ lanes });
  await node.sends(con("GET", "f/a1b2").block2(4, 0, 64));
  await node.expects(ack("4.02"));
  await node.sends(con("GET", "f/none").block2(0, 0, 64));
  await node.expects(ack("4.04"));
  await node.sends(con("GET", "f/a1b2").option(23, Uint8Array.of(0x07)));
  await node.expects(ack("4.00"));
});

test("a NON request gets NON blocks with message ids of our own", async () => {
  const { node } = await stage({ lanes });
  await node.sends(non("GET", "f/a1b2").block2(1, 0, 64));
  const first = await node.expects(non("2.05").block2(1, 1, 64).etag(ETAG).payload(block(1, 64)));
  await node.sends(non("GET", "f/a1b2").block2(2, 0, 64));
  const second = await node.expects(non("2.05").block2(2, 1, 64).etag(ETAG).payload(block(2, 64)));
  expect(second.messageId).toBe((first.messageId + 1) & 0xffff);
});

test("a repeated request for a block is computed again, to the same bytes", async () => {
  const { node, engine } = await stage({ lanes });
  await node.sends(con("GET", "f/a1b2").block2(1, 0, 64));
  await node.repeats();
  const answer = () => ack("2.05").block2(1, 1, 64).etag(ETAG).payload(block(1, 64));
  await node.expects(answer());
  await node.expects(answer());
  expect(engine.stats().kept.dedup).toBe(0);
});

test("unknown critical options and other methods do not slip through the lane", async () => {
  const { node } = await stage({ lanes, handler: () => ({ code: "4.05" }) });
  await node.sends(con("GET", "f/a1b2").block2(0, 0, 64).option(65_001, Uint8Array.of(1)));
  await node.expects(ack("4.02"));
  await node.sends(con("PUT", "f/a1b2").payload("x"));
  await node.expects(ack("4.05"));
  await node.sends(con("GET", "f/a1b2/x"));
  await node.expects(ack("4.05"));
  await node.sends(con("GET", "f/a1b2").option(65_000, Uint8Array.of(1)).block2(1, 0, 64));
  await node.expects(ack("2.05").block2(1, 1, 64).etag(ETAG).payload(block(1, 64)));
});

test("the lane hears what was served; its failure is no answer's business", async () => {
  const served: unknown[] = [];
  const lane = {
    ...lanes.block,
    served: (peer: { readonly path: string }, id: string, offset: number, length: number) => {
      served.push([peer.path, id, offset, length]);
      throw new Error("books lost");
    },
  };
  const { node, engine } = await stage({ lanes: { block: lane } });
  await node.sends(con("GET", "f/a1b2").block2(3, 0, 64));
  await node.expects(ack("2.05").block2(3, 0, 64).etag(ETAG).payload(block(3, 64)));
  await node.expectsSilence();
  expect(served).toEqual([["192.0.2.7:40007", "a1b2", 192, 8]]);
  expect(engine.stats().failures).toBe(1);
});

test("an image that cannot be read is 5.00 without a word", async () => {
  const broken = {
    ...sourceOf(IMAGE),
    slice: (): Uint8Array => {
      throw new Error("/secret/path: I/O error");
    },
  };
  const { node, engine } = await stage({ lanes: { block: laneOf({ bad: broken }) } });
  await node.sends(con("GET", "f/bad").block2(0, 0, 64));
  await node.expects(ack("5.00"));
  expect(engine.stats().failures).toBe(1);
});
