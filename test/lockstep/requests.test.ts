/** Requests from the gateway to a node, over the node's own address: each line one datagram (RFC 7252 §4, §5). */
import { expect, test } from "@jest/globals";
import { millis, seconds } from "../../gateway/base/index.ts";
import { decodeMessage, OPTION } from "../../gateway/wire/coap/index.ts";
import { ask, expectRequest, GET, PEER, payloadOf, stateOf, to } from "../support/asking.ts";
import { ack, con, type Line, NODE, non, rst, stage } from "../support/lockstep.ts";
import { settled } from "../support/virtual-clock.ts";

const GET_LINE = (): Line => con("GET", "s/1");

test("GET: a piggybacked answer", async () => {
  const scene = await stage();
  const { node, engine } = scene;
  const asked = ask(scene);
  const { mid, token } = to(await expectRequest(node, GET_LINE()));
  await node.sends(ack("2.05").mid(mid).token(token).contentFormat(0).uint(14, 30).payload("21.5"));
  expect(asked.state).toMatchObject({ code: "2.05", contentFormat: 0, maxAge: 30 });
  expect(payloadOf(asked)).toBe("21.5");
  expect(engine.stats().kept).toMatchObject({ requests: 0, confirmables: 0 });
});

test("POST: method, path, query, formats and payload are on the wire", async () => {
  const scene = await stage();
  const { node } = scene;
  const etag = Uint8Array.of(1, 2);
  const payload = new TextEncoder().encode("x");
  const asked = ask(scene, {
    method: "POST",
    path: ["a", "ö"],
    query: ["k=v", "w"],
    payload,
    contentFormat: 60,
    accept: 50,
    ifMatch: [etag],
  });
  const request = await node.receives();
  node.checks(
    request,
    con("POST", "a/ö").query("k=v").query("w").contentFormat(60).accept(50).option(OPTION.ifMatch, etag).payload("x"),
  );
  const { mid, token } = to(request);
  await node.sends(ack("2.01").mid(mid).token(token).option(8, Uint8Array.of(0x72)).option(8, Uint8Array.of(0x37)));
  expect(asked.state).toMatchObject({ code: "2.01", locationPath: ["r", "7"] });
});

test("an error of the peer is an answer", async () => {
  const scene = await stage();
  const asked = ask(scene);
  const { mid, token } = to(await expectRequest(scene.node, GET_LINE()));
  await scene.node.sends(ack("4.04").mid(mid).token(token));
  expect(asked.state).toMatchObject({ code: "4.04" });
});

test("RFC 7252 §4.2: the same datagram again after 2 to 3 s, doubling, four times; then the request has failed", async () => {
  const scene = await stage();
  const { node, clock, engine } = scene;
  const asked = ask(scene);
  const start = clock.now();
  const times: number[] = [];
  const first = await node.receives();
  for (let i = 0; i < 62 * 4; i++) {
    await clock.advance(millis(500));
    for (const bytes of node.takeAll()) {
      expect(decodeMessage(bytes)).toEqual(first);
      times.push((clock.now() - start) / 1000);
    }
    if (asked.state !== "open") break;
  }
  expect(asked.state).toBe("request.timeout");
  const [t = 0] = times;
  expect(times).toHaveLength(4);
  expect(t).toBeGreaterThanOrEqual(2);
  expect(t).toBeLessThanOrEqual(3);
  for (const [i, factor] of [1, 3, 7, 15].entries()) expect(Math.abs((times[i] ?? 0) - t * factor)).toBeLessThan(8);
  expect(engine.stats()).toMatchObject({ retransmissions: 4, lost: 1, kept: { requests: 0, confirmables: 0 } });
});

test("a lost answer: the retransmission gets it again", async () => {
  const scene = await stage();
  const { node, clock } = scene;
  const asked = ask(scene);
  await expectRequest(node, GET_LINE());
  await clock.advance(seconds(3));
  const { mid, token } = to(await expectRequest(node, GET_LINE()));
  await node.sends(ack("2.05").mid(mid).token(token).payload("x"));
  await clock.advance(seconds(100));
  await node.expectsSilence();
  expect(payloadOf(asked)).toBe("x");
});

test("separate response: the empty ACK stops the retransmission, the CON is acknowledged", async () => {
  const scene = await stage();
  const { node, clock } = scene;
  const asked = ask(scene);
  const { mid, token } = to(await expectRequest(node, GET_LINE()));
  await node.sends(ack().mid(mid));
  await clock.advance(seconds(100));
  await node.expectsSilence();
  await node.sends(con("2.05").mid(77).token(token).payload("late"));
  await node.expects(ack().mid(77));
  expect(payloadOf(asked)).toBe("late");
});

test("a copy of a separate response is acknowledged again and not delivered again; a stranger's is reset", async () => {
  const scene = await stage();
  const { node } = scene;
  ask(scene);
  const { mid, token } = to(await expectRequest(node, GET_LINE()));
  await node.sends(ack().mid(mid));
  await node.sends(con("2.05").mid(77).token(token).payload("x"));
  await node.expects(ack().mid(77));
  await node.repeats();
  await node.expects(ack().mid(77));
  await node.sends(con("2.05").mid(78).token(token).payload("x"));
  await node.expects(rst().mid(78));
  await node.sends(non("2.05").mid(79).token(token).payload("x"));
  await node.expectsSilence();
});

test("the ACK is lost: the separate response counts as one (§5.2.2), CON or NON", async () => {
  for (const separate of [con, non]) {
    const scene = await stage();
    const { node, clock } = scene;
    const asked = ask(scene);
    const { token } = to(await expectRequest(node, GET_LINE()));
    await node.sends(separate("2.05").mid(77).token(token).payload("x"));
    if (separate === con) await node.expects(ack().mid(77));
    await clock.advance(seconds(100));
    await node.expectsSilence();
    expect(payloadOf(asked)).toBe("x");
  }
});

test("acknowledged and never answered: over at the deadline, or after EXCHANGE_LIFETIME", async () => {
  for (const [within, over] of [
    [seconds(30), seconds(30)],
    [seconds(9000), seconds(247)],
  ] as const) {
    const scene = await stage();
    const { node, clock } = scene;
    const asked = ask(scene, GET, { within });
    await node.sends(ack().mid(to(await expectRequest(node, GET_LINE())).mid));
    await clock.advance(millis(over - 1));
    expect(asked.state).toBe("open");
    await clock.advance(millis(1));
    expect(asked.state).toBe("request.timeout");
  }
});

test("RST ends the request at once", async () => {
  const scene = await stage();
  const { node, clock } = scene;
  const asked = ask(scene);
  await node.sends(rst().mid(to(await expectRequest(node, GET_LINE())).mid));
  expect(asked.state).toBe("request.reset");
  await clock.advance(seconds(100));
  await node.expectsSilence();
});

test("aborted: before it is sent, while it waits for an ACK, while it waits for the answer", async () => {
  const scene = await stage();
  const { node, clock, engine } = scene;
  expect(await stateOf(ask(scene, GET, { signal: AbortSignal.abort() }))).toBe("request.aborted");
  await node.expectsSilence();
  for (const acknowledged of [false, true]) {
    const stop = new AbortController();
    const asked = ask(scene, GET, { signal: stop.signal });
    const { mid } = to(await expectRequest(node, GET_LINE()));
    if (acknowledged) await node.sends(ack().mid(mid));
    stop.abort();
    expect(await stateOf(asked)).toBe("request.aborted");
    await clock.advance(seconds(100));
    await node.expectsSilence();
  }
  expect(engine.stats().kept).toMatchObject({ requests: 0, confirmables: 0 });
});

test("a closing engine ends what is under way, and takes no more", async () => {
  const scene = await stage();
  const asked = ask(scene);
  await scene.engine.close();
  expect(await stateOf(asked)).toBe("request.aborted");
  expect(await stateOf(ask(scene))).toBe("request.aborted");
});

test("NSTART 1: requests to one node go one by one, to another at once", async () => {
  const scene = await stage();
  const { node, another, engine } = scene;
  const neighbour = await another({ ...NODE, port: 40_008 });
  const [first, second] = [ask(scene), ask(scene)];
  ask(scene, GET, { peer: { remote: { ...NODE, port: 40_008 } } });
  await expectRequest(neighbour, GET_LINE());
  const one = to(await expectRequest(node, GET_LINE()));
  await node.expectsSilence();
  await node.sends(ack("2.05").mid(one.mid).token(one.token).payload("1"));
  const two = to(await expectRequest(node, GET_LINE()));
  expect(two.token).not.toBe(one.token);
  expect(two.mid).not.toBe(one.mid);
  await node.sends(ack("2.05").mid(two.mid).token(two.token).payload("2"));
  expect([payloadOf(first), payloadOf(second)]).toEqual(["1", "2"]);
  expect(engine.stats().kept.requests).toBe(1);
});

test("NSTART 1 holds over requests, notifications of several observations, and separate responses", async () => {
  const scene = await stage({
    handler: (_peer, { path }) =>
      path[0] === "slow"
        ? new Promise((resolve) => scene.clock.after(seconds(5), () => resolve({ code: "2.05" })))
        : { code: "2.05", observable: "t" },
  });
  const { node, clock, engine } = scene;
  for (const token of ["01", "02"]) {
    await node.sends(con("GET", "o").observe(0).token(token));
    await node.expects(ack("2.05").observe());
  }
  await node.sends(con("GET", "slow").token("03"));
  await clock.advance(seconds(1));
  await node.expects(ack());
  ask(scene);
  const request = await expectRequest(node, GET_LINE());
  engine.changed("t");
  await clock.advance(millis(500));
  await node.expectsSilence();
  await node.sends(ack("2.05").mid(request.messageId).token(to(request).token));
  const first = await node.expects(con("2.05").observe().token("01"));
  await clock.advance(millis(1500));
  await node.expectsSilence();
  await node.sends(ack().mid(first.messageId));
  const second = await node.expects(con("2.05").observe().token("02"));
  await node.expectsSilence();
  await node.sends(ack().mid(second.messageId));
  await clock.advance(seconds(2));
  const separate = await node.expects(con("2.05").token("03"));
  await node.sends(ack().mid(separate.messageId));
  expect(engine.stats().kept.confirmables).toBe(0);
});

test("a silent node is not pushed at: what waits goes when it is heard, or ends at its deadline", async () => {
  const scene = await stage();
  const { node, clock } = scene;
  const lost = ask(scene, { ...GET, query: ["x".repeat(60)] });
  await clock.advance(seconds(93));
  expect(lost.state).toBe("request.timeout");
  node.takeAll();
  const [brief, patient] = [ask(scene, GET, { within: seconds(5) }), ask(scene)];
  await clock.advance(seconds(5));
  expect(brief.state).toBe("request.timeout");
  await node.expectsSilence();
  await node.sends(non("GET", "hello"));
  await node.expects(non("4.04"));
  const { mid, token } = to(await expectRequest(node, GET_LINE()));
  await node.sends(ack("2.05").mid(mid).token(token).payload("awake"));
  expect(payloadOf(patient)).toBe("awake");
});

test("a node that polls every 4.5 s is given 10 s for the first acknowledgement", async () => {
  const scene = await stage();
  const { node, clock } = scene;
  ask(scene, GET, { peer: { ...PEER, pollPeriod: seconds(4.5) } });
  await expectRequest(node, GET_LINE());
  await clock.advance(millis(9_999));
  await node.expectsSilence();
  await clock.advance(millis(5_001));
  await expectRequest(node, GET_LINE());
});

test("the queue of a node is bounded", async () => {
  const scene = await stage();
  const asked = Array.from({ length: 17 }, () => ask(scene));
  await settled();
  expect(asked.map(({ state }) => state)).toEqual([...Array(16).fill("open"), "request.queue-full"]);
});

test("defect 29: an answer from another address, or under another token or id, is not an answer", async () => {
  const scene = await stage();
  const { node, another, engine } = scene;
  const stranger = await another({ ...NODE, port: 1 });
  const asked = ask(scene);
  const { mid, token } = to(await expectRequest(node, GET_LINE()));
  await stranger.sends(ack("2.05").mid(mid).token(token).payload("forged"));
  await stranger.sends(con("2.05").mid(5).token(token).payload("forged"));
  await stranger.expects(rst().mid(5));
  await stranger.sends(rst().mid(mid));
  await node.sends(ack("2.05").mid(mid).token("00").payload("forged"));
  await node.sends(
    ack("2.05")
      .mid((mid + 1) & 0xffff)
      .token(token)
      .payload("forged"),
  );
  await settled();
  expect(asked.state).toBe("open");
  expect(engine.stats().kept.confirmables).toBe(1);
  await node.sends(ack("2.05").mid(mid).token(token).payload("true"));
  expect(payloadOf(asked)).toBe("true");
});

test.each([
  ["a critical option nobody knows", 65_001, Uint8Array.of(1)],
  ["a request's critical option", OPTION.uriPath, Uint8Array.of(0x61)],
  ["OSCORE on an answer to a plain request", OPTION.oscore, Uint8Array.of()],
  ["szx 7", OPTION.block2, Uint8Array.of(7)],
] as const)("§5.4.1: %s rejects the answer, and resets it when it is CON", async (_name, number, value) => {
  for (const piggybacked of [true, false]) {
    const scene = await stage();
    const { node, clock } = scene;
    const asked = ask(scene);
    const { mid, token } = to(await expectRequest(node, GET_LINE()));
    if (piggybacked) await node.sends(ack("2.05").mid(mid).token(token).option(number, value));
    else {
      await node.sends(con("2.05").mid(9).token(token).option(number, value));
      await node.expects(rst().mid(9));
    }
    expect(await stateOf(asked)).toMatch(/^(request\.answer|block-option\.szx)$/);
    await clock.advance(seconds(100));
    await node.expectsSilence();
  }
});

test("elective options that are unknown, too long or repeated do not matter", async () => {
  const scene = await stage();
  const asked = ask(scene);
  const { mid, token } = to(await expectRequest(scene.node, GET_LINE()));
  const answer = ack("2.05").mid(mid).token(token).option(65_000, new Uint8Array(9)).contentFormat(60).contentFormat(0);
  await scene.node.sends(answer.option(OPTION.etag, new Uint8Array(9)).payload("x"));
  expect(asked.state).toMatchObject({ contentFormat: 60, etag: undefined });
});

test("RFC 9175 §2.3: a demand for Echo is met once", async () => {
  const scene = await stage();
  const { node } = scene;
  const asked = ask(scene);
  const echo = Uint8Array.of(9, 8, 7);
  for (const round of [0, 1]) {
    const request = await node.receives();
    node.checks(request, round === 0 ? con("GET", "s/1") : con("GET", "s/1").option(OPTION.echo, echo));
    const { mid, token } = to(request);
    await node.sends(ack("4.01").mid(mid).token(token).option(OPTION.echo, echo));
  }
  expect(asked.state).toMatchObject({ code: "4.01" });
  await node.expectsSilence();
});

test("a transport that is not there is the caller's mistake", async () => {
  const scene = await stage();
  const asked = ask(scene, GET, { peer: { ...PEER, transport: 3 } });
  expect(await stateOf(asked)).toBe("request.no-transport");
});
