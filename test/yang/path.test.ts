/** Instance paths: RFC 9254 §6.13.2, RFC 7951 §6.11. */
import { expect, test } from "@jest/globals";
import { formatInstanceId, parsePath } from "../../gateway/yang/path.ts";
import type { InstanceId } from "../../gateway/yang/tree.ts";
import { IETF } from "../support/hand-schema.ts";
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
  ["/example-ops:reboot/input", 20],
  ["/example-ops:reboot/input/delay", 20],
])("CC-K4: '%s' goes wrong at %i", (text, character) => {
  expect(() => parsePath(text, IETF)).toThrow(
    expect.objectContaining({ code: "yang.path", facts: expect.objectContaining({ at: character }) }),
  );
});
