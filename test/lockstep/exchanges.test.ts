/** Messages and exchanges: dedup, piggybacked and separate answers, ping, reset, refusals. */
import { expect, test } from "@jest/globals";
import { fromHex, millis, seconds } from "../../gateway/base/index.ts";
import type { Request, Response } from "../../gateway/coap/index.ts";
import { codeOf, encodeMessage } from "../../gateway/wire/coap/index.ts";
import { ack, con, GATEWAY, NODE, non, ping, rst, ScriptedNode, stage } from "../support/lockstep.ts";
import { ETAG, imageOf, laneOf, sourceOf } from "../support/lockstep-images.ts";
import { MemoryNetwork } from "../support/lossy.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

/** A handler that answers when the test says so. */
function slow() {
  const calls: Request[] = [];
  let release: (response: Response) => void = () => undefined;
  const handler = (_peer: unknown, request: Request): Promise<Response> => {
    calls.push(request);
    return new Promise((resolve) => {
      release = resolve;
    });
  };
  return { calls, handler, release: (response: Response) => release(response) };
}

const NOTHING = new Uint8Array(0);
/** What a scripted line cannot say. */
const MESSAGE = { messageId: 0x79, token: Uint8Array.of(1), options: [], payload: NOTHING } as const;

const counting = (response: Response) => {
  const calls: Request[] = [];
  return {
    calls,
    handler: (_peer: unknown, request: Request): Response => {
      calls.push(request);
      return response;
    },
  };
};

test("a quick answer is piggybacked; a repeat gets the same bytes and runs nothing", async () => {
  const { calls, handler } = counting({ code: "2.04", payload: Uint8Array.of(1) });
  const { node, engine } = await stage({ handler });
  await node.sends(con("POST", "c").payload("x"));
  await node.repeats();
  await node.expects(ack("2.04").payload(Uint8Array.of(1)));
  await node.expects(ack("2.04").payload(Uint8Array.of(1)));
  expect(calls).toHaveLength(1);
  expect(engine.stats()).toMatchObject({ duplicates: 1, requests: 1 });
});

test("a repeat while the handler is busy is silence, later the empty ACK, then the answer", async () => {
  const { calls, handler, release } = slow();
  const { node, clock } = await stage({ handler });
  await node.sends(con("POST", "c"));
  await node.repeats();
  await node.expectsSilence();
  await clock.advance(seconds(1));
  await node.expects(ack());
  await node.repeats();
  await node.expects(ack());
  release({ code: "2.04" });
  const separate = await node.expects(con("2.04"));
  await node.sends(ack().mid(separate.messageId));
  await node.repeats();
  await node.expects(con("2.04").mid(separate.messageId));
  expect(calls).toHaveLength(1);
});

test("several slow answers: each empty ACK comes a second after its own request, none for what was answered", async () => {
  const release = new Map<string, (response: Response) => void>();
  const handler = (_peer: unknown, { path }: Request): Promise<Response> =>
    new Promise((resolve) => {
      release.set(path[0] ?? "", resolve);
    });
  const { node, clock } = await stage({ handler });
  await node.sends(con("GET", "a").mid(1));
  await clock.advance(millis(400));
  await node.sends(con("GET", "b").mid(2));
  await clock.advance(millis(400));
  await node.sends(con("GET", "c").mid(3));
  release.get("b")?.({ code: "2.05" });
  await node.expects(ack("2.05").mid(2).token("02"));
  await clock.advance(millis(200));
  await node.expects(ack().mid(1));
  await clock.advance(millis(799));
  await node.expectsSilence();
  await clock.advance(millis(1));
  await node.expects(ack().mid(3));
  await node.sends(con("GET", "d").mid(4));
  await clock.advance(seconds(1));
  await node.expects(ack().mid(4));
});

test("what is known about a peer reaches the handler with its path", async () => {
  const peers: unknown[] = [];
  const identity = { kind: "oscore", id: "01", name: "room-1" } as const;
  const { node } = await stage({
    handler: (peer) => {
      peers.push(peer);
      return { code: "2.04" };
    },
    peers: ({ address }) => ({ identity, nodeId: undefined, validated: address === NODE.address }),
  });
  await node.sends(con("POST", "c"));
  await node.receives();
  expect(peers).toEqual([{ identity, nodeId: undefined, path: "192.0.2.7:40007", validated: true }]);
});

test("a separate response is sent again until it is acknowledged", async () => {
  const { handler, release } = slow();
  const { node, clock, engine } = await stage({ handler });
  await node.sends(con("GET", "slow"));
  await clock.advance(seconds(2));
  await node.expects(ack());
  release({ code: "2.05", payload: Uint8Array.of(7) });
  const first = await node.expects(con("2.05").payload(Uint8Array.of(7)));
  // the ACKs of these get lost
  for (const wait of [3, 6, 12]) {
    await clock.advance(seconds(wait));
    await node.expects(con("2.05").payload(Uint8Array.of(7)).mid(first.messageId));
  }
  await node.sends(ack().mid(first.messageId));
  await clock.advance(seconds(300));
  await node.expectsSilence();
  expect(engine.stats()).toMatchObject({ retransmissions: 3, lost: 0, kept: { confirmables: 0 } });
});

test("after MAX_RETRANSMIT the gateway gives up within MAX_TRANSMIT_WAIT", async () => {
  const { handler, release } = slow();
  const { node, clock, engine } = await stage({ handler });
  await node.sends(con("GET", "slow"));
  await clock.advance(seconds(1));
  await node.expects(ack());
  release({ code: "2.05" });
  await clock.advance(seconds(93));
  for (let sent = 0; sent < 5; sent++) await node.expects(con("2.05"));
  await node.expectsSilence();
  expect(engine.stats()).toMatchObject({ retransmissions: 4, lost: 1, kept: { confirmables: 0 } });
});

test("a RST ends the retransmission; an ACK from another peer does not", async () => {
  const { handler, release } = slow();
  const { node, another, clock, engine } = await stage({ handler });
  await node.sends(con("GET", "slow"));
  await clock.advance(seconds(1));
  await node.expects(ack());
  release({ code: "2.05" });
  const { messageId } = await node.expects(con("2.05"));
  const stranger = await another({ ...NODE, port: 1 });
  await stranger.sends(ack().mid(messageId));
  expect(engine.stats().kept.confirmables).toBe(1);
  await node.sends(rst().mid(messageId));
  expect(engine.stats().kept.confirmables).toBe(0);
});

test("NON gets NON, and a repeated NON gets nothing (RFC 7252 §4.5)", async () => {
  const { calls, handler } = counting({ code: "2.04" });
  const { node } = await stage({ handler });
  await node.sends(non("POST", "c"));
  await node.expects(non("2.04"));
  await node.repeats();
  await node.expectsSilence();
  expect(calls).toHaveLength(1);
});

test("after EXCHANGE_LIFETIME a message id is new again", async () => {
  const { calls, handler } = counting({ code: "2.04" });
  const { node, clock, engine } = await stage({ handler });
  await node.sends(con("POST", "c"));
  await clock.advance(millis(seconds(247) - 1));
  await node.repeats();
  expect(calls).toHaveLength(1);
  await clock.advance(seconds(1));
  await node.repeats();
  expect(calls).toHaveLength(2);
  await clock.advance(seconds(300));
  expect(engine.stats().kept.dedup).toBe(0);
});

test("the same message id from another place is another request", async () => {
  const { calls, handler } = counting({ code: "2.04" });
  const { node, another } = await stage({ handler });
  await node.sends(con("POST", "c").mid(5));
  const neighbour = await another({ ...NODE, port: 40_008 });
  await neighbour.sends(con("POST", "c").mid(5));
  expect(calls).toHaveLength(2);
});

test("the same peer on two addresses of the gateway is two endpoints (RFC 7252 §4.4)", async () => {
  const { calls, handler } = counting({ code: "2.04" });
  const clock = new VirtualClock();
  const network = new MemoryNetwork(clock);
  const addresses = [GATEWAY, { ...GATEWAY, port: 5684 }];
  const transports = addresses.map((address) => network.endpoint(address));
  const { node } = await stage({ handler, transports, clock }, network);
  const other = new ScriptedNode(network.endpoint(NODE), { ...GATEWAY, port: 5684 });
  await node.sends(con("POST", "c").mid(5));
  await node.expects(ack("2.04"));
  await other.open();
  await other.sends(con("POST", "c").mid(5));
  await other.expects(ack("2.04"));
  expect(calls).toHaveLength(2);
});

test("ping is answered by RST, an empty NON by nothing (RFC 7252 §4.3)", async () => {
  const { calls, handler } = counting({ code: "2.05" });
  const { node } = await stage({ handler });
  await node.sends(ping());
  await node.expects(rst());
  await node.sends(non(0));
  await node.sends(ack().mid(77));
  await node.sends(rst().mid(77));
  await node.expectsSilence();
  expect(calls).toHaveLength(0);
});

test("responses that belong to no request of ours: CON is reset, NON ignored; so are the reserved classes", async () => {
  const { node } = await stage();
  await node.sends(con("2.05"));
  await node.expects(rst());
  await node.sends(non("2.05"));
  await node.expectsSilence();
  for (const code of [0x20, 0xc0, 0xe1]) {
    await node.sends(con(code));
    await node.expects(rst());
  }
});

test.each([0x20, 0xc0, 0x01])("an ACK with code %i acknowledges nothing", async (code) => {
  const { handler, release } = slow();
  const { node, engine, clock } = await stage({ handler });
  await node.sends(con("POST", "c"));
  await clock.advance(seconds(1));
  await node.expects(ack());
  release({ code: "2.04" });
  const { messageId } = await node.expects(con("2.04"));
  await node.sendsBytes(encodeMessage({ ...MESSAGE, type: "ACK", code, messageId }));
  expect(engine.stats().kept.confirmables).toBe(1);
  await node.sends(ack().mid(messageId));
  expect(engine.stats().kept.confirmables).toBe(0);
});

test("whatever breaks around a block that left at once, the engine goes on", async () => {
  const lanes = { block: laneOf({ x: sourceOf(imageOf(64)) }) };
  const peers = (): never => {
    throw new Error("no such table");
  };
  const { node, engine } = await stage({ lanes, peers });
  for (let round = 1; round <= 2; round++) {
    await node.sends(con("GET", "f/x").block2(0, 0, 64));
    await node.expects(ack("2.05").etag(ETAG).block2(0, 0, 64).size2(64).payload(imageOf(64)));
    expect(engine.stats().failures).toBe(round);
  }
});

test.each([
  ["an option nobody knows", (line: ReturnType<typeof con>) => line.option(65_001, Uint8Array.of(1)), "4.02"],
  [
    "OSCORE without a store of contexts",
    (line: ReturnType<typeof con>) => line.option(9, Uint8Array.of(9, 0, 1)),
    "4.02",
  ],
  ["Proxy-Uri", (line: ReturnType<typeof con>) => line.option(35, new TextEncoder().encode("coap://x/")), "5.05"],
  ["Proxy-Scheme", (line: ReturnType<typeof con>) => line.option(39, new TextEncoder().encode("coap")), "5.05"],
  ["a Uri-Host of no length", (line: ReturnType<typeof con>) => line.option(3, new Uint8Array(0)), "4.02"],
  ["Accept twice", (line: ReturnType<typeof con>) => line.accept(60).accept(60), "4.02"],
  ["a path that is not UTF-8", (line: ReturnType<typeof con>) => line.option(11, Uint8Array.of(0xff)), "4.00"],
  ["szx 7 in Block2", (line: ReturnType<typeof con>) => line.option(23, Uint8Array.of(7)), "4.00"],
] as const)("refused before any handler: %s", async (_name, add, code) => {
  const { calls, handler } = counting({ code: "2.05" });
  const { node } = await stage({ handler });
  await node.sends(add(con("GET", "c")));
  await node.expects(ack(code));
  expect(calls).toHaveLength(0);
});

test("a NON with an unknown critical option is ignored (RFC 7252 §5.4.1)", async () => {
  const { node } = await stage();
  await node.sends(non("GET", "c").option(65_001, Uint8Array.of(1)));
  await node.expectsSilence();
});

test("elective options of a wrong length, unknown or repeated, are ignored (RFC 7252 §5.4.3, §5.4.5)", async () => {
  const { calls, handler } = counting({ code: "2.05" });
  const { node } = await stage({ handler });
  await node.sends(
    con("GET", "c").option(4, new Uint8Array(9)).option(65_000, new Uint8Array(3)).contentFormat(60).contentFormat(50),
  );
  await node.expects(ack("2.05"));
  expect(calls[0]).toMatchObject({ etags: [], contentFormat: 60 });
});

test("methods 0.08 to 0.31 are 4.05", async () => {
  const { node } = await stage();
  for (const code of [0x08, 0x1f]) {
    await node.sends(con(code, "c"));
    await node.expects(ack("4.05"));
  }
});

test("every method reaches the handler with what the request says", async () => {
  const { calls, handler } = counting({ code: "2.04" });
  const { node } = await stage({ handler });
  for (const method of ["GET", "POST", "PUT", "DELETE", "FETCH", "PATCH", "iPATCH"] as const) {
    await node.sends(con(method, "n/room-1/c").query("d=a").query("c=n").accept(142).contentFormat(141).payload("p"));
    await node.expects(ack("2.04"));
  }
  expect(calls.map(({ method }) => method)).toEqual(["GET", "POST", "PUT", "DELETE", "FETCH", "PATCH", "iPATCH"]);
  expect(calls[4]).toMatchObject({
    path: ["n", "room-1", "c"],
    query: ["d=a", "c=n"],
    accept: 142,
    contentFormat: 141,
  });
});

test("a handler that throws or rejects is 5.00 without text, and is logged", async () => {
  const logged: string[] = [];
  const log = {
    debug: () => undefined,
    info: () => undefined,
    warn: () => undefined,
    error: (event: string) => void logged.push(event),
  };
  for (const handler of [
    () => {
      throw new Error("/etc/sidgate: secret");
    },
    () => Promise.reject(new Error("/etc/sidgate: secret")),
  ]) {
    const { node } = await stage({ handler, log });
    await node.sends(con("GET", "c"));
    await node.expects(ack("5.00"));
    await node.expectsSilence();
  }
  expect(logged).toEqual(["coap.handler-failed", "coap.handler-failed"]);
});

test.each([
  ["2.xx, CON", con, 2, "2.04", true],
  ["4.xx, CON", con, 8, "4.04", true],
  ["5.xx, CON", con, 16, "5.03", true],
  ["4.xx and 5.xx, but it worked", con, 24, "2.04", false],
  ["2.xx, NON", non, 2, "2.04", true],
] as const)("No-Response (RFC 7967): %s", async (_name, type, bits, code, unwanted) => {
  const { node } = await stage({ handler: () => ({ code }) });
  await node.sends(type("POST", "c").uint(258, bits));
  if (!unwanted) await node.expects(ack(code));
  else if (type === con) await node.expects(ack());
  await node.expectsSilence();
});

test("a known ETag turns 2.05 into 2.03 (RFC 7252 §5.10.6.2)", async () => {
  const etag = Uint8Array.of(1, 2);
  const { node } = await stage({ handler: () => ({ code: "2.05", etag, payload: Uint8Array.of(9), maxAge: 5 }) });
  await node.sends(con("GET", "c").etag(Uint8Array.of(7)).etag(etag));
  await node.expects(ack("2.03").etag(etag).uint(14, 5));
  await node.sends(con("GET", "c").etag(Uint8Array.of(7)));
  await node.expects(ack("2.05").etag(etag).uint(14, 5).payload(Uint8Array.of(9)));
});

test("a check-in is forgotten once it is answered: a repeat asks the lane again, one that is under way drops its copies", async () => {
  let asked = 0;
  let release: (response: Response) => void = () => undefined;
  const checkIn = {
    answer: (_peer: unknown, request: Request): Promise<Response> | undefined => {
      if (request.path[0] !== "k") return undefined;
      asked += 1;
      return new Promise((resolve) => {
        release = resolve;
      });
    },
  };
  const { node, clock, engine } = await stage({ lanes: { checkIn } });
  await node.sends(con("POST", "k").payload("report 1"));
  await node.repeats();
  await node.expectsSilence();
  release({ code: "2.04", payload: Uint8Array.of(1) });
  await node.expects(ack("2.04").payload(Uint8Array.of(1)));
  expect(asked).toBe(1);

  await node.repeats();
  expect(asked).toBe(2);
  await clock.advance(seconds(1));
  await node.expects(ack());
  expect(engine.stats().kept.dedup).toBe(1);
  release({ code: "2.04", payload: Uint8Array.of(1), repeated: true });
  const separate = await node.expects(con("2.04").payload(Uint8Array.of(1)));
  await node.sends(ack().mid(separate.messageId));
  expect(engine.stats()).toMatchObject({ checkIns: 2, duplicates: 2, kept: { dedup: 0 } });

  await node.sends(con("POST", "other"));
  await node.expects(ack("4.04"));
});

/** RFC 7252 §4.2, §4.3: twelve datagrams that cannot be read, and what each gets. */
test.each([
  ["one byte", "40", undefined],
  ["three bytes", "400112", undefined],
  ["version 2, ignored in silence (§3)", "80011234", undefined],
  ["token length 9", "49011234 010203040506070809", 0x1234],
  ["token cut short", "4801000f 0102", 0x000f],
  ["payload marker and nothing", "40011235 ff", 0x1235],
  ["option cut short", "40011236 b461", 0x1236],
  ["reserved option delta", "40011237 f0", 0x1237],
  ["option number above 65535", "40011238 e0ffff", 0x1238],
  ["ping with a tail", "40001239 00", 0x1239],
  ["malformed NON", "50011234 ff", undefined],
  ["malformed ACK", "60451234 ff", undefined],
] as const)("malformed: %s", async (_name, bytes, reset) => {
  const { node, engine } = await stage();
  await node.sendsBytes(fromHex(bytes) ?? new Uint8Array(0));
  if (reset !== undefined) await node.expects(rst().mid(reset));
  await node.expectsSilence();
  expect(engine.stats().malformed).toBe(1);
});

test.each(["2.05", "4.04", "5.03"] as const)(
  "%s that belongs to nothing: a CON is reset, NON, ACK and RST are ignored (RFC 7252 §4.2, §4.3)",
  async (code) => {
    const { calls, handler } = counting({ code: "2.05" });
    const { node, engine } = await stage({ handler });
    await node.sends(con(code).mid(0x77).token("0a"));
    await node.expects(rst().mid(0x77));
    await node.sends(non(code));
    await node.sends(ack(code).mid(0x78));
    await node.sendsBytes(encodeMessage({ ...MESSAGE, type: "RST", code: codeOf(code) }));
    await node.expectsSilence();
    expect(calls).toHaveLength(0);
    expect(engine.stats().kept).toMatchObject({ dedup: 0, confirmables: 0 });
  },
);

test("token lengths 9 to 15 are reset, whatever follows (RFC 7252 §3)", async () => {
  const { node } = await stage();
  for (let length = 9; length <= 15; length++) {
    await node.sendsBytes(Uint8Array.of(0x40 | length, 1, 0x20, length, ...new Uint8Array(400)));
    await node.expects(rst().mid(0x2000 | length));
  }
});

test("a request in an ACK or a RST is none (RFC 7252 §4.2)", async () => {
  const { calls, handler } = counting({ code: "2.05" });
  const { node } = await stage({ handler });
  for (const type of ["ACK", "RST"] as const) await node.sendsBytes(encodeMessage({ ...MESSAGE, type, code: 1 }));
  await node.expectsSilence();
  expect(calls).toHaveLength(0);
});

test("an unknown method in a NON is 4.05 in a NON", async () => {
  const { node } = await stage();
  await node.sends(non(0x1f, "c"));
  await node.expects(non("4.05"));
});

test("a slow answer to a NON is a NON with an id of its own; no ACK before, none awaited after", async () => {
  const { handler, release } = slow();
  const { node, clock, engine } = await stage({ handler });
  await node.sends(non("GET", "slow").token("0a"));
  await clock.advance(seconds(30));
  await node.repeats();
  await node.expectsSilence();
  release({ code: "2.05" });
  await node.expects(non("2.05").token("0a"));
  await clock.advance(seconds(200));
  await node.expectsSilence();
  expect(engine.stats().kept.confirmables).toBe(0);
});

test("a copy that comes after the separate answer was acknowledged gets its bytes again, and nothing more", async () => {
  const { calls, handler, release } = slow();
  const { node, clock, engine } = await stage({ handler });
  await node.sends(con("GET", "slow"));
  await clock.advance(seconds(1));
  await node.expects(ack());
  release({ code: "2.05", payload: Uint8Array.of(7) });
  const { messageId } = await node.expects(con("2.05").payload(Uint8Array.of(7)));
  await node.sends(ack().mid(messageId));
  await clock.advance(seconds(60));
  await node.repeats();
  await node.expects(con("2.05").payload(Uint8Array.of(7)).mid(messageId));
  await clock.advance(seconds(100));
  await node.expectsSilence();
  expect(calls).toHaveLength(1);
  expect(engine.stats().kept.confirmables).toBe(0);
});

test("NON_LIFETIME: after 145 s the message id of a NON is new again", async () => {
  const { calls, handler } = counting({ code: "2.04" });
  const { node, clock } = await stage({ handler });
  await node.sends(non("POST", "c"));
  await clock.advance(millis(seconds(145) - 1));
  await node.repeats();
  expect(calls).toHaveLength(1);
  await clock.advance(millis(1));
  await node.repeats();
  expect(calls).toHaveLength(2);
});

test("a peer's 65th message id takes the place of its first, and of nobody else's", async () => {
  const { calls, handler } = counting({ code: "2.04" });
  const { node, another, engine } = await stage({ handler });
  const neighbour = await another({ ...NODE, port: 40_008 });
  await neighbour.sends(con("POST", "c").mid(1));
  for (let id = 1; id <= 65; id++) await node.sends(con("POST", "c").mid(id).token("0a"));
  expect(calls).toHaveLength(66);
  expect(engine.stats().kept.dedup).toBe(65);
  await node.sends(con("POST", "c").mid(2).token("0a"));
  await neighbour.repeats();
  expect(calls).toHaveLength(66);
  await node.sends(con("POST", "c").mid(1).token("0a")); // forgotten: it runs again
  expect(calls).toHaveLength(67);
});

test("an answer that 4 MiB of newer ones have pushed out: its copy gets silence, and runs nothing", async () => {
  const { calls, handler } = counting({ code: "2.05", payload: new Uint8Array(1000).fill(7) });
  const { node, another } = await stage({ handler });
  await node.sends(con("POST", "first"));
  await node.expects(ack("2.05").payload(new Uint8Array(1000).fill(7)));
  for (let port = 0; port < 105; port++) {
    const crowd = await another({ ...NODE, port: 1000 + port });
    for (let i = 0; i < 40; i++) await crowd.sends(con("POST", "c"));
  }
  const ran = calls.length;
  await node.repeats();
  await node.expectsSilence();
  expect(calls).toHaveLength(ran);
});
