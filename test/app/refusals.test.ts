/** Refused requests: told, but never so often that telling does harm. */
import { expect, test } from "@jest/globals";
import { Refusals } from "../../gateway/app/status/refusals.ts";
import { type LogFacts, millis, SILENT } from "../../gateway/base/index.ts";
import type { Refusal } from "../../gateway/coap/index.ts";

function stage() {
  let now = 1_000_000;
  const lines: (readonly [event: string, facts: LogFacts | undefined])[] = [];
  const clock = { now: () => millis(now), after: () => ({ cancel: () => undefined }) };
  const refusals = new Refusals(clock, { ...SILENT, info: (event, facts) => void lines.push([event, facts]) });
  const take = (why: Refusal["why"], ...kid: number[]): void =>
    refusals.take({ why, kid: Uint8Array.from(kid), path: "udp://[::1]:5" });
  return { refusals, lines, take, wait: (ms: number) => (now += ms), now: () => now };
}

test("a kid has one line a minute for each reason, and what had none is counted", () => {
  const { refusals, lines, take, wait, now } = stage();
  for (let count = 0; count < 5; count++) take("not-authentic", 7);
  take("replay", 7);
  take("not-authentic", 8);
  const line = (why: string, kid: string) => ["oscore.refused", { why, kid, path: "udp://[::1]:5" }];
  expect(lines).toEqual([line("not-authentic", "07"), line("replay", "07"), line("not-authentic", "08")]);
  expect(refusals.last(Uint8Array.of(7))).toEqual({ at: now(), why: "replay", path: "udp://[::1]:5" });
  expect(refusals.last(Uint8Array.of(9))).toBeUndefined();
  wait(60_000);
  take("not-authentic", 7);
  expect(lines.slice(3)).toEqual([["oscore.refused-more", { count: 4, seconds: 60 }], line("not-authentic", "07")]);
});

test("a flood of kids writes no flood of lines", () => {
  const { lines, take, wait, refusals } = stage();
  for (let kid = 0; kid < 10_000; kid++) take("unknown-context", kid >> 8, kid & 0xff);
  refusals.take({ why: "bad-option", kid: undefined, path: "p" });
  expect(lines.length).toBe(60);
  wait(61_000);
  refusals.take({ why: "bad-option", kid: undefined, path: "p" });
  expect(lines.slice(60)).toEqual([
    ["oscore.refused-more", { count: 9_941, seconds: 61 }],
    ["oscore.refused", { why: "bad-option", path: "p" }],
  ]);
});
