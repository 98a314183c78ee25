/** Somebody between, beside or behind the nodes: what each attack of a kind must not bring about. */
import { expect, test } from "@jest/globals";
import type { Peer } from "../../gateway/base/index.ts";
import { minutes, seconds } from "../../gateway/base/index.ts";
import type { EngineOptions, Remote, Request, Response } from "../../gateway/coap/index.ts";
import type { InnerMessage, Option } from "../../gateway/sim/speech/inner-message.ts";
import { decodeMessage, encodeEmpty, encodeMessage, OPTION } from "../../gateway/wire/coap/index.ts";
import { inDrill } from "../support/drill.ts";
import { ack, con, GATEWAY, NODE, non, stage } from "../support/lockstep.ts";
import { imageOf, laneOf, sourceOf } from "../support/lockstep-images.ts";
import { MemoryNetwork } from "../support/lossy.ts";
import { introduce, OscoreNode, openBytes, type Sent } from "../support/oscore-node.ts";
import { credentialOf, oscoreOf } from "../support/oscore-party.ts";
import { settled, VirtualClock } from "../support/virtual-clock.ts";

const ELSEWHERE: Remote = { address: "198.51.100.66", port: 6666 };
const EMPTY = new Uint8Array(0);
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const path = (...segments: string[]): Option[] =>
  segments.map((segment) => ({ number: OPTION.uriPath, value: utf8(segment) }));
const request = (code: string, options: readonly Option[], payload: Uint8Array = EMPTY): InnerMessage => ({
  code,
  options,
  payload,
});
const GET_C = request("0.01", path("c"));
const POST_C = request("0.02", path("c"), utf8("once"));
const REGISTER = request("0.01", [{ number: OPTION.observe, value: EMPTY }, ...path("s")]);
const dottedOf = (bytes: Uint8Array | undefined): string => {
  const { code } = decodeMessage(bytes ?? EMPTY);
  return `${code >> 5}.${String(code & 31).padStart(2, "0")}`;
};

/** A gateway with two secured nodes, the first of which has been heard; what reached the handler. */
async function secured(options: Partial<EngineOptions> = {}) {
  const clock = new VirtualClock();
  const heard: Array<{ readonly peer: Peer; readonly request: Request }> = [];
  const credentials = [1, 2].map((id) => credentialOf(Uint8Array.of(0), Uint8Array.of(id)));
  const handler = (peer: Peer, asked: Request): Response => {
    heard.push({ peer, request: asked });
    return { code: "2.05", payload: utf8(`for ${peer.nodeId}`), ...(asked.path[0] === "s" ? { observable: "t" } : {}) };
  };
  const security = oscoreOf(clock, ...credentials);
  const scene = await stage({ clock, handler, security, ...options }, new MemoryNetwork(clock));
  const [first, second] = credentials.map((credential) => new OscoreNode(credential));
  if (first === undefined || second === undefined) throw new Error("two nodes are needed");
  await introduce(scene.node, first);
  await introduce(scene.node, second, 11);
  heard.length = 0;
  let messageId = 100;
  const write = (oscore: OscoreNode, inner: InnerMessage, more: { token?: number; outer?: Option[] } = {}): Sent => {
    messageId += 1;
    const { token = messageId & 0xff, outer = [] } = more;
    return oscore.protect({ messageId, token: Uint8Array.of(token), inner, outer });
  };
  return { ...scene, clock, heard, first, second, write };
}

const withMessageId = (bytes: Uint8Array, id: number): Uint8Array => {
  const copy = Uint8Array.from(bytes);
  copy[2] = id >> 8;
  copy[3] = id;
  return copy;
};

test("a recorded request sent again, from another place or after its exchange is over, does nothing", async () => {
  const { node, another, clock, heard, first, write } = await secured();
  const { bytes } = write(first, POST_C);
  await node.sendsBytes(bytes);
  node.takeAll();
  const thief = await another(ELSEWHERE);
  await thief.sendsBytes(withMessageId(bytes, 9));
  expect(thief.takeAll().map(dottedOf)).toEqual(["4.01"]);
  await clock.advance(minutes(10));
  await node.sendsBytes(bytes);
  expect(node.takeAll().map(dottedOf)).toEqual(["4.01"]);
  expect(heard).toHaveLength(1);
});

test("a recorded registration brings no notifications to whoever sends it again", async () => {
  const { node, another, engine, first, write } = await secured();
  const registration = write(first, REGISTER, { token: 0x77 });
  await node.sendsBytes(registration.bytes);
  node.takeAll();
  const thief = await another(ELSEWHERE);
  const stolen = withMessageId(registration.bytes, 9);
  stolen[4] = 0x78; // its own token
  await thief.sendsBytes(stolen);
  thief.takeAll();
  engine.changed("t");
  await settled();
  expect(openBytes(registration, node.takeAll()[0])).toBeDefined();
  expect(thief.takeAll()).toEqual([]);
});

test("whoever knows a token cannot end a protected observation, nor take its place", async () => {
  const { node, engine, first, second, write } = await secured();
  const registration = write(first, REGISTER, { token: 0x77 });
  await node.sendsBytes(registration.bytes);
  // the same address and token: in the clear, and under another node's context
  await node.sends(con("GET", "s").observe(1).token("77"));
  await node.sends(con("GET", "s").observe(0).token("77"));
  await node.sendsBytes(
    write(second, request("0.01", [{ number: 6, value: Uint8Array.of(1) }, ...path("s")]), { token: 0x77 }).bytes,
  );
  node.takeAll();
  engine.changed("t");
  await settled();
  const opened = node.takeAll().map((bytes) => openBytes(registration, bytes));
  expect(opened.filter((each) => each !== undefined)).toHaveLength(1);
});

test("bodies and answers of two nodes behind one address do not mix, nor with what is said in the clear", async () => {
  const { node, heard, first, second, write } = await secured({});
  const block = (num: number, more: boolean): Option => ({
    number: OPTION.block1,
    value: Uint8Array.of((num << 4) | (more ? 8 : 0)),
  });
  const part = (fill: number): Uint8Array => new Uint8Array(16).fill(fill);
  const put = (num: number, more: boolean, fill: number): InnerMessage =>
    request("0.03", [...path("c"), block(num, more)], part(fill));
  await node.sendsBytes(write(first, put(0, true, 1)).bytes);
  await node.sendsBytes(write(second, put(0, true, 2)).bytes);
  await node.sends(con("PUT", "c").block1(1, 0, 16).payload(part(3)));
  await node.sendsBytes(write(second, put(1, false, 2)).bytes);
  await node.sendsBytes(write(first, put(1, false, 1)).bytes);
  expect(heard.map(({ peer, request: { payload } }) => [peer.nodeId, payload])).toEqual([
    ["n-02", new Uint8Array(32).fill(2)],
    ["n-01", new Uint8Array(32).fill(1)],
  ]);
});

test("what stands outside of the ciphertext changes nothing of what is asked inside", async () => {
  const lanes = { block: laneOf({ x: sourceOf(imageOf(50)) }) };
  const { node, heard, first, write } = await secured({ lanes });
  const outsides: Option[][] = [
    path("f", "x"),
    [{ number: OPTION.uriQuery, value: utf8("ep=other") }],
    [{ number: OPTION.ifNoneMatch, value: EMPTY }],
    [{ number: OPTION.noResponse, value: Uint8Array.of(26) }],
    [{ number: OPTION.accept, value: Uint8Array.of(60) }],
    [{ number: OPTION.etag, value: Uint8Array.of(1) }],
    [{ number: OPTION.contentFormat, value: Uint8Array.of(60) }],
  ];
  for (const outer of outsides) {
    const sent = write(first, GET_C, { outer });
    await node.sendsBytes(sent.bytes);
    expect(openBytes(sent, node.takeAll()[0])?.code).toBe("2.05");
  }
  expect(heard).toHaveLength(outsides.length);
  for (const { request: asked } of heard) {
    expect(asked).toMatchObject({ path: ["c"], query: [], accept: undefined, etags: [], ifNoneMatch: false });
  }
});

test("a slow answer: each copy of the request gets the acknowledgement, each copy of the answer the same ciphertext", async () => {
  const clock = new VirtualClock();
  const credential = credentialOf(Uint8Array.of(0), Uint8Array.of(1));
  let calls = 0;
  const handler = (_peer: Peer, { path: [segment] }: Request): Response | Promise<Response> => {
    if (segment !== "c") return { code: "2.05" };
    calls += 1;
    return new Promise(
      (resolve) => void clock.after(seconds(5), () => resolve({ code: "2.05", payload: utf8("late") })),
    );
  };
  const { node } = await stage({ clock, handler, security: oscoreOf(clock, credential) }, new MemoryNetwork(clock));
  const oscore = new OscoreNode(credential);
  await introduce(node, oscore);
  const sent = oscore.protect({ messageId: 7, token: Uint8Array.of(7), inner: GET_C });
  await node.sendsBytes(sent.bytes);
  await clock.advance(seconds(2));
  await node.sendsBytes(sent.bytes);
  expect(node.takeAll().map((bytes) => Buffer.from(bytes).toString("hex"))).toEqual(["60000007", "60000007"]);
  await clock.advance(seconds(20));
  const answers = node.takeAll();
  expect(answers.length).toBeGreaterThan(2);
  expect(new Set(answers.map((bytes) => Buffer.from(bytes).toString("hex"))).size).toBe(1);
  expect(openBytes(sent, answers[0])?.payload).toEqual(utf8("late"));
  expect(calls).toBe(1);
});

test("garbage in a node's name does not take the message id of what the node says next", async () => {
  const { node, heard, first, write } = await secured();
  const sent = write(first, POST_C);
  const forged = Uint8Array.from(sent.bytes);
  forged[forged.length - 1] = (forged.at(-1) ?? 0) ^ 1;
  await node.sendsBytes(forged);
  expect(node.takeAll().map(dottedOf)).toEqual(["4.00"]);
  await node.sendsBytes(sent.bytes);
  expect(openBytes(sent, node.takeAll()[0])?.code).toBe("2.05");
  expect(heard).toHaveLength(1);
});

test("a flood of what proves nothing does not make the gateway forget what it answered to its nodes", async () => {
  const { node, another, engine, heard, first, write } = await secured({
    unprotected: () => false,
    limits: { dedupTotal: 100 },
  });
  const sent = write(first, POST_C);
  await node.sendsBytes(sent.bytes);
  const [answer] = node.takeAll();
  for (let i = 0; i < 200; i++) {
    const stranger = await another({ ...ELSEWHERE, port: 7_000 + i });
    const forged = withMessageId(sent.bytes, i);
    forged[forged.length - 1] = i;
    await stranger.sendsBytes(forged);
    await stranger.sends(con("GET", "c"));
  }
  await node.sendsBytes(sent.bytes);
  expect(node.takeAll()).toEqual([answer]);
  expect(heard).toHaveLength(1);
  expect(engine.stats().kept.dedup).toBeLessThanOrEqual(100);
});

test("tokens by the ten thousand: the table of observations is full, and nobody's place is taken", async () => {
  const { node, network, engine } = await stage({
    handler: () => ({ code: "2.05", observable: "t" }),
    limits: { observationsTotal: 500 },
  });
  await node.sends(non("GET", "s").observe(0).token("77"));
  node.takeAll();
  for (let n = 0; n < inDrill(10_000, 100_000); n++) {
    const greedy = network.endpoint({ ...ELSEWHERE, port: 7_000 + (n % 100) });
    const token = Uint8Array.of(n >> 16, n >> 8, n);
    const options = [{ number: OPTION.observe, value: EMPTY }, ...path("s")];
    greedy.send(
      encodeMessage({ type: "NON", code: 1, messageId: n & 0xffff, token, options, payload: EMPTY }),
      GATEWAY,
    );
  }
  expect(engine.stats().kept.observations).toBeLessThanOrEqual(500);
  engine.changed("t");
  await node.expects(non("2.05").observe().token("77"));
});

test("a storm of resets and acknowledgements from elsewhere, and of wrong ones from the node's own address, ends nothing", async () => {
  const { node, network, another, engine } = await stage({ handler: () => ({ code: "2.05", observable: "t" }) });
  await node.sends(non("GET", "s").observe(0).token("77"));
  await node.receives();
  engine.changed("t");
  const { messageId } = await node.receives();
  const stranger = await another(ELSEWHERE);
  const [own, elsewhere] = [NODE, ELSEWHERE].map((remote) => network.endpoint(remote));
  for (let id = 0; id < 0x10000; id++) {
    elsewhere?.send(encodeEmpty("RST", id), GATEWAY);
    elsewhere?.send(encodeEmpty("ACK", id), GATEWAY);
    if (id !== messageId) own?.send(encodeEmpty("RST", id), GATEWAY);
    own?.send(encodeEmpty("ACK", id), GATEWAY);
  }
  await settled();
  expect(engine.stats().kept.observations).toBe(1);
  engine.changed("t");
  await node.expects(non("2.05").observe().token("77"));
  await stranger.expectsSilence();
});

test("bodies that grow by a byte now and then are as many as there are places, and go when they idle", async () => {
  const { another, engine, clock } = await stage({ limits: { bodiesTotal: 8 } });
  const slow = await Promise.all(Array.from({ length: 40 }, (_, i) => another({ ...ELSEWHERE, port: 7_000 + i })));
  for (const node of slow) await node.sends(con("PUT", "c").block1(0, 1, 16).payload(new Uint8Array(16)));
  expect(engine.stats().kept.bodies).toBe(8);
  await clock.advance(minutes(11));
  expect(engine.stats().kept.bodies).toBe(0);
  const [late] = slow;
  late?.takeAll();
  await late?.sends(con("PUT", "c").block1(1, 1, 16).payload(new Uint8Array(16)));
  await late?.expects(ack("4.08").block1(0, 1, 16));
});

test("an answer in flight to one place is not given to another that repeats the request", async () => {
  const { node, another, first, write, heard } = await secured();
  const sent = write(first, POST_C);
  await node.sendsBytes(sent.bytes);
  const thief = await another({ ...NODE, port: NODE.port + 1 });
  await thief.sendsBytes(sent.bytes);
  expect(thief.takeAll().map(dottedOf)).toEqual(["4.01"]);
  expect(heard).toHaveLength(1);
});

test("a node that moved and registers anew is told at its new place, and nowhere else", async () => {
  const { node, network, another, engine, first, write } = await secured();
  await node.sendsBytes(write(first, REGISTER, { token: 0x77 }).bytes);
  const moved = await another(ELSEWHERE);
  const again = write(first, REGISTER, { token: 0x77 });
  await moved.sendsBytes(again.bytes);
  node.takeAll();
  moved.takeAll();
  expect(engine.stats().kept.observations).toBe(1);
  engine.changed("t");
  await settled();
  expect(node.takeAll()).toEqual([]);
  expect(openBytes(again, moved.takeAll()[0])).toBeDefined();
  // a reset from the place that it left is nobody's word
  const left = network.endpoint(NODE);
  for (let id = 0; id < 0x10000; id++) left.send(encodeEmpty("RST", id), GATEWAY);
  expect(engine.stats().kept.observations).toBe(1);
});
