/** RFC 7252 §8 — requests to a group: leisure, silence instead of errors, nothing but discovery (node-coap defect 25). */
import { expect, test } from "@jest/globals";
import { EMPTY, seconds } from "../../gateway/base/index.ts";
import type { EngineOptions, Remote, RequestPort } from "../../gateway/coap/index.ts";
import { codeOf, decodeMessage, encodeMessage, OPTION, sortOptions } from "../../gateway/wire/coap/index.ts";
import { con, GATEWAY, NODE, non, ScriptedNode, stage } from "../support/lockstep.ts";
import { MemoryNetwork } from "../support/lossy.ts";
import { introduce, OscoreNode } from "../support/oscore-node.ts";
import { credentialOf, oscoreOf } from "../support/oscore-party.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const GROUP: Remote = { address: "224.0.1.187", port: 5683 };
const LINKS = "</c>;rt=core.c.ds";
const links: RequestPort = (_peer, { query }) => ({
  code: "2.05",
  contentFormat: 40,
  payload: new TextEncoder().encode(query.includes("rt=other") ? "" : LINKS),
});

/** A node that sends to the group, and hears answers from the gateway's own address. */
async function group(
  handler: RequestPort = links,
  unprotected = true,
  clock = new VirtualClock(),
  more: Partial<EngineOptions> = {},
) {
  const network = new MemoryNetwork(clock);
  const own = network.endpoint(GATEWAY);
  const joined = Object.assign(network.endpoint(GROUP), { group: true });
  joined.send = (datagram, remote) => own.send(datagram, remote);
  joined.sendFrame = (length, remote) => own.send(joined.frame().slice(0, length), remote);
  const transports = [own, joined];
  const stand = await stage({ transports, clock, handler, unprotected: () => unprotected, ...more }, network);
  const node = new ScriptedNode(network.endpoint({ ...NODE, port: 40_008 }), GROUP);
  await node.open();
  return { ...stand, clock, node };
}

const discovery = () => non("GET", ".well-known/core");

test.each([true, false])("discovery is answered within the leisure (unprotected requests heard: %s)", async (heard) => {
  const { node, clock } = await group(links, heard);
  await node.sends(discovery());
  await node.expectsSilence();
  await clock.advance(seconds(5));
  await node.expects(non("2.05").contentFormat(40).payload(LINKS));
});

test("whoever answers is told that the whole group was asked", async () => {
  const asked: unknown[] = [];
  const { node, clock, another } = await group((peer, request) => {
    asked.push([request.group, peer.identity]);
    return links(peer, request);
  });
  await node.sends(discovery());
  await clock.advance(seconds(5));
  const alone = await another({ ...NODE, port: 40_009 });
  await alone.sends(discovery());
  expect(asked).toEqual([
    [true, undefined],
    [undefined, undefined],
  ]);
});

test("each copy of a request to the group is one question", async () => {
  const { node, clock } = await group();
  await node.sends(discovery().mid(7));
  await node.sends(discovery().mid(7));
  await clock.advance(seconds(5));
  await node.expects(non("2.05").contentFormat(40).payload(LINKS));
  await node.expectsSilence();
});

test.each([
  ["an answer that finds nothing", discovery().query("rt=other")],
  ["an unknown critical option", discovery().option(65001, new Uint8Array(1))],
  ["anything but discovery", non("GET", "c")],
  ["a firmware block", non("GET", "f/img")],
  ["a confirmable request", con("GET", ".well-known/core")],
  ["a URI for a proxy", discovery().option(OPTION.proxyUri, new TextEncoder().encode("coap://h/.well-known/core"))],
])("a group hears nothing on %s", async (_what, line) => {
  const { node, clock } = await group();
  await node.sends(line);
  await clock.advance(seconds(10));
  await node.expectsSilence();
});

test("a group is not told of errors, nor of what cannot be read", async () => {
  const { node, clock, engine } = await group(() => ({ code: "5.03" }));
  await node.sends(discovery());
  await node.sendsBytes(Uint8Array.of(0x4f, 1, 0, 1));
  await clock.advance(seconds(10));
  await node.expectsSilence();
  expect(engine.stats()).toMatchObject({ malformed: 1, datagramsOut: 0 });
});

test("a flood of questions to the group waits in bounds", async () => {
  const { node, clock, engine } = await group();
  for (let i = 0; i < 200; i++) await node.sends(discovery());
  await clock.advance(seconds(10));
  expect(engine.stats().datagramsOut).toBe(32);
});

test("a gateway that closes leaves no answer behind", async () => {
  const { node, clock, engine } = await group();
  await node.sends(discovery());
  await engine.close();
  await clock.advance(seconds(10));
  expect(engine.stats().datagramsOut).toBe(0);
});

test("a protected request that is turned to the group, and looks like discovery, is not answered in the clear", async () => {
  const clock = new VirtualClock();
  const credential = credentialOf(Uint8Array.of(0), Uint8Array.of(1));
  const secret: RequestPort = () => ({ code: "2.05", payload: new TextEncoder().encode("secret") });
  const { node, another } = await group(secret, false, clock, { security: oscoreOf(clock, credential) });
  const alone = await another({ ...NODE, port: 40_009 });
  const oscore = new OscoreNode(credential);
  await introduce(alone, oscore);
  const inner = { code: "0.01", options: [], payload: EMPTY };
  const { bytes } = oscore.protect({ type: "NON", messageId: 9, token: Uint8Array.of(9), inner });
  const taken = decodeMessage(bytes);
  const path = [".well-known", "core"].map((part) => ({
    number: OPTION.uriPath,
    value: new TextEncoder().encode(part),
  }));
  const options = sortOptions([...taken.options, ...path]);
  await node.sendsBytes(encodeMessage({ ...taken, code: codeOf("GET"), options }));
  await clock.advance(seconds(10));
  await node.expectsSilence();
});
