/**
 * A hostile manager, one body at a time: as large as a body may be and full of what is dear to read. Each is refused with its
 * code, within a moment, and nothing has changed.
 */
import { beforeAll, expect, test } from "@jest/globals";
import type { Request, Response } from "../../../gateway/coap/index.ts";
import { encodeCbor } from "../../../gateway/sim/speech/cbor.ts";
import { MOST } from "../../../gateway/southbound/coreconf/limits.ts";
import { fixedSchema } from "../../../gateway/yang/index.ts";
import { bytes } from "../../support/services.ts";
import { sidIn, workshopSchema } from "../../support/workshop.ts";
import { filled, openSite, type Site, textOf } from "./site.ts";

const schema = await workshopSchema();
const sid = (path: string): number => sidIn(schema, path);
let site: Site;
beforeAll(async () => {
  site = await openSite({ schemas: fixedSchema(schema) });
});

/**
 * CPU time of this process, since others work on the machine too. Each of the faults that this suite found took seconds; the
 * dearest row takes 60 ms, but a worker that has run a hundred suites may spend a second on its garbage meanwhile.
 */
const MOMENT_MS = 2000;

const SIZE = MOST.bodyBytes;
const around = (head: string, pattern: string, tail = ""): Uint8Array => {
  const [start, end] = [bytes(head), bytes(tail)];
  return Buffer.concat([start, filled(pattern, SIZE - start.length - end.length), end]);
};
/** A list of so many values. */
const listOf = (count: number, value: (index: number) => unknown): unknown =>
  Array.from({ length: count }, (_, i) => value(i));
const edit = (path: string, value: unknown): Uint8Array => encodeCbor(new Map([[sid(path), value]]) as never);

type Row = readonly [title: string, method: Request["method"], body: () => Uint8Array, code: string, ours: string];
const FORMATS: { readonly [M in Request["method"]]?: number } = { FETCH: 141, iPATCH: 142, POST: 142, PUT: 140 };
const ROWS: readonly Row[] = [
  ["a body above the limit", "iPATCH", () => new Uint8Array(SIZE + 1), "4.13", "resource.too-large"],
  ["identifiers of one byte", "FETCH", () => filled("01", SIZE), "4.00", "resource.too-many"],
  ["identifiers with keys", "FETCH", () => filled("82 19eb32 65 30363a3030", SIZE), "4.00", "resource.too-many"],
  ["the same edit", "iPATCH", () => filled("a119eb2cc482211907d0", SIZE), "4.00", "resource.too-many"],
  [
    "the same edit, all in one map",
    "iPATCH",
    () => around("bf", "19eb2cc482211907d0", "ff"),
    "4.00",
    "cbor.duplicate-key",
  ],
  ["calls", "POST", () => filled(`a119${sid("rest").toString(16)}f6`, SIZE), "4.00", "resource.too-many"],
  ["arrays inside each other", "FETCH", () => filled("81", SIZE), "4.00", "cbor.too-deep"],
  ["arrays inside each other as a key", "iPATCH", () => around("a1 82 19eb32", "81"), "4.00", "yang.invalid-datatype"],
  ["arrays inside each other as a value", "iPATCH", () => around("a1 19eb32", "81"), "4.00", "yang.invalid-datatype"],
  ["maps inside each other", "PUT", () => filled("a119eb29", SIZE), "4.00", "yang.unknown-element"],
  [
    "lists of indefinite lengths that never end",
    "iPATCH",
    () => around("a1 19eb32", "9f"),
    "4.00",
    "yang.invalid-datatype",
  ],
  ["tags on tags", "iPATCH", () => around("a1 19eb29", "d82f"), "4.00", "yang.invalid-datatype"],
  ["tags on a key", "PUT", () => around("a1", "d82f"), "4.00", "yang.invalid-datatype"],
  [
    "an integer of two million bits",
    "iPATCH",
    () => around("a1 19eb2c c4 82 21 c2 5a 0003ff00", "ff"),
    "4.00",
    "yang.invalid-datatype",
  ],
  ["the largest exponent", "iPATCH", () => bytes("a1 19eb2c c4 82 1b7fffffffffffffff 01"), "4.00", "yang.not-in-range"],
  [
    "the smallest exponent",
    "iPATCH",
    () => bytes("a1 19eb2c c4 82 3b7fffffffffffffff 01"),
    "4.00",
    "yang.invalid-datatype",
  ],
  [
    "a text of chunks of one byte",
    "iPATCH",
    () => around("a1 82 19eb32 7f", "6161", "ff a0"),
    "4.00",
    "yang.pattern-test-failed",
  ],
  [
    "a text of empty chunks",
    "iPATCH",
    () => around("a1 82 19eb32 7f", "60", "ff a0"),
    "4.00",
    "yang.pattern-test-failed",
  ],
  [
    "a text that is not UTF-8 at its end",
    "iPATCH",
    () => around("a1 82 19eb32 7a 0003fff6", "30", "c3"),
    "4.00",
    "cbor.utf8",
  ],
  [
    "a text against a pattern",
    "iPATCH",
    () => around("a1 82 19eb32 7a 0003fff4", "30", "a0"),
    "4.00",
    "yang.pattern-test-failed",
  ],
  ["a map that claims 2^32 entries", "iPATCH", () => bytes("a1 19eb29 ba ffffffff"), "4.00", "cbor.too-long"],
  ["a map that claims 2^64 entries", "iPATCH", () => bytes("a1 19eb29 bb ffffffffffffffff"), "4.00", "cbor.too-long"],
  ["a list that claims 2^31 entries", "iPATCH", () => bytes("a1 19eb32 9a 7fffffff"), "4.00", "cbor.too-long"],
  ["a key that claims 2^63 bytes", "iPATCH", () => bytes("a1 82 19eb32 7b 7fffffffffffffff"), "4.00", "cbor.truncated"],
  ["a SID above 2^63", "iPATCH", () => bytes("a1 1b ffffffffffffffff 01"), "4.00", "yang.unknown-element"],
  [
    "a delta that leads below zero",
    "iPATCH",
    () => bytes("a1 19eb29 a1 3b 7fffffffffffffff 01"),
    "4.00",
    "yang.unknown-element",
  ],
  ["SID 0", "iPATCH", () => bytes("a1 00 01"), "4.00", "yang.unknown-element"],
  ["a key that is no number", "iPATCH", () => bytes("a1 f97e00 01"), "4.00", "yang.invalid-datatype"],
  ["the same member again and again", "PUT", () => around("a1 19eb29 bf", "0801", "ff"), "4.00", "cbor.duplicate-key"],
  ["a name as long as a body", "PUT", () => around("a1 7a 0003fff8", "61", "a0"), "4.00", "yang.malformed-message"],
  [
    "a list with the same entry again and again",
    "iPATCH",
    () =>
      edit(
        "shop/bench",
        listOf(
          20_000,
          () =>
            new Map<number, unknown>([
              [sid("shop/bench/id") - sid("shop/bench"), 1],
              [sid("shop/bench/owner") - sid("shop/bench"), "x"],
            ]),
        ),
      ),
    "4.00",
    "yang.duplicate",
  ],
  [
    "a list of all entries there can be",
    "iPATCH",
    () =>
      edit(
        "shop/bench",
        listOf(
          256,
          (i) =>
            new Map<number, unknown>([
              [sid("shop/bench/id") - sid("shop/bench"), i],
              [sid("shop/bench/owner") - sid("shop/bench"), "x"],
            ]),
        ),
      ),
    "4.00",
    "yang.too-many-elements",
  ],
  [
    "a leaf-list of the same value",
    "iPATCH",
    () =>
      edit(
        "shop/crew/member",
        listOf(60_000, () => "x"),
      ),
    "4.00",
    "yang.duplicate",
  ],
  [
    "a leaf-list of forty thousand values",
    "iPATCH",
    () =>
      edit(
        "shop/crew/member",
        listOf(40_000, (i) => String(i)),
      ),
    "4.00",
    "yang.missing-choice",
  ],
];

const ask = (method: Request["method"], payload: Uint8Array): Promise<Response> =>
  site.ask(method, { contentFormat: FORMATS[method], payload }, method === "POST" ? "c" : site.path);

test.each(ROWS)("a hostile manager: %s", async (_title, method, body, code, ours) => {
  const before = site.state();
  const payload = body();
  const started = process.cpuUsage();
  const answer = await ask(method, payload);
  const { user, system } = process.cpuUsage(started);
  expect([answer.code, /\[([a-z]+\.[a-z0-9-]+)\]/.exec(textOf(answer))?.[1]]).toEqual([code, ours]);
  expect(site.state()).toEqual(before);
  expect((user + system) / 1000).toBeLessThan(MOMENT_MS);
  // What is quoted of a hostile body is cut short, and an answer to many bytes is none of many bytes.
  expect(answer.payload?.length).toBeLessThan(600);
});

test("a hostile manager: maps without anything in them, as many as there is room for, are no edit", async () => {
  const before = site.state();
  expect((await ask("iPATCH", filled("a0", SIZE))).code).toBe("2.04");
  expect(site.state()).toEqual(before);
});

test("a hostile manager: bodies in content formats by names are bounded alike", async () => {
  const before = site.state();
  const deep = Buffer.concat(
    Array.from({ length: 2_000 }, () => bytes("a1 75 7369646761746 52d6275696c64696e673a726f6f6d".replace(/ /g, ""))),
  );
  for (const contentFormat of [340, 341]) {
    expect((await site.ask("PUT", { contentFormat, payload: deep })).code).toBe("4.00");
  }
  expect(site.state()).toEqual(before);
});
