/** Rates of the health message. */
import { expect, test } from "@jest/globals";
import { cacheHealth, coapHealth } from "../../gateway/app/status/health.ts";

test("rates are those since the last look, and what OSCORE refused is counted", () => {
  let stats = { datagramsIn: 100, duplicates: 0, blocksServed: 10 };
  let now = 0;
  const oscore = {
    ...{ opened: 9, notAuthentic: 1, unknownContext: 2, replays: 3, challenged: 4, badOption: 5, malformedInside: 6 },
    ...{ unchallenged: 7, rederivations: 8, numberless: 0 },
  };
  const counted = {
    ...{ opened: 9, "not-authentic": 1, "unknown-context": 2, replays: 3, challenged: 4, malformed: 11, numberless: 0 },
  };
  const health = coapHealth(
    () => stats,
    () => oscore,
    () => now,
  );
  now = 60_000;
  stats = { datagramsIn: 700, duplicates: 12, blocksServed: 310 };
  expect(health()).toEqual({ coap: { "rx-s": 10, "retransmit-pct": 2, "blocks-s": 5, oscore: counted } });
  now = 120_000;
  expect(health()).toEqual({ coap: { "rx-s": 0, "retransmit-pct": 0, "blocks-s": 0, oscore: counted } });
});

test("images in memory: the share since the last look, none where nobody asked, and nothing of a store without them", () => {
  let stats = { asked: 10, found: 10, bytes: 0 };
  const health = cacheHealth(() => stats);
  stats = { asked: 210, found: 185, bytes: 4096 };
  expect(health()).toEqual({ cache: { "hit-pct": 87.5, bytes: 4096 } });
  expect(health()).toEqual({ cache: { bytes: 4096 } });
  expect(cacheHealth(() => undefined)()).toEqual({});
});
