/** RFC 3986 §5.4: the examples of resolution, and what CoAP adds. */
import { expect, test } from "@jest/globals";
import { isUriReference, resolveUri, splitUri } from "../../../gateway/wire/link/index.ts";

/** §5.4.1 and §5.4.2 against http://a/b/c/d;p?q, strict. */
const EXAMPLES: ReadonlyArray<readonly [reference: string, uri: string]> = [
  ["g:h", "g:h"],
  ["g", "http://a/b/c/g"],
  ["./g", "http://a/b/c/g"],
  ["g/", "http://a/b/c/g/"],
  ["/g", "http://a/g"],
  ["//g", "http://g"],
  ["?y", "http://a/b/c/d;p?y"],
  ["g?y", "http://a/b/c/g?y"],
  ["#s", "http://a/b/c/d;p?q#s"],
  ["g#s", "http://a/b/c/g#s"],
  ["g?y#s", "http://a/b/c/g?y#s"],
  [";x", "http://a/b/c/;x"],
  ["g;x", "http://a/b/c/g;x"],
  ["g;x?y#s", "http://a/b/c/g;x?y#s"],
  ["", "http://a/b/c/d;p?q"],
  [".", "http://a/b/c/"],
  ["./", "http://a/b/c/"],
  ["..", "http://a/b/"],
  ["../", "http://a/b/"],
  ["../g", "http://a/b/g"],
  ["../..", "http://a/"],
  ["../../", "http://a/"],
  ["../../g", "http://a/g"],
  ["../../../g", "http://a/g"],
  ["../../../../g", "http://a/g"],
  ["/./g", "http://a/g"],
  ["/../g", "http://a/g"],
  ["g.", "http://a/b/c/g."],
  [".g", "http://a/b/c/.g"],
  ["g..", "http://a/b/c/g.."],
  ["..g", "http://a/b/c/..g"],
  ["./../g", "http://a/b/g"],
  ["./g/.", "http://a/b/c/g/"],
  ["g/./h", "http://a/b/c/g/h"],
  ["g/../h", "http://a/b/c/h"],
  ["g;x=1/./y", "http://a/b/c/g;x=1/y"],
  ["g;x=1/../y", "http://a/b/c/y"],
  ["g?y/./x", "http://a/b/c/g?y/./x"],
  ["g?y/../x", "http://a/b/c/g?y/../x"],
  ["g#s/./x", "http://a/b/c/g#s/./x"],
  ["g#s/../x", "http://a/b/c/g#s/../x"],
  ["http:g", "http:g"],
];
test.each(EXAMPLES)("'%s' becomes %s", (reference, uri) => {
  expect(resolveUri(reference, "http://a/b/c/d;p?q")).toBe(uri);
});

test.each([
  ["/temp", "coap://[2001:db8::1]:61616", "coap://[2001:db8::1]:61616/temp"],
  ["temp", "coap://[2001:db8::1]", "coap://[2001:db8::1]/temp"],
  ["", "coap://host", "coap://host"],
  ["/", "coap://host", "coap://host/"],
  ["//other/x", "coaps://host", "coaps://other/x"],
  ["../x", "coap://host", "coap://host/x"],
  ["HTTP://Host/A/../b", "coap://host", "HTTP://Host/A/../b"],
])("'%s' at %s becomes %s", (reference, base, uri) => expect(resolveUri(reference, base)).toBe(uri));

test.each([
  ["/a%20b", true],
  ["", true],
  ["coap://[::1]/", true],
  ["/a b", false],
  ["/a%2", false],
  ["/ä", false],
  ["1a://x", false],
  ['/"', false],
])("is '%s' a reference? %s", (text, is) => expect(isUriReference(text)).toBe(is));

test("parts", () => {
  expect(splitUri("coap://h:1/p?q#f")).toEqual({
    scheme: "coap",
    authority: "h:1",
    path: "/p",
    query: "q",
    fragment: "f",
  });
});
