/** The bounded tables and pure steps of the engine, one by one. */
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { millis, seconds } from "../../gateway/base/index.ts";
import { judgeBlock } from "../../gateway/coap/blockwise/block1.ts";
import { SnapshotTable, sliceBody } from "../../gateway/coap/blockwise/block2.ts";
import { DEFAULT_PARAMETERS, derivedTimes } from "../../gateway/coap/index.ts";
import { DedupTable } from "../../gateway/coap/messages/dedup.ts";
import { nextSequence } from "../../gateway/coap/observe/observe.ts";
import { transferKey } from "../../gateway/coap/requests/request-reader.ts";
import { blockSize, MAX_SZX, OPTION, type Szx } from "../../gateway/wire/coap/index.ts";

const at = millis;

test("RFC 7252 §4.8.2: the times that follow from the default parameters", () => {
  expect(derivedTimes(DEFAULT_PARAMETERS)).toEqual({
    MAX_TRANSMIT_SPAN: seconds(45),
    MAX_TRANSMIT_WAIT: seconds(93),
    MAX_RTT: seconds(202),
    EXCHANGE_LIFETIME: seconds(247),
    NON_LIFETIME: seconds(145),
  });
});

test("a node that polls its parent rarely: ACK_TIMEOUT 10 moves everything with it", () => {
  const times = derivedTimes({ ...DEFAULT_PARAMETERS, ACK_TIMEOUT: seconds(10) });
  expect(times).toMatchObject({
    MAX_TRANSMIT_SPAN: seconds(225),
    MAX_TRANSMIT_WAIT: seconds(465),
    EXCHANGE_LIFETIME: seconds(435),
  });
});

test("dedup: 64 per peer, the oldest makes room; the others of the gateway stay", () => {
  const table = new DedupTable({ dedupPerPeer: 64, dedupTotal: 20_000 });
  table.record("quiet", 1, at(1000));
  for (let id = 0; id < 5000; id++) table.record("busy", id, at(1000));
  expect(table.size).toBe(65);
  expect(table.find("busy", 4935, at(0))).toBeUndefined();
  expect(table.find("busy", 4936, at(0))).toBeDefined();
  expect(table.find("quiet", 1, at(0))).toBeDefined();
});

test("dedup: 20 000 in all, the oldest makes room", () => {
  const table = new DedupTable({ dedupPerPeer: 64, dedupTotal: 20_000 });
  for (let peer = 0; peer < 30_000; peer++) table.record(`p${peer}`, 1, at(1000));
  expect(table.size).toBe(20_000);
  expect(table.find("p9999", 1, at(0))).toBeUndefined();
  expect(table.find("p10000", 1, at(0))).toBeDefined();
});

test("what names a transfer stays short, whatever a request says, and still tells requests apart", () => {
  const named = (last: string): string => {
    const options = Array.from({ length: 200 }, (_, i) => ({
      number: OPTION.uriQuery,
      value: new Uint8Array(255).fill(i),
    }));
    return transferKey({ code: 1, options: [...options, { number: OPTION.uriQuery, value: Buffer.from(last) }] });
  };
  expect(named("a").length).toBeLessThan(64);
  expect(named("a")).toBe(named("a"));
  expect(named("a")).not.toBe(named("b"));
});

test("dedup: entries expire, also those behind longer ones", () => {
  const table = new DedupTable({ dedupPerPeer: 64, dedupTotal: 100 });
  table.record("con", 1, at(247));
  table.record("non", 2, at(145));
  expect(table.find("non", 2, at(145))).toBeUndefined();
  table.purge(at(200));
  expect(table.size).toBe(2);
  table.purge(at(247));
  expect(table.size).toBe(0);
});

test("dedup: the table agrees with a plain model under any traffic", () => {
  const traffic = fc.array(fc.tuple(fc.nat(3), fc.nat(9)), { maxLength: 200 });
  fc.assert(
    fc.property(traffic, (messages) => {
      const table = new DedupTable({ dedupPerPeer: 3, dedupTotal: 7 });
      let model: Array<readonly [string, number]> = [];
      for (const [peer, id] of messages) {
        const path = `p${peer}`;
        const known = model.some(([p, i]) => p === path && i === id);
        expect(table.find(path, id, at(0)) !== undefined).toBe(known);
        if (known) continue;
        table.record(path, id, at(1));
        const mine = model.filter(([p]) => p === path);
        if (mine.length >= 3) model = model.filter((entry) => entry !== mine[0]);
        if (model.length >= 7) model = model.slice(1);
        model.push([path, id]);
        expect(table.size).toBe(model.length);
      }
    }),
  );
});

test("sequence numbers of observations have 24 bits and follow the clock", () => {
  const first = nextSequence(undefined, at(1_790_000_000_000));
  expect(nextSequence(undefined, at(1_790_000_001_600)) - first).toBe(100);
  expect(nextSequence(first, at(1_790_000_001_600)) - first).toBe(100);
  // More than one in 16 ms, and a clock that was put back: it grows all the same.
  expect(nextSequence(first, at(1_790_000_000_000))).toBe(first + 1);
  expect(nextSequence(first, at(1_789_990_000_000))).toBe(first + 1);
  expect(nextSequence(0xffffff, at(0))).toBe(0);
});

test("judging blocks never asks for memory: NUM 1048575 of a small body is refused", () => {
  const block = { num: 0xfffff, more: false, szx: 6 } as const;
  expect(judgeBlock(0, { block, length: 1, size1: undefined }, 1_048_576).kind).toBe("too-large");
  expect(judgeBlock(0, { block: { ...block, szx: 0 }, length: 1, size1: undefined }, 2 ** 30).kind).toBe("gap");
});

test.each([
  ["nothing is there: block 0 in the size that was asked with", 0, 3, 0, 3],
  ["the same size goes on", 128, 2, 2, 2],
  ["a larger size that cannot name the place: the largest that can", 64, 3, 1, 2],
  ["down to 16 bytes", 16 * 7, 6, 7, 0],
] as const)("4.08 names the block that is expected (RFC 7959 §2.9.2): %s", (_name, received, asked, num, szx) => {
  const block = { num: 900, more: true, szx: asked };
  const verdict = judgeBlock(received, { block, length: blockSize(asked), size1: undefined }, 2 ** 30);
  expect(verdict).toEqual({ kind: "gap", expected: { num, more: true, szx } });
});

test("the slices of a body are the body, whatever the block size", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 5000 }), fc.nat(MAX_SZX), (body, n) => {
      const szx = n as Szx;
      const parts: Uint8Array[] = [];
      for (let num = 0; ; num++) {
        const slice = sliceBody(body, { num, more: false, szx });
        parts.push(slice?.payload ?? new Uint8Array(0));
        expect(slice?.payload.length).toBeLessThanOrEqual(blockSize(szx));
        if (slice?.block2?.more !== true) break;
      }
      expect(Buffer.concat(parts).equals(body)).toBe(true);
      expect(sliceBody(body, { num: parts.length, more: false, szx })).toBeUndefined();
    }),
  );
});

test("snapshots: bytes are bounded over all peers", () => {
  const table = new SnapshotTable({
    snapshotsPerPeer: 4,
    snapshotsTotal: 100,
    snapshotBytes: 10_000,
    snapshotIdle: seconds(60),
  });
  const response = { code: "2.05", payload: new Uint8Array(3000) } as const;
  for (let peer = 0; peer < 10; peer++) table.keep(`p${peer}`, "k", new Uint8Array(0), response, at(0));
  expect(table.size).toBe(3);
  table.keep("p", "k", new Uint8Array(0), { ...response, payload: new Uint8Array(20_000) }, at(0));
  expect(table.size).toBe(3);
  expect(table.find("p9", "k", new Uint8Array(0), at(60_000))).toBeUndefined();
  table.purge(at(60_000));
  expect(table.size).toBe(0);
});
