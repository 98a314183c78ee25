/** Rates of the health message. */
import { expect, test } from "@jest/globals";
import { coapHealth } from "../../gateway/app/health.ts";

test("rates are those since the last look", () => {
  let stats = { datagramsIn: 100, duplicates: 0, blocksServed: 10 };
  let now = 0;
  const health = coapHealth(
    () => stats,
    () => now,
  );
  now = 60_000;
  stats = { datagramsIn: 700, duplicates: 12, blocksServed: 310 };
  expect(health()).toEqual({ coap: { "rx-s": 10, "retransmit-pct": 2, "blocks-s": 5 } });
  now = 120_000;
  expect(health()).toEqual({ coap: { "rx-s": 0, "retransmit-pct": 0, "blocks-s": 0 } });
});
