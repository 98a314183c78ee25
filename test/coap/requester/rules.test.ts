/** The pure rules of the requester, one table each: the exchange's step, the order of notifications, addresses. */
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { millis } from "../../../gateway/base/index.ts";
import { beginDownload } from "../../../gateway/coap/requester/block2-fetching.ts";
import { type ExchangeEvent, type ExchangeState, isOver, step } from "../../../gateway/coap/requester/exchange.ts";
import { isNewer } from "../../../gateway/coap/requester/freshness.ts";
import { numericRemote } from "../../../gateway/coap/requester/numeric.ts";

const STEPS: ReadonlyArray<readonly [from: ExchangeState, event: ExchangeEvent, to: ExchangeState]> = [
  ["waiting-ack", "ack", "acknowledged"],
  ["waiting-ack", "response", "answered"],
  ["waiting-ack", "rst", "reset"],
  ["waiting-ack", "given-up", "lost"],
  ["waiting-ack", "deadline", "overdue"],
  ["waiting-ack", "abort", "aborted"],
  ["acknowledged", "ack", "acknowledged"],
  ["acknowledged", "response", "answered"],
  ["acknowledged", "rst", "reset"],
  ["acknowledged", "given-up", "acknowledged"],
  ["acknowledged", "deadline", "overdue"],
  ["acknowledged", "abort", "aborted"],
];
test.each(STEPS)("%s + %s = %s", (from, event, to) => {
  expect(step(from, event)).toBe(to);
});

test("what is over stays as it ended, and everything ends", () => {
  const events: readonly ExchangeEvent[] = ["ack", "response", "rst", "given-up", "deadline", "abort"];
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...events)), (happened) => {
      let state: ExchangeState = "waiting-ack";
      for (const event of happened) {
        const next = step(state, event);
        if (isOver(state)) expect(next).toBe(state);
        state = next;
      }
      expect(isOver(step(state, "deadline"))).toBe(true);
    }),
  );
});

const T = millis(1_790_000_000_000);
test.each([
  ["the next number", 1, 2, 0, true],
  ["the same number", 2, 2, 0, false],
  ["one before", 2, 1, 0, false],
  ["just less than half way round", 0, 2 ** 23 - 1, 0, true],
  ["half way round", 0, 2 ** 23, 0, false],
  ["wrapped", 2 ** 24 - 1, 0, 0, true],
  ["wrapped, the other way", 0, 2 ** 24 - 1, 0, false],
  ["one before, 128 s later", 2, 1, 128_000, false],
  ["one before, more than 128 s later", 2, 1, 128_001, true],
] as const)("RFC 7641 §3.4: %s", (_name, last, next, later, newer) => {
  expect(isNewer({ sequence: next, at: millis(T + later) }, { sequence: last, at: T })).toBe(newer);
});

test.each([
  ["192.0.2.7", "192.0.2.7"],
  ["FD00:0:0:0::1", "fd00::1"],
  ["fe80::0:1%eth0", "fe80::1%eth0"],
])("one spelling per address: %s", (address, spelt) => {
  expect(numericRemote({ address, port: 5683 })).toEqual({ address: spelt, port: 5683 });
});

test.each([
  ["node.local", 5683],
  ["", 5683],
  ["[::1]", 5683],
  ["192.0.2.7", 0],
  ["192.0.2.7", 65_536],
  ["192.0.2.7", 1.5],
])("no place to send to: %s port %s", (address, port) => {
  expect(() => numericRemote({ address, port })).toThrow(expect.objectContaining({ code: "request.address" }));
});

test.each([
  ["one message within the limit", 100, undefined, "whole"],
  ["one message above it", 101, undefined, "too-large"],
  ["Size2 above it", 16, 101, "too-large"],
  ["Size2 at it", 16, 100, "more"],
] as const)("the limit of an answer: %s", (_name, length, size2, kind) => {
  const block2 = size2 === undefined ? undefined : ({ num: 0, more: true, szx: 0 } as const);
  expect(beginDownload({ code: "2.05", etag: undefined, length, size2, block2 }, 100).kind).toBe(kind);
});

test("a body that grows past the limit without announcing it is refused", () => {
  const block2 = { num: 0, more: true, szx: 6 } as const;
  expect(beginDownload({ code: "2.05", etag: undefined, length: 1024, size2: undefined, block2 }, 1000).kind).toBe(
    "too-large",
  );
});
