/** The forward proxy (RFC 7252 §5.7.2): images by the URIs that were named for them, and nothing else. */
import { expect, test } from "@jest/globals";
import type { AuthorLane } from "../../gateway/coap/index.ts";
import { encodeBlockOption, OPTION } from "../../gateway/wire/coap/index.ts";
import { ack, con, type Line, non, stage } from "../support/lockstep.ts";
import { ETAG, imageOf, laneOf, sourceOf } from "../support/lockstep-images.ts";
import { MemoryNetwork } from "../support/lossy.ts";
import { introduce, OscoreNode, openBytes } from "../support/oscore-node.ts";
import { credentialOf, oscoreOf } from "../support/oscore-party.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const IMAGE = imageOf(200);
const block = (num: number, size: number): Uint8Array => IMAGE.subarray(num * size, (num + 1) * size);
const HERE = "coap://fw.example/trv.bin";
const COMING = "https://fw.example/new.bin";
const authors: AuthorLane = {
  find: (uri) => (uri === HERE ? { id: "a1b2" } : uri === COMING ? "fetching" : undefined),
};
const lanes = { block: laneOf({ a1b2: sourceOf(IMAGE) }), authors };
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const by = (uri: string, line: Line = con("GET")): Line => line.option(OPTION.proxyUri, utf8(uri));
const byScheme = (line: Line = con("GET", "trv.bin")): Line =>
  line.option(OPTION.proxyScheme, utf8("coap")).option(OPTION.uriHost, utf8("fw.example"));

test("blocks of a named image by Proxy-Uri: Block2, ETag, Size2, any order", async () => {
  const { node, engine } = await stage({ lanes });
  await node.sends(by(HERE).block2(0, 0, 64));
  await node.expects(ack("2.05").block2(0, 1, 64).etag(ETAG).size2(200).payload(block(0, 64)));
  await node.sends(by("COAP://FW.example:5683/trv%2Ebin").block2(3, 0, 64));
  await node.expects(ack("2.05").block2(3, 0, 64).etag(ETAG).payload(block(3, 64)));
  await node.sends(by(HERE).block2(0, 0, 64).etag(ETAG));
  await node.expects(ack("2.03").etag(ETAG));
  await node.sends(by(HERE).block2(4, 0, 64));
  await node.expects(ack("4.02"));
  expect(engine.stats().blocksServed).toBe(2);
});

test("the same by Proxy-Scheme with Uri-Host and Uri-Path, confirmable or not", async () => {
  const { node } = await stage({ lanes });
  await node.sends(byScheme().block2(1, 0, 64));
  await node.expects(ack("2.05").block2(1, 1, 64).etag(ETAG).payload(block(1, 64)));
  await node.sends(byScheme(non("GET", "trv.bin")).block2(1, 0, 64));
  await node.expects(non("2.05").block2(1, 1, 64).etag(ETAG).payload(block(1, 64)));
});

test("an image that is still being fetched: ask again in half a minute", async () => {
  const { node } = await stage({ lanes });
  await node.sends(by(COMING).block2(0, 0, 64));
  await node.expects(ack("5.03").uint(OPTION.maxAge, 30));
});

const REFUSED: ReadonlyArray<readonly [name: string, line: Line, code: "4.00" | "4.02" | "5.05" | "5.08"]> = [
  ["a URI that nobody named", by("coap://fw.example/other.bin"), "5.05"],
  ["another query", by(`${HERE}?x`), "5.05"],
  ["another port", by("coap://fw.example:61616/trv.bin"), "5.05"],
  ["another scheme", by("coaps://fw.example/trv.bin"), "5.05"],
  ["the gateway's own image by another host's name", byScheme(con("GET", "f/a1b2")), "5.05"],
  ["no host beside Proxy-Scheme", con("GET", "trv.bin").option(OPTION.proxyScheme, utf8("coap")), "5.05"],
  ["no URI", by("trv.bin"), "5.05"],
  ["another method", by(HERE, con("PUT")), "5.05"],
  ["a critical option that nobody knows", by(HERE).option(65001, Uint8Array.of(1)), "4.02"],
  ["two URIs", by(HERE, by(HERE)), "4.02"],
  ["the last hop (RFC 8768)", by(HERE).option(OPTION.hopLimit, Uint8Array.of(1)), "5.08"],
  ["no hop at all", by(HERE).option(OPTION.hopLimit, Uint8Array.of(0)), "4.00"],
];
test.each(REFUSED)("refused: %s", async (_name, line, code) => {
  const { node, engine } = await stage({ lanes });
  await node.sends(line);
  await node.expects(ack(code));
  expect(engine.stats()).toMatchObject({ refused: 1, blocksServed: 0 });
});

test("hops are left", async () => {
  const { node } = await stage({ lanes });
  await node.sends(by(HERE).block2(2, 0, 64).option(OPTION.hopLimit, Uint8Array.of(2)));
  await node.expects(ack("2.05").block2(2, 1, 64).etag(ETAG).payload(block(2, 64)));
});

test("a hop limit is nothing to an origin server", async () => {
  const { node } = await stage({ lanes });
  await node.sends(con("GET", "f/a1b2").block2(2, 0, 64).option(OPTION.hopLimit, Uint8Array.of(1)));
  await node.expects(ack("2.05").block2(2, 1, 64).etag(ETAG).payload(block(2, 64)));
});

test("a NON with options that cannot be is met with silence", async () => {
  const { node } = await stage({ lanes });
  await node.sends(by(HERE, by(HERE, non("GET"))));
  await node.expectsSilence();
});

test.each([
  ["Proxy-Uri", by(HERE)],
  ["Proxy-Uri that is no URI", con("GET").option(OPTION.proxyUri, Uint8Array.of(0xff))],
  ["two of them", by(HERE, by(HERE))],
  ["Proxy-Scheme", byScheme()],
  ["Proxy-Scheme with what is not read", byScheme(con("GET").option(OPTION.uriPath, Uint8Array.of(0xff)))],
])("without named images all is 5.05, and no URI is looked at: %s", async (_name, line) => {
  const { node } = await stage({ lanes: { block: lanes.block } });
  await node.sends(line);
  await node.expects(ack("5.05"));
});

test("under OSCORE the host stands outside and the path inside (RFC 8613 §4.1.3.3)", async () => {
  const clock = new VirtualClock();
  const credential = credentialOf(Uint8Array.of(0), Uint8Array.of(1));
  const { node } = await stage(
    { clock, lanes, security: oscoreOf(clock, credential), unprotected: () => false },
    new MemoryNetwork(clock),
  );
  const oscore = new OscoreNode(credential, 1000);
  await introduce(node, oscore);
  let messageId = 77;
  const ask = async (host: string, ...path: string[]) => {
    messageId += 1;
    const segments = path.map((segment) => ({ number: OPTION.uriPath, value: utf8(segment) }));
    const place = { number: OPTION.block2, value: encodeBlockOption({ num: 1, more: false, szx: 2 }) };
    const inner = { code: "0.01", options: [...segments, place], payload: new Uint8Array(0) };
    const outer = [
      { number: OPTION.uriHost, value: utf8(host) },
      { number: OPTION.proxyScheme, value: utf8("coap") },
    ];
    const sent = oscore.protect({ messageId, token: Uint8Array.of(messageId), inner, outer });
    await node.sendsBytes(sent.bytes);
    return openBytes(sent, node.takeAll()[0]);
  };
  const block1 = await ask("fw.example", "trv.bin");
  expect([block1?.code, Buffer.from(block1?.payload ?? [])]).toEqual(["2.05", Buffer.from(block(1, 64))]);
  expect((await ask("fw.example", "f", "a1b2"))?.code).toBe("5.05");
  expect((await ask("other.example", "trv.bin"))?.code).toBe("5.05");
});
