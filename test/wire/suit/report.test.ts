/** draft-ietf-suit-report — reports and capability reports, from nodes that do not sort and by ourselves. */
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { ERRORS, type ErrorCode, toHex } from "../../../gateway/base/index.ts";
import {
  encodeCapabilities,
  encodeReport,
  REASONS,
  readCapabilities,
  readReport,
  reasonNamed,
  reasonNumber,
  reasonOf,
  reasonOfError,
} from "../../../gateway/wire/suit/index.ts";
import { capabilityReports, reports } from "../../support/arbitrary-manifest.ts";
import { inside, mapOf, type Raw, raw, VENDOR, ZEROS } from "../../support/suit-raw.ts";

const coded = (code: ErrorCode): unknown => expect.objectContaining({ code });
const REFERENCE: readonly [Raw, Raw] = [99, ["coap://a/m", [-16, ZEROS]]];
const RECORD: Raw = [[], 20, 56, 0, mapOf([3, inside([-16, ZEROS])])];
const FAILURE = mapOf([5, -7], [6, RECORD], [7, 10]);

test("SU-R1: suit-report: a failure with the place and what was measured there", () => {
  const report = readReport(raw(mapOf([2, VENDOR], [3, []], [4, FAILURE], REFERENCE)));
  expect(report).toMatchObject({
    reference: { uri: "coap://a/m" },
    records: [],
    result: { code: -7n, reason: 10, record: { section: 20, offset: 56, componentIndex: 0, manifestId: [] } },
  });
  expect(reasonOf(report)).toBe("condition-failed");
  expect(reasonOf({ result: true })).toBe("ok");
});

describe("SU-R2: suit-report: what small nodes send is read", () => {
  test.each<readonly [string, Uint8Array]>([
    ["keys not in their order, as libcsuit does", raw(mapOf(REFERENCE, [4, FAILURE], [3, [RECORD]]))],
    [
      "parameters of a claim not in their order",
      raw(mapOf([3, [mapOf([14, 5], [0, [ZEROS]], [3, inside([-16, ZEROS])])]], [4, true], REFERENCE)),
    ],
    ["the tags of IANA around its parts", raw(mapOf([3, []], [4, true], [99, { tag: 286, item: [[-16, ZEROS]] }]))],
    ["no URI in its reference", raw(mapOf([3, []], [4, true], [99, [[-16, ZEROS]]]))],
    ["members of a later version", raw(mapOf([3, []], [4, true], [42, mapOf(["x", [1]])], REFERENCE))],
    ["parameters of a later version", raw(mapOf([3, [[[], 20, 0, 0, mapOf([77, [1, 2]])]]], [4, true], REFERENCE))],
    [
      "indefinite lengths",
      Buffer.concat([
        Buffer.from("bf 03 9f 9f 80 14 18 38 00 a0 ff ff 04 f5 18 63 9f 9f 2f 5f 5820".replaceAll(" ", ""), "hex"),
        ZEROS,
        Buffer.from("ffffffff", "hex"),
      ]),
    ],
  ])("%s", (_name, bytes) => {
    const report = readReport(bytes);
    expect(toHex(report.reference.digest.bytes)).toBe("00".repeat(32));
    // and is written sorted
    expect(readReport(encodeReport(report))).toEqual(report);
  });
});

describe("SU-R3: suit-report: a report is refused that has", () => {
  test.each<readonly [string, ErrorCode, Raw]>([
    ["no reference", "suit.report", mapOf([3, []], [4, true])],
    ["no records", "suit.report", mapOf([4, true], REFERENCE)],
    ["no result", "suit.report", mapOf([3, []], REFERENCE)],
    ["a result of false", "suit.report", mapOf([3, []], [4, false], REFERENCE)],
    ["a failure without a reason", "suit.report", mapOf([3, []], [4, mapOf([5, 1], [6, RECORD])], REFERENCE)],
    ["a record of four items", "suit.malformed", mapOf([3, [[[], 20, 0, 0]]], [4, true], REFERENCE)],
    ["a claim about nothing", "suit.report", mapOf([3, [mapOf([14, 1])]], [4, true], REFERENCE)],
    ["a key twice", "cbor.duplicate-key", mapOf([3, []], [{ hex: "03" }, []], [4, true], REFERENCE)],
    ["the wrong tag", "suit.report", mapOf([3, []], [4, true], [99, { tag: 285, item: [[-16, ZEROS]] }])],
    ["no digest", "suit.report", mapOf([3, []], [4, true], [99, ["coap://a/m"]])],
    ["something behind its digest", "suit.report", mapOf([3, []], [4, true], [99, [[-16, ZEROS], "x"]])],
    ["257 records", "suit.limit", mapOf([3, Array.from({ length: 257 }, () => RECORD)], [4, true], REFERENCE)],
    [
      "a measured digest that is cut short",
      "suit.digest-length",
      mapOf([3, [[[], 20, 0, 0, mapOf([3, inside([-16, VENDOR])])]]], [4, true], REFERENCE),
    ],
  ])("%s [%s]", (_name, code, report) => {
    expect(() => readReport(raw(report))).toThrow(coded(code));
  });

  test.each<readonly [string, ErrorCode, Raw]>([
    ["components", "suit.report", mapOf([2, [1]], [3, [1]], [4, [-9]])],
    ["commands", "suit.report", mapOf([1, [[ZEROS]]], [3, [1]], [4, [-9]])],
    [
      "a component with something behind its wildcard",
      "suit.report",
      mapOf([1, [[true, ZEROS]]], [2, [1]], [3, [1]], [4, [-9]]),
    ],
    [
      "257 commands",
      "suit.limit",
      mapOf([1, [[ZEROS]]], [2, Array.from({ length: 257 }, () => 1)], [3, [1]], [4, [-9]]),
    ],
  ])("capabilities: %s [%s]", (_name, code, report) => {
    expect(() => readCapabilities(raw(report))).toThrow(coded(code));
  });
});

test("SU-R1 SU-R4: suit-report: every report and every capability report comes back from its bytes", () => {
  fc.assert(
    fc.property(reports, (report) => {
      const bytes = encodeReport(report);
      expect(readReport(bytes)).toEqual(report);
    }),
    { numRuns: 40 },
  );
  fc.assert(
    fc.property(capabilityReports, (capabilities) => {
      expect(readCapabilities(encodeCapabilities(capabilities))).toEqual(capabilities);
    }),
    { numRuns: 40 },
  );
});

test("SU-R4: suit-report: a capability report says what a node takes, with wildcards and later extensions", () => {
  const capabilities = readCapabilities(
    raw({
      tag: 287,
      item: mapOf(
        [1, [[ZEROS, true], []]],
        [2, [1, 2, 3, 20, 21]],
        [3, [1, 2, 3, 14, 21]],
        [4, [-9, -16]],
        [[3, 1], [1]],
      ),
    }),
  );
  expect(capabilities.components).toEqual([
    { id: [ZEROS], wildcard: true },
    { id: [], wildcard: false },
  ]);
  expect([capabilities.commands, capabilities.text]).toEqual([[1, 2, 3, 20, 21], []]);
});

test("SU-R5: suit-report: one vocabulary for a node's reasons and our errors", () => {
  expect(REASONS.map((reason) => reasonNamed(reasonNumber(reason)))).toEqual(REASONS);
  expect(reasonNamed(13)).toBeUndefined();
  const ours = Object.keys(ERRORS).filter((code): code is ErrorCode => /^(cbor|suit|cose)\./.test(code));
  expect(ours.filter((code) => reasonOfError(code) === undefined)).toEqual([]);
  expect([
    reasonOfError("suit.command"),
    reasonOfError("cbor.trailing"),
    reasonOfError("cose.signature"),
    reasonOfError("cose.algorithm"),
    reasonOfError("coap.version"),
  ]).toEqual(["command-unsupported", "cbor-parse", "unauthorised", "alg-unsupported", undefined]);
});
