/** RFC 8613 §6.1, §7.4, §5.3: the pure parts, both ways and with bad input. */
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { isCoded, toHex } from "../../../gateway/base/index.ts";
import { decomposeProxyUri, splitReplyOptions } from "../../../gateway/coap/oscore/codec/classes.ts";
import {
  decodeOscoreOption,
  encodeOscoreOption,
  type OscoreOption,
} from "../../../gateway/coap/oscore/codec/option.ts";
import {
  decodePartialIv,
  encodePartialIv,
  MAX_SEQUENCE_NUMBER,
} from "../../../gateway/coap/oscore/codec/partial-iv.ts";
import { decodeRecord, encodeRecord, serialOf } from "../../../gateway/coap/oscore/context/context-record.ts";
import {
  EMPTY_WINDOW,
  isFresh,
  type ReplayWindow,
  received,
  windowFrom,
} from "../../../gateway/coap/oscore/context/window.ts";
import { algorithmRow } from "../../../gateway/coap/oscore/crypto/algorithms.ts";
import { OPTION } from "../../../gateway/wire/coap/index.ts";
import { hex } from "./contexts.ts";
import { decodePlaintext, encodePlaintext } from "./plaintext.ts";

const codeOfError = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    if (isCoded(error)) return error.code;
    throw error;
  }
  return "nothing was thrown";
};

describe("the option's value", () => {
  const VALUES: ReadonlyArray<
    readonly [name: string, wire: string, value: { [K in keyof OscoreOption]: string | undefined }]
  > = [
    ["nothing, in a response", "", { partialIv: undefined, kidContext: undefined, kid: undefined }],
    ["number 0", "0100", { partialIv: "00", kidContext: undefined, kid: undefined }],
    ["§6.3.1: an empty kid", "0905", { partialIv: "05", kidContext: undefined, kid: "" }],
    ["§6.3.1: a kid of one byte", "090525", { partialIv: "05", kidContext: undefined, kid: "25" }],
    ["§6.3.1: a kid context", "1905044469746125", { partialIv: "05", kidContext: "44697461", kid: "25" }],
    ["an empty kid context", "110500", { partialIv: "05", kidContext: "", kid: undefined }],
    ["the largest number", "0dffffffffff01", { partialIv: "ffffffffff", kidContext: undefined, kid: "01" }],
  ];
  test.each(VALUES)("%s", (_name, wire, value) => {
    const decoded = decodeOscoreOption(hex(wire));
    const printed = Object.fromEntries(Object.entries(decoded).map(([name, bytes]) => [name, bytes && toHex(bytes)]));
    expect(printed).toEqual(value);
    expect(toHex(encodeOscoreOption(decoded))).toBe(wire);
  });

  const MALFORMED: ReadonlyArray<readonly [name: string, wire: string]> = [
    ["flags without a bit set", "00"],
    ["the first reserved bit", "8905"],
    ["the second reserved bit", "4905"],
    ["the third reserved bit", "2905"],
    ["a Partial IV of 6 bytes", "06010203040506"],
    ["a Partial IV of 7 bytes", "0701020304050607"],
    ["the end within the Partial IV", "03ff"],
    ["a zero in front of the Partial IV", "020014"],
    ["the end before the kid context", "1105"],
    ["the end within the kid context", "110502aa"],
    ["bytes after the Partial IV", "010502"],
    ["bytes after the kid context", "110501aabb"],
  ];
  test.each(MALFORMED)("%s is malformed", (_name, wire) => {
    expect(codeOfError(() => decodeOscoreOption(hex(wire)))).toBe("oscore.option");
  });

  test("whatever it holds, it is read as it was written or refused", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 20 }), (wire) => {
        try {
          expect(toHex(encodeOscoreOption(decodeOscoreOption(wire)))).toBe(toHex(wire));
        } catch (error) {
          expect(isCoded(error) && error.code).toBe("oscore.option");
        }
      }),
    );
  });
});

test("numbers are Partial IVs of 1 to 5 bytes without a zero in front", () => {
  const number = fc.integer({ min: 0, max: MAX_SEQUENCE_NUMBER });
  fc.assert(fc.property(number, (n) => expect(decodePartialIv(encodePartialIv(n))).toBe(n)));
  const printed = [0, 255, 256, MAX_SEQUENCE_NUMBER].map((n) => toHex(encodePartialIv(n)));
  expect(printed).toEqual(["00", "ff", "0100", "ffffffffff"]);
});

describe("the replay window", () => {
  test("accepts each number at most once, and every one that is not too old", () => {
    const numbers = fc.array(fc.integer({ min: 0, max: 100 }), { maxLength: 200 });
    fc.assert(
      fc.property(numbers, (arrivals) => {
        let window: ReplayWindow = EMPTY_WINDOW;
        const accepted = new Set<number>();
        for (const number of arrivals) {
          const top = Math.max(-1, ...accepted);
          expect(isFresh(window, number)).toBe(!accepted.has(number) && number > top - 32);
          if (!isFresh(window, number)) continue;
          window = received(window, number);
          accepted.add(number);
        }
      }),
    );
  });

  test("one that begins at a number accepts nothing up to it", () => {
    const window = windowFrom(1000);
    expect([0, 969, 999, 1000, 1001].map((number) => isFresh(window, number))).toEqual([
      false,
      false,
      false,
      false,
      true,
    ]);
    expect(isFresh(received(window, 1031), 1000)).toBe(false);
    expect(isFresh(received(window, 1031), 1001)).toBe(true);
  });

  test("is kept in the record of its context", () => {
    const row = algorithmRow(24)!;
    const keys = {
      senderKey: hex("01".repeat(32)),
      recipientKey: hex("02".repeat(32)),
      commonIv: hex("03".repeat(12)),
    };
    const windows = [undefined, EMPTY_WINDOW, windowFrom(MAX_SEQUENCE_NUMBER), { top: 5, seen: 33 }];
    const challenges = [undefined, { number: 0, second: 0 }, { number: MAX_SEQUENCE_NUMBER, second: 0xffffff }];
    for (const window of windows) {
      for (const challenged of window === undefined ? challenges : [undefined]) {
        const record = { serial: 0xfffffffe, window, challenged, keys };
        const bytes = encodeRecord(record);
        expect(decodeRecord(Uint8Array.from(bytes), row)).toEqual(record);
        expect(serialOf(bytes)).toBe(0xfffffffe);
      }
    }
  });
});

describe("the plaintext", () => {
  test.each(["01", "01b3747631", "45ff48656c6c6f"])("%s is read and written", (wire) => {
    expect(toHex(encodePlaintext(decodePlaintext(hex(wire))))).toBe(wire);
  });

  const MALFORMED: ReadonlyArray<readonly [wire: string, error: string]> = [
    ["", "coap.truncated"],
    ["00b3747631", "coap.empty-message"],
    ["01b374", "coap.truncated"],
    ["01ff", "coap.empty-payload"],
    ["01f0", "coap.option-header"],
  ];
  test.each(MALFORMED)("%s is no message: %s", (wire, error) => {
    expect(codeOfError(() => decodePlaintext(hex(wire)))).toBe(error);
  });
});

describe("the split of options", () => {
  test("an answer's options go inside, but for Observe, which is empty there", () => {
    const options = [
      { number: OPTION.etag, value: hex("01") },
      { number: OPTION.observe, value: hex("0203") },
      { number: OPTION.block2, value: hex("0e") },
    ];
    expect(splitReplyOptions(options)).toEqual({
      inner: [options[0], { number: OPTION.observe, value: new Uint8Array(0) }, options[2]],
      outer: [options[1]],
    });
  });

  const URIS: ReadonlyArray<readonly [uri: string, parts: ReadonlyArray<readonly [number, string]>]> = [
    [
      "coap://h",
      [
        [39, "coap"],
        [3, "h"],
      ],
    ],
    [
      "coap://h:5683/a?b&c",
      [
        [39, "coap"],
        [3, "h"],
        [11, "a"],
        [15, "b"],
        [15, "c"],
      ],
    ],
    [
      "coaps://h/%zz/",
      [
        [39, "coaps"],
        [3, "h"],
        [11, "%zz"],
        [11, ""],
      ],
    ],
    ["not a uri", [[35, "not a uri"]]],
  ];
  test.each(URIS)("%s", (uri, parts) => {
    const option = { number: OPTION.proxyUri, value: new TextEncoder().encode(uri) };
    const found = decomposeProxyUri(option).map(({ number, value }) => [number, Buffer.from(value).toString()]);
    expect(found).toEqual(parts);
  });
});
