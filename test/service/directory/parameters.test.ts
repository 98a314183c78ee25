/** RFC 9176 §5: registration parameters, and what is no link. */
import { expect, test } from "@jest/globals";
import { type RegistrationParameters, readLinks, readParameters } from "../../../gateway/service/directory/index.ts";

const NONE: RegistrationParameters = {
  endpoint: undefined,
  sector: undefined,
  lifetime: undefined,
  base: undefined,
  attributes: [],
};

const GOOD: ReadonlyArray<readonly [name: string, query: readonly string[], read: Partial<RegistrationParameters>]> = [
  ["nothing", [], {}],
  ["an empty item", [""], {}],
  ["an endpoint name", ["ep=node1"], { endpoint: "node1" }],
  ["a name of 63 bytes", [`ep=${"é".repeat(31)}x`], { endpoint: `${"é".repeat(31)}x` }],
  ["a name with an equals sign", ["ep=a=b"], { endpoint: "a=b" }],
  ["a sector", ["d=floor-3"], { sector: "floor-3" }],
  ["the shortest lifetime", ["lt=1"], { lifetime: 1 }],
  ["the longest lifetime", ["lt=4294967295"], { lifetime: 4_294_967_295 }],
  ["a base", ["base=coap://[2001:db8::1]:61616"], { base: "coap://[2001:db8::1]:61616" }],
  ["a base with a path", ["base=coaps+tcp://h.example/p/"], { base: "coaps+tcp://h.example/p/" }],
  ["an endpoint type", ["et=tag:example.com,2020:platform"], { attributes: [["et", "tag:example.com,2020:platform"]] }],
  [
    "an attribute twice",
    ["x=1", "x=2"],
    {
      attributes: [
        ["x", "1"],
        ["x", "2"],
      ],
    },
  ],
  ["an attribute without a value", ["awake"], { attributes: [["awake", ""]] }],
];
test.each(GOOD)("%s", (_name, query, read) => expect(readParameters(query)).toEqual({ ...NONE, ...read }));

const BAD: ReadonlyArray<readonly [name: string, query: readonly string[], parameter: string]> = [
  ["an empty endpoint name", ["ep="], "ep"],
  ["a name of 64 bytes", [`ep=${"x".repeat(64)}`], "ep"],
  ["a name of 64 bytes in 32 characters", [`ep=${"é".repeat(32)}`], "ep"],
  ["a name with a control character", ["ep=a\u0007"], "ep"],
  ["a name with DEL", ["ep=a\u007f"], "ep"],
  ["a name with a C1 control", ["ep=a\u0085"], "ep"],
  ["a name twice", ["ep=a", "ep=b"], "ep"],
  ["a sector that is too long", [`d=${"x".repeat(64)}`], "d"],
  ["lifetime 0", ["lt=0"], "lt"],
  ["a lifetime past 32 bits", ["lt=4294967296"], "lt"],
  ["a lifetime with a sign", ["lt=+5"], "lt"],
  ["a lifetime with a fraction", ["lt=1.5"], "lt"],
  ["a lifetime in hex", ["lt=0x10"], "lt"],
  ["a lifetime without a value", ["lt"], "lt"],
  ["a base without a scheme", ["base=//host"], "base"],
  ["a base without a host", ["base=coap:///x"], "base"],
  ["a base that is a path", ["base=/x"], "base"],
  ["a base with a query", ["base=coap://h?x"], "base"],
  ["a base with a fragment", ["base=coap://h#x"], "base"],
  ["a base with a zone", ["base=coap://[fe80::1%25eth0]"], "base"],
  ["a base with a bracket", ['base=coap://h/">'], "base"],
  ["a base of 300 bytes", [`base=coap://${"h".repeat(300)}`], "base"],
  ["an attribute that lookups use", ["page=1"], "page"],
  ["another of them", ["rt=core.rd"], "rt"],
  ["an attribute with a blank in its name", ["a b=1"], "a b"],
  ["an attribute without a name", ["=1"], ""],
  ["an attribute of 300 bytes", [`x=${"y".repeat(300)}`], "x"],
  ["17 attributes", Array.from({ length: 17 }, (_, i) => `x${i}=1`), "x16"],
];
test.each(BAD)("refuses %s", (_name, query, parameter) => {
  expect(() => readParameters(query)).toThrow(
    expect.objectContaining({ code: "directory.parameter", facts: expect.objectContaining({ name: parameter }) }),
  );
});

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

const LINKS: ReadonlyArray<readonly [name: string, payload: string, kept: string]> = [
  ["no links", "", ""],
  ["nothing but a line", "\n", ""],
  ["lines as people write them", '</a>; rt="x";\n  obs,\n</b>\n', '</a>;rt="x";obs,</b>'],
  ["unquoted values", "</a>;rt=temp;ct=40;obs", '</a>;rt="temp";ct=40;obs'],
  ["a needless escape", '</a>;title="\\x\\""', '</a>;title="x\\""'],
  ["a value with an encoding of its own", "</a>;title*=UTF-8'de'%c3%a4", "</a>;title*=UTF-8'de'%c3%a4"],
  [
    "a full URI with an anchor",
    '<http://x/y>;anchor="/a";rel="describedby"',
    '<http://x/y>;anchor="/a";rel="describedby"',
  ],
];
test.each(LINKS)("links: %s", (_name, payload, kept) => {
  expect(readLinks(utf8(payload))).toBe(kept);
  expect(readLinks(utf8(kept))).toBe(kept);
});

const BAD_LINKS: ReadonlyArray<readonly [name: string, payload: Uint8Array, code: string]> = [
  ["text that is no link", utf8("hello"), "link.malformed"],
  ["a link that ends too soon", utf8("</a"), "link.malformed"],
  ["a comma too many", utf8("</a>,"), "link.malformed"],
  ["a comma too many before the end of the line", utf8("</a>,\n"), "link.malformed"],
  ["white space within a value", utf8("</a>;rt=x y"), "link.malformed"],
  ["bytes that are no UTF-8", Uint8Array.of(0x3c, 0xff, 0x3e), "link.malformed"],
  ["a target with a blank", utf8("</a b>"), "directory.link"],
  ["an anchor that is no reference", utf8('</a>;anchor="<"'), "directory.link"],
  ["an anchor without a value", utf8("</a>;anchor"), "directory.link"],
  ["more than 8 KiB", utf8(`</${"a".repeat(8192)}>`), "directory.too-large"],
  ["more than 8 KiB once it is quoted", utf8(`</a>${";x=y".repeat(2000)}`), "directory.too-large"],
  ["257 links", utf8(Array.from({ length: 257 }, (_, i) => `</${i}>`).join(",")), "directory.too-large"],
];
test.each(BAD_LINKS)("links: refuses %s", (_name, payload, code) => {
  expect(() => readLinks(payload)).toThrow(expect.objectContaining({ code }));
});
