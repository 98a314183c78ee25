/** RFC 7252 §6.3 and RFC 3986 §6.2.2: equivalent URIs are one text. */
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { encodeUriPart, parseUri } from "../../../gateway/wire/coap/index.ts";

const NORMAL: ReadonlyArray<readonly [name: string, given: string, normal: string]> = [
  [
    "scheme and host in any case (§6.3)",
    "COAP://EXAMPLE.com/~sensors/temp.xml",
    "coap://example.com/~sensors/temp.xml",
  ],
  ["the default port (§6.3)", "coap://example.com:5683/~sensors/temp.xml", "coap://example.com/~sensors/temp.xml"],
  ["an empty port (§6.3)", "coap://EXAMPLE.com:/%7esensors/temp.xml", "coap://example.com/~sensors/temp.xml"],
  ["the default port of https", "https://example.com:443/fw.bin", "https://example.com/fw.bin"],
  ["another port stays", "coap://example.com:5684/a", "coap://example.com:5684/a"],
  ["the default port of another scheme stays", "https://example.com:5683/a", "https://example.com:5683/a"],
  ["an empty path is the root (§6.4)", "coap://example.com", "coap://example.com/"],
  ["with a query too", "coap://example.com?x", "coap://example.com/?x"],
  ["an encoded slash is no slash", "coap://h/a%2fb", "coap://h/a%2Fb"],
  ["encoded letters are letters", "coap://h/%66w/%41?%62=%20", "coap://h/fw/A?b=%20"],
  ["dot segments (RFC 3986 §5.2.4)", "coap://h/a/./b/../c/..", "coap://h/a/"],
  ["no way above the root", "coap://h/../../x", "coap://h/x"],
  ["an encoded dot is a dot", "coap://h/a/%2e%2e/b", "coap://h/b"],
  ["IPv6 in its shortest form", "coap://[2001:DB8:0:0::1]:5683/", "coap://[2001:db8::1]/"],
  ["IPv4", "coap://192.0.2.1/f", "coap://192.0.2.1/f"],
  ["double slashes stay", "coap://h//a", "coap://h//a"],
];
test.each(NORMAL)("%s", (_name, given, normal) => {
  expect(parseUri(given)?.text).toBe(normal);
  expect(parseUri(normal)?.text).toBe(normal);
});

const REFUSED: ReadonlyArray<readonly [name: string, given: string]> = [
  ["nothing", ""],
  ["a path alone", "/fw/1"],
  ["no authority", "coap:fw"],
  ["no host", "coap:///fw"],
  ["a fragment (§6.1)", "coap://h/a#b"],
  ["a user", "coap://me@h/a"],
  ["a user and a password", "https://me:secret@h/a"],
  ["port 0", "coap://h:0/"],
  ["a port above 65535", "coap://h:65536/"],
  ["a port that is none", "coap://h:5x/"],
  ["an open bracket", "coap://[::1/"],
  ["no IPv6 address", "coap://[::g]/"],
  ["half a percent sign", "coap://h/%4"],
  ["no hex digits", "coap://h/%zz"],
  ["a space", "coap://h/a b"],
  ["a line break", "coap://h/a\nb"],
  ["a letter that URIs do not have", "coap://h/ä"],
];
test.each(REFUSED)("refused: %s", (_name, given) => expect(parseUri(given)).toBeUndefined());

test("the parts of a URI", () => {
  expect(parseUri("coap://[::1]:61616/a/b?c&d=e")).toEqual({
    scheme: "coap",
    host: "::1",
    port: 61616,
    path: "/a/b",
    query: "c&d=e",
    text: "coap://[::1]:61616/a/b?c&d=e",
    shown: "coap://[::1]:61616/a/b?…",
  });
  expect(parseUri("coap://h/")?.query).toBeUndefined();
  expect(parseUri("coap://h/?")?.query).toBe("");
});

test("normal is normal, whatever is given, and nothing throws", () => {
  fc.assert(
    fc.property(fc.oneof(fc.webUrl({ withQueryParameters: true }), fc.string()), (given) => {
      const once = parseUri(given)?.text;
      if (once !== undefined) expect(parseUri(once)?.text).toBe(once);
    }),
    { seed: 3 },
  );
});

test("any text becomes a part that reads as itself", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      expect(decodeURIComponent(encodeUriPart(text, /[/?]/))).toBe(text);
    }),
    { seed: 4 },
  );
});
