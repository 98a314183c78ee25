/** What a request to a forward proxy asks for (RFC 7252 §5.7.2, §5.10.2, §6.5; RFC 8768). */
import { expect, test } from "@jest/globals";
import { type ProxyTarget, proxyTarget } from "../../gateway/coap/requests/proxy-uri.ts";
import { encodeUint, OPTION, type OptionValue, sortOptions } from "../../gateway/wire/coap/index.ts";

const text = (name: keyof typeof OPTION, value: string): OptionValue => ({
  number: OPTION[name],
  value: new TextEncoder().encode(value),
});
const uint = (name: keyof typeof OPTION, value: number): OptionValue => ({
  number: OPTION[name],
  value: encodeUint(value),
});
const proxied = (uri: string): ProxyTarget => ({ kind: "proxied", uri });
const refused = (code: "4.00" | "4.02" | "5.05" | "5.08"): ProxyTarget => ({ kind: "refused", code });
const coap = text("proxyScheme", "coap");
const host = text("uriHost", "fw.example");
const FW = text("proxyUri", "coap://fw.example/fw/1");
const target = proxied("coap://fw.example/fw/1");

/** Proxy-Scheme, Uri-Host and Uri-Path, each with its separator, of so many bytes together. */
function partsOf(bytes: number): OptionValue[] {
  const options = [coap, text("uriHost", "h")];
  for (let left = bytes - 7; left > 0; left -= 200) options.push(text("uriPath", "a".repeat(Math.min(left, 200) - 1)));
  return options;
}

const ROWS: ReadonlyArray<readonly [name: string, options: readonly OptionValue[], target: ProxyTarget]> = [
  ["no proxy option is for the gateway itself", [host, text("uriPath", "c")], { kind: "own" }],
  ["a hop limit alone is no proxying", [uint("hopLimit", 1), text("uriPath", "c")], { kind: "own" }],
  ["Proxy-Uri", [FW], target],
  ["Proxy-Uri in another spelling", [text("proxyUri", "COAP://FW.Example:5683/f%77/1")], target],
  ["Proxy-Uri outranks Uri-* (§5.10.2)", [FW, host, text("uriPath", "c"), uint("uriPort", 1)], target],
  ["and Proxy-Scheme", [FW, text("proxyScheme", "https")], target],
  ["Proxy-Scheme with Uri-Host and Uri-Path (§6.5)", [coap, host, text("uriPath", "fw"), text("uriPath", "1")], target],
  ["the default port", [coap, host, uint("uriPort", 5683), text("uriPath", "fw"), text("uriPath", "1")], target],
  ["another port", [coap, host, uint("uriPort", 61616)], proxied("coap://fw.example:61616/")],
  [
    "https by Proxy-Scheme",
    [text("proxyScheme", "HTTPS"), host, text("uriPath", "a")],
    proxied("https://fw.example/a"),
  ],
  ["an empty segment is one", [coap, host, text("uriPath", "")], proxied("coap://fw.example/")],
  ["a slash inside a segment", [coap, host, text("uriPath", "a/b")], proxied("coap://fw.example/a%2Fb")],
  [
    "arguments with an ampersand inside",
    [coap, host, text("uriQuery", "a=1"), text("uriQuery", "b&c=ä")],
    proxied("coap://fw.example/?a=1&b%26c=%C3%A4"),
  ],
  ["an IPv6 literal", [coap, text("uriHost", "[2001:DB8::1]")], proxied("coap://[2001:db8::1]/")],
  ["hops are left", [FW, uint("hopLimit", 2)], target],
  ["this was the last hop (RFC 8768 §3)", [FW, uint("hopLimit", 1)], refused("5.08")],
  ["no hops at all", [FW, { number: OPTION.hopLimit, value: Uint8Array.of(0) }], refused("4.00")],
  ["an empty hop limit", [FW, uint("hopLimit", 0)], refused("4.00")],
  ["a hop limit of two bytes", [FW, uint("hopLimit", 256)], refused("4.00")],
  ["Proxy-Scheme without a host names nobody else", [coap, text("uriPath", "fw")], refused("5.05")],
  ["an empty Proxy-Uri", [text("proxyUri", "")], refused("4.02")],
  ["a Proxy-Uri of 1035 bytes", [text("proxyUri", `coap://h/${"a".repeat(1026)}`)], refused("4.02")],
  ["options of 1034 bytes", partsOf(1034), proxied(`coap://h${`/${"a".repeat(199)}`.repeat(5)}/${"a".repeat(26)}`)],
  ["options of 1035 bytes", partsOf(1035), refused("5.05")],
  ["empty segments count", [coap, host, ...new Array<OptionValue>(1035).fill(text("uriPath", ""))], refused("5.05")],
  ["two Proxy-Uri", [FW, FW], refused("4.02")],
  ["two Proxy-Scheme", [coap, coap, host], refused("4.02")],
  ["a relative reference", [text("proxyUri", "/fw/1")], refused("5.05")],
  ["a user in the URI", [text("proxyUri", "coap://me@h/")], refused("5.05")],
  ["a host that is no host", [coap, text("uriHost", "[h")], refused("5.05")],
  ["no UTF-8", [{ number: OPTION.proxyUri, value: Uint8Array.of(0xff) }], refused("4.00")],
  ["no UTF-8 in a path", [coap, host, { number: OPTION.uriPath, value: Uint8Array.of(0xff) }], refused("4.00")],
];
test.each(ROWS)("%s", (_name, options, expected) => {
  expect(proxyTarget({ options: sortOptions([...options]) })).toEqual(expected);
});
