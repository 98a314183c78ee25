/** The byte and time model of 802.15.4 and 6LoWPAN against a table that was computed independently: 256 KiB in blocks. */
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import {
  airtimeOf,
  energyOf,
  framesOf,
  type Micros,
  micros,
  POLL_MICROS,
  radioBytesOf,
  SINGLE_FRAME_COAP,
} from "../../../gateway/coap/limits/airtime-model.ts";

const IMAGE = 262_144;
const LISTENING = 5000; // the node's radio waits this long for an answer
const BLOCKS_PER_SET = 10; // RFC 9177 MAX_PAYLOADS

/** Bytes of an uint option value. */
const width = (value: number): number => (value === 0 ? 0 : value < 0x100 ? 1 : value < 0x10000 ? 2 : 3);

/** Header, token of 2 bytes, path "fw", block option with a one-byte head. */
const REQUEST = { none: 4 + 2 + 3 + 1, oscore: 4 + 2 + (1 + 1 + 1) + 1 + (1 + 3 + 1) + 8 };
/** Header, token of 2 bytes, ETag of 4, block option with a two-byte head, payload marker. */
const RESPONSE = { none: 4 + 2 + 5 + 2 + 1, oscore: 4 + 2 + 1 + 1 + (1 + 5 + 2 + 1) + 8 };

interface Transfer {
  readonly mode: "none" | "oscore";
  readonly szx: number;
  /** Blocks that one request asks for. */
  readonly perRequest: number;
}

function transfer({ mode, szx, perRequest }: Transfer) {
  const blocks = IMAGE / (16 << szx);
  let [up, down, coap, radio, time] = [0, 0, 0, 0, 0];
  for (let num = 0; num < blocks; num++) {
    const value = width((num << 4) | 8 | szx);
    const response = RESPONSE[mode] + value + (16 << szx);
    down += framesOf(response);
    coap += response;
    radio += radioBytesOf(response);
    time += airtimeOf(response, "down");
    if (num % perRequest !== 0) continue;
    const partialIv = mode === "oscore" ? width(Math.max(1, num / perRequest)) : 0;
    const request = REQUEST[mode] + value + partialIv;
    up += framesOf(request);
    coap += request;
    radio += radioBytesOf(request);
    time += airtimeOf(request, "up") + LISTENING;
  }
  const asMicros = (n: number): Micros => micros(n);
  return {
    up,
    down,
    coap,
    radio,
    seconds: Number((time / 1e6).toFixed(1)),
    mJ: Math.round(energyOf(asMicros(time))),
    polledMJ: Math.round(energyOf(asMicros(time + down * POLL_MICROS))),
  };
}

test.each([
  // mode, szx, frames up, down, CoAP bytes, radio bytes, seconds, mJ, mJ with polls
  ["none", 2, 4096, 4096, 376_800, 696_288, 53.0, 955, 1146],
  ["none", 3, 2048, 4096, 319_456, 552_928, 34.8, 626, 817],
  ["none", 4, 1024, 3072, 290_784, 440_288, 23.5, 423, 566],
  ["none", 5, 512, 3072, 276_448, 400_352, 18.8, 339, 482],
  ["none", 6, 256, 2816, 269_280, 372_192, 16.0, 288, 419],
  ["oscore", 2, 4096, 4096, 483_040, 802_528, 56.4, 1016, 1207],
  ["oscore", 3, 2048, 4096, 372_448, 605_920, 36.5, 657, 848],
  ["oscore", 4, 1024, 4096, 317_152, 499_424, 26.3, 473, 664],
  ["oscore", 5, 512, 3072, 289_504, 413_408, 19.2, 346, 490],
  ["oscore", 6, 256, 3072, 275_680, 386_784, 16.7, 300, 443],
] as const)("256 KiB by Block2, %s, szx %d", (mode, szx, up, down, coap, radio, seconds, mJ, polledMJ) => {
  expect(transfer({ mode, szx, perRequest: 1 })).toEqual({ up, down, coap, radio, seconds, mJ, polledMJ });
});

test.each([
  [2, 410, 4096, 332_582, 508_316, 22.5, 404, 595],
  [3, 205, 4096, 297_354, 458_949, 19.5, 351, 542],
  [4, 103, 3072, 279_746, 393_331, 15.9, 286, 429],
  [5, 52, 3072, 270_942, 376_906, 15.0, 270, 413],
  [6, 26, 2816, 266_534, 360_476, 14.1, 254, 385],
] as const)(
  "256 KiB by Q-Block2 as if it were Block2 in sets of ten, szx %d",
  (szx, up, down, coap, radio, s, mJ, polled) => {
    const expected = { up, down, coap, radio, seconds: s, mJ, polledMJ: polled };
    expect(transfer({ mode: "none", szx, perRequest: BLOCKS_PER_SET })).toEqual(expected);
  },
);

test.each([
  [0, 1],
  [94, 1],
  [95, 2], // the fragment headers and the 8-byte units take their part
  [88 + 96, 2],
  [88 + 96 + 1, 3],
  [1152, 13],
] as const)("%d bytes of CoAP take %d frames", (bytes, frames) => expect(framesOf(bytes)).toBe(frames));

test("a frame holds 94 bytes of CoAP, and a longer message never costs less", () => {
  expect(SINGLE_FRAME_COAP).toBe(94);
  fc.assert(
    fc.property(fc.nat(2000), fc.nat(2000), (a, b) => {
      const [short, long] = a < b ? [a, b] : [b, a];
      expect(airtimeOf(short, "down")).toBeLessThanOrEqual(airtimeOf(long, "down"));
    }),
  );
});
