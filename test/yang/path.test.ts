/** Instance paths (RFC 9254 §6.13.2, RFC 7951 §6.11) and the explanation of bytes. */
import { expect, test } from "@jest/globals";
import { fromHex } from "../../gateway/base/index.ts";
import { annotate } from "../../gateway/yang/diagnostic.ts";
import { formatInstanceId, parsePath } from "../../gateway/yang/path.ts";
import type { InstanceId } from "../../gateway/yang/tree.ts";
import { IETF, SIDGATE } from "../support/hand-schema.ts";
import { at } from "../support/trees.ts";

const BOTH_WAYS: ReadonlyArray<readonly [text: string, id: InstanceId]> = [
  ["/ietf-system:system/contact", at(1741)],
  ["/ietf-system:system/authentication/user[name='jack']", at(1730, "jack")],
  [
    "/ietf-system:system/authentication/user[name='bob']/authorized-key[name='admin'][country='france']/key-data",
    at(1734, "bob", "admin", "france"),
  ],
  ["/ietf-interfaces:interfaces/interface", at(1533)],
  ['/ietf-system:system/authentication/user[name="o\'neil"]/name', at(1731, "o'neil")],
  ["/ietf-system:system/authentication/user[name='a[b]/c']/name", at(1731, "a[b]/c")],
  ["/example-ops:reboot/delay", at(61001)],
  ["/example-server-farm:server[name='s']/reset", at(62002, "s")],
];

test.each(BOTH_WAYS)("CC-K4 CC-7951-6.11: %s", (text, id) => {
  expect(formatInstanceId(id, IETF)).toBe(text);
  expect(parsePath(text, IETF)).toEqual(id);
});

test("CC-K4: keys may be given in any order, and names may be qualified where they need not be", () => {
  const text =
    "/ietf-system:system/ietf-system:authentication/user[ietf-system:name='b']/authorized-key[country='f'][ name = 'a' ]";
  expect(parsePath(text, IETF)).toEqual(at(1732, "b", "a", "f"));
});

test("what has no name is shown by its SID", () => {
  expect(formatInstanceId(at(65535), IETF)).toBe("SID 65535");
});

test.each<readonly [text: string, at: number]>([
  ["", 0],
  ["system", 0],
  ["/system", 1],
  ["/ietf-system:system/", 19],
  ["/ietf-system:system/nothing", 20],
  ["/ietf-system:system/authentication/user/name", 39],
  ["/ietf-system:system/authentication/user[nick='bob']", 39],
  ["/ietf-system:system/authentication/user[name='bob'][name='bob']", 51],
  ["/ietf-system:system/authentication/user[name='bob']/authorized-key[name='a']", 76],
  ["/ietf-system:system/authentication/user[name=bob]", 39],
  ["/ietf-system:system/contact tail", 27],
])("CC-K4: '%s' goes wrong at %i", (text, character) => {
  expect(() => parsePath(text, IETF)).toThrow(
    expect.objectContaining({ code: "yang.path", facts: expect.objectContaining({ at: character }) }),
  );
});

/** Lines without their padding. */
const explain = (hex: string, form: 140 | 141 | 142, schema = SIDGATE): string[] =>
  annotate(fromHex(hex)!, schema, form)
    .text.split("\n")
    .map((line) => line.replace(/ +#/, " #"));

test("a check-in is explained with paths, SIDs, deltas and types", () => {
  expect(explain("a119ea61a2021901f405a118c3a201c48221190866021830", 142)).toEqual([
    "{",
    "  60001: { # /sidgate-node:check-in (SID 60001) rpc",
    "    2: 500, # /sidgate-node:check-in/report (SID 60003, delta 2) uint32",
    "    5: { # /sidgate-node:check-in/data (SID 60006, delta 5) anydata",
    "      195: { # /sidgate-building:room (SID 60201, delta 195) container",
    "        1: 4([-2, 2150]), # /sidgate-building:room/temperature (SID 60202, delta 1) decimal64 = 21.5",
    "        2: 48, # /sidgate-building:room/humidity (SID 60203, delta 2) uint8",
    "      },",
    "    },",
    "  },",
    "}",
  ]);
});

test("identifiers and instances are explained with their keys", () => {
  expect(explain("821906c2646a61636b19ea74", 141, IETF)).toEqual([
    "[1730, \"jack\"] # /ietf-system:system/authentication/user[name='jack']",
    "60020 # SID 60020 is unknown here",
  ]);
  expect(explain("a1821906c2646a61636bf6", 142, IETF)).toEqual([
    "{",
    "  [1730, \"jack\"]: null # /ietf-system:system/authentication/user[name='jack'] (SID 1730) deleted or absent",
    "}",
  ]);
});

test.each<readonly [name: string, hex: string, form: 140 | 142, mark: string, rule: string]>([
  ["a value out of range", "a119eb29a1021865", 140, "<== yang.not-in-range", "RFC 7950 §9.2.4"],
  ["an unknown SID", "a119eb29a118ff00", 140, "SID 60456 is unknown here  <== yang.unknown-element", "RFC 9254 §3.2"],
  ["a missing key", "a119eb29a10981a0", 140, "<== yang.missing-key", "RFC 7950 §7.8.2"],
  ["bytes that end too early", "a119eb29a102", 140, "[cbor.truncated]", "RFC 8949"],
])("the explanation names the rule: %s", (_name, hex, form, mark, rule) => {
  const lines = explain(hex, form);
  expect(lines.join("\n")).toContain(mark);
  expect(lines.at(-1)).toContain(`# violates ${rule}`);
});

test.each<readonly [name: string, hex: string, form: 140 | 141 | 142, broken: string | undefined]>([
  ["a check-in", "a119ea61a2021901f405a118c3a201c48221190866021830", 142, undefined],
  ["a cut check-in", "a119ea61a20201", 142, "cbor.truncated"],
  ["the empty tree", "a0", 140, undefined],
  ["a tree of nothing known", "a1190400f5", 140, "yang.unknown-element"],
])("the explanation of %s (%s, %s) breaks %s", (_name, hex, form, broken) => {
  const annotation = annotate(fromHex(hex)!, SIDGATE, form);
  expect(annotation.broken).toBe(broken);
  expect(annotation.text.includes("# violates")).toBe(broken !== undefined);
});
