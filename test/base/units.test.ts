import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { millis, rfc3339 } from "../../gateway/base/index.ts";
import { inDrill } from "../support/drill.ts";

test.each([
  ["the beginning", 0, "1970-01-01T00:00:00Z"],
  ["the second before", -1, "1969-12-31T23:59:59Z"],
  ["the last second of a leap day", Date.UTC(2024, 1, 29, 23, 59, 59, 999), "2024-02-29T23:59:59Z"],
  ["a century that is no leap year", Date.UTC(2100, 1, 28, 24), "2100-03-01T00:00:00Z"],
  ["one that is", Date.UTC(2000, 1, 29), "2000-02-29T00:00:00Z"],
  ["New Year", Date.UTC(2027, 0, 1), "2027-01-01T00:00:00Z"],
])("%s in the form of RFC 3339", (_name, at, text) => {
  expect(rfc3339(millis(at))).toBe(text);
});

test("any moment reads as a Date would write it", () => {
  fc.assert(
    fc.property(fc.integer({ min: Date.UTC(-50, 0, 1), max: Date.UTC(9999, 11, 31) }), (at) => {
      expect(rfc3339(millis(at))).toBe(`${new Date(at).toISOString().slice(0, 19)}Z`);
    }),
    { numRuns: inDrill(166, 500) },
  );
});
