/** Q-Block2 (RFC 9177): what a request asks for, and the driver that sends it set by set. */
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { type Millis, millis, minutes, seconds, seededRandom } from "../../gateway/base/index.ts";
import { asQBlock2, pauseBetweenSets, readQBlock2 } from "../../gateway/coap/blockwise/qblock2.ts";
import { type BurstRequest, Bursts, type Sent } from "../../gateway/coap/blockwise/qblock2-bursts.ts";
import { type Reply, writeReply } from "../../gateway/coap/requests/response-writer.ts";
import { decodeBlockOption, encodeUint, OPTION, type Szx } from "../../gateway/wire/coap/index.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const SZX: Szx = 2;
const BODY = 64 * 35 - 1; // 35 blocks, the last one short
type Asked = readonly (readonly [num: number, more: 0 | 1])[];
const ask = (asked: Asked, length = BODY) =>
  readQBlock2(
    asked.map(([num, more]) => ({ num, more: more === 1, szx: SZX })),
    length,
  );
const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);

test.each<[name: string, asked: Asked, blocks: number[], onwards: number | undefined]>([
  ["NUM 0 with M: the whole body, set by set", [[0, 1]], range(0, 9), 10],
  ["NUM 0 without M: that block", [[0, 0]], [0], undefined],
  ["a start of a set with M: continue", [[10, 1]], range(10, 19), 20],
  ["continue with the last set", [[30, 1]], range(30, 34), undefined],
  ["inside a set with M: the rest of the set and no more", [[14, 1]], range(14, 19), undefined],
  ["one missing block", [[7, 0]], [7], undefined],
  [
    "missing blocks by several options",
    [
      [3, 0],
      [5, 0],
      [9, 0],
    ],
    [3, 5, 9],
    undefined,
  ],
  [
    "what two options name is sent once",
    [
      [14, 1],
      [16, 0],
      [25, 0],
    ],
    [...range(14, 19), 25],
    undefined,
  ],
  [
    "missing blocks, then continue",
    [
      [7, 0],
      [10, 1],
    ],
    [7, ...range(10, 19)],
    20,
  ],
  [
    "blocks past the end are left out",
    [
      [33, 0],
      [34, 0],
      [35, 0],
    ],
    [33, 34],
    undefined,
  ],
])("%s", (_name, asked, blocks, onwards) => {
  expect(ask(asked)).toEqual({ kind: "wanted", blocks, onwards, count: 35 });
});

test.each<[name: string, asked: Asked]>([
  [
    "descending",
    [
      [5, 0],
      [3, 0],
    ],
  ],
  [
    "twice the same",
    [
      [5, 0],
      [5, 0],
    ],
  ],
])("%s block numbers are malformed (RFC 9177 §4.4)", (_name, asked) => {
  expect(ask(asked)).toEqual({ kind: "malformed" });
});

test("two block sizes in one request are malformed", () => {
  const asked = [
    { num: 1, more: false, szx: 2 as Szx },
    { num: 2, more: false, szx: 3 as Szx },
  ];
  expect(readQBlock2(asked, BODY)).toEqual({ kind: "malformed" });
});

test("past the end there is nothing; an empty body has one block", () => {
  expect(ask([[35, 1]])).toEqual({ kind: "past-end" });
  expect(ask([[0, 1]], 0)).toEqual({ kind: "wanted", blocks: [0], onwards: undefined, count: 1 });
});

test("whatever is asked, each block goes once, in order, and exists", () => {
  const asked = fc.uniqueArray(fc.tuple(fc.nat(60), fc.constantFrom<0 | 1>(0, 1)), {
    minLength: 1,
    selector: ([num]) => num,
  });
  fc.assert(
    fc.property(asked, fc.nat(64 * 40), (options, length) => {
      const verdict = ask(
        [...options].sort(([a], [b]) => a - b),
        length,
      );
      if (verdict.kind !== "wanted") return;
      expect([...new Set(verdict.blocks)].sort((a, b) => a - b)).toEqual(verdict.blocks);
      expect(verdict.blocks.at(-1)).toBeLessThan(verdict.count);
    }),
  );
});

test("the pause between two sets is 2 to 3 s", () => {
  const random = seededRandom(5);
  for (let i = 0; i < 100; i++) {
    const pause = pauseBetweenSets(random);
    expect(pause).toBeGreaterThanOrEqual(2000);
    expect(pause).toBeLessThanOrEqual(3000);
  }
});

test("a block becomes a Q-Block2 with Size2 in each; an error stays what it is", () => {
  const asked = { block2: { num: 3, more: false, szx: SZX }, etags: [], block1: undefined, observe: undefined };
  const reply = writeReply({ code: "2.05", payload: new Uint8Array(1000), etag: Uint8Array.of(1) }, asked);
  const { options, payload } = asQBlock2(reply, 1000);
  expect(options.map(({ number }) => number)).toEqual([OPTION.etag, OPTION.size2, OPTION.qBlock2]);
  expect(decodeBlockOption(options[2]!.value)).toEqual({ num: 3, more: true, szx: SZX });
  expect(options[1]?.value).toEqual(encodeUint(1000));
  expect(payload).toHaveLength(64);
  const error: Reply = { code: "4.04", options: [], payload: new Uint8Array(0) };
  expect(asQBlock2(error, 0)).toBe(error);
});

/** A driver whose replies carry nothing but their block number. */
function driver(limits = { burstsPerPeer: 2, burstsTotal: 8, burstBytes: 1000 }) {
  const clock = new VirtualClock();
  const failures: unknown[] = [];
  const bursts = new Bursts({ clock, random: seededRandom(1), limits, failed: (error) => void failures.push(error) });
  const sent: number[] = [];
  let messageId = 0;
  const start = (
    asked: Asked,
    {
      key = "a",
      path = "p",
      bytes = 0,
      send,
    }: Partial<Pick<BurstRequest, "key" | "path" | "bytes">> & {
      send?: (num: number) => Sent | undefined;
    } = {},
  ): void => {
    const wanted = ask(asked);
    if (wanted.kind !== "wanted") throw new Error(wanted.kind);
    bursts.start({
      key,
      path,
      wanted,
      bytes,
      block: (num) => ({ code: "2.05", options: [], payload: Uint8Array.of(num) }),
      send: ({ payload: [num = -1] }) => {
        const instead = send?.(num);
        if (instead !== undefined) return instead;
        sent.push(num);
        messageId += 1;
        return messageId;
      },
    });
  };
  return { clock, bursts, sent, start, failures };
}

test("ten at once, then a pause, until the body is through", async () => {
  const { clock, bursts, sent, start } = driver();
  start([[0, 1]]);
  expect(sent).toEqual(range(0, 9));
  await clock.advance(millis(1999));
  expect(sent).toHaveLength(10);
  await clock.advance(millis(1001));
  expect(sent).toEqual(range(0, 19));
  await clock.advance(minutes(1));
  expect(sent).toEqual(range(0, 34));
  expect(bursts.size).toBe(0);
});

test("continue goes on at once and takes the place of the pause", async () => {
  const { clock, sent, start } = driver();
  start([[0, 1]]);
  await clock.advance(seconds(1));
  start([[10, 1]]);
  expect(sent).toEqual(range(0, 19));
  await clock.advance(millis(1999));
  expect(sent).toHaveLength(20);
  await clock.advance(millis(1001));
  expect(sent).toEqual(range(0, 29));
});

test("missing blocks go at once, and the rest of the transfer keeps its time", async () => {
  const { clock, sent, start } = driver();
  start([[0, 1]]);
  await clock.advance(seconds(1));
  start([
    [2, 0],
    [7, 0],
  ]);
  expect(sent.slice(10)).toEqual([2, 7]);
  await clock.advance(seconds(2));
  expect(sent.slice(12)).toEqual(range(10, 19));
});

test("a peer that says nothing gets five sets and no more; it may go on where it was", async () => {
  const clock = new VirtualClock();
  const sent: number[] = [];
  const bursts = new Bursts({
    clock,
    random: seededRandom(1),
    limits: { burstsPerPeer: 2, burstsTotal: 8, burstBytes: 1000 },
    failed: () => undefined,
  });
  const request = (num: number) => {
    const wanted = readQBlock2([{ num, more: true, szx: SZX }], 64 * 500);
    if (wanted.kind !== "wanted") throw new Error(wanted.kind);
    bursts.start({
      key: "a",
      path: "p",
      wanted,
      bytes: 0,
      block: (n) => ({ code: "2.05", options: [], payload: encodeUint(n) }),
      send: () => {
        sent.push(1);
        return sent.length;
      },
    });
  };
  request(0);
  await clock.advance(minutes(10));
  expect(sent).toHaveLength(50);
  expect(bursts.size).toBe(0);
  request(50);
  await clock.advance(minutes(10));
  expect(sent).toHaveLength(100);
});

test("a RST ends the transfer whose message it names; others of its path, and of other peers, go on", async () => {
  const { clock, bursts, sent, start } = driver();
  start([[0, 1]], { key: "first" }); // messages 1 to 10
  start([[10, 1]], { key: "second" }); // messages 11 to 20
  start([[20, 1]], { key: "third", path: "q" }); // messages 21 to 30
  bursts.reset("p", 21);
  bursts.reset("q", 1);
  bursts.reset("p", 99);
  expect(bursts.size).toBe(3);
  bursts.reset("p", 1);
  sent.length = 0;
  await clock.advance(seconds(3));
  expect(sent.toSorted((a, b) => a - b)).toEqual([...range(20, 29), ...range(30, 34)]);
  bursts.reset("p", 11); // of the set before
  expect(bursts.size).toBe(1);
  bursts.reset("p", 31);
  bursts.reset("p", 36);
  expect(bursts.size).toBe(0);
});

test("a RST to a block that was asked for again ends what is to follow", () => {
  const { bursts, start } = driver();
  start([[0, 1]]);
  start([[3, 0]]);
  bursts.reset("p", 11);
  expect(bursts.size).toBe(0);
});

test("the bursts of one peer and of all are bounded; the newest stay", () => {
  const { bursts, start } = driver();
  for (const key of ["a", "b", "c"]) start([[0, 1]], { key, path: "p" });
  expect(bursts.size).toBe(2);
  for (let i = 0; i < 100; i++) start([[0, 1]], { key: `k${i}`, path: `p${i}` });
  expect(bursts.size).toBe(8);
  bursts.close();
  expect(bursts.size).toBe(0);
});

test("what waiting transfers hold in memory is bounded: the oldest that hold any give way, images stay", async () => {
  const { clock, bursts, sent, start } = driver();
  start([[0, 1]], { key: "image", path: "p0" });
  for (const [i, bytes] of [400, 400, 400].entries()) start([[0, 1]], { key: `k${i}`, path: `p${i + 1}`, bytes });
  expect(bursts.size).toBe(3); // k0 gave way
  start([[0, 1]], { key: "all", path: "p8", bytes: 1000 });
  expect(bursts.size).toBe(2);
  sent.length = 0;
  start([[0, 1]], { key: "more", path: "p9", bytes: 1001 }); // its first set goes, the others are asked for
  expect([sent.length, bursts.size]).toEqual([10, 2]);
  await clock.advance(seconds(3));
  expect(sent).toHaveLength(30);
});

test("without room on the air the rest waits; a wait beyond NON_PARTIAL_TIMEOUT ends it", async () => {
  const { clock, bursts, sent, start } = driver();
  let wait: Millis = seconds(7);
  start([[0, 1]], { send: (num) => (num >= 4 && wait > 0 ? { wait } : undefined) });
  expect(sent).toEqual(range(0, 3));
  wait = millis(0);
  await clock.advance(seconds(7));
  expect(sent).toEqual(range(0, 9));
  wait = minutes(5);
  await clock.advance(seconds(3));
  expect(bursts.size).toBe(0);
});

test("a block that cannot be made is counted and ends the transfer", () => {
  const { bursts, failures, start } = driver();
  start([[0, 1]], {
    send: () => {
      throw new Error("no disk");
    },
  });
  expect([failures.length, bursts.size]).toEqual([1, 0]);
});
