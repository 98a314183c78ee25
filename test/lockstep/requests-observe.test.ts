/** The gateway observes a node (RFC 7641 §3): order, blocks, renewal, and all the ways it ends. */
import { expect, test } from "@jest/globals";
import { type Closable, isCoded, millis, seconds } from "../../gateway/base/index.ts";
import type { Answer, Question, RequestPeer } from "../../gateway/coap/index.ts";
import type { Message } from "../../gateway/wire/coap/index.ts";
import { answers, ask, expectRequest, GET, PEER, payloadOf, stateOf, to } from "../support/asking.ts";
import { ack, con, type Line, non, rst, type ScriptedNode, type Stage, stage } from "../support/lockstep.ts";
import { imageOf } from "../support/lockstep-images.ts";
import { settled } from "../support/virtual-clock.ts";

const OBSERVE_LINE = (): Line => con("GET", "s/1").observe(0);
const text = ({ payload }: Answer): string => new TextDecoder().decode(payload);

interface Watch {
  /** Payloads of the states, in the order in which they were told. */
  readonly told: string[];
  readonly answers: Answer[];
  ended: string | undefined;
  handle: Closable | undefined;
  failed: string | undefined;
}

function watch({ engine, clock }: Stage, question: Question = GET, peer: RequestPeer = PEER): Watch {
  const watch: Watch = { told: [], answers: [], ended: undefined, handle: undefined, failed: undefined };
  const listener = {
    notified: (answer: Answer) => {
      watch.told.push(text(answer));
      watch.answers.push(answer);
    },
    ended: (why: { readonly answer: Answer } | { readonly error: unknown }) => {
      watch.ended = "answer" in why ? why.answer.code : isCoded(why.error) ? why.error.code : String(why.error);
    },
  };
  engine.observe(peer, question, { deadline: millis(clock.now() + seconds(600)) }, listener).then(
    (handle) => {
      watch.handle = handle;
    },
    (error: unknown) => {
      watch.failed = isCoded(error) ? error.code : String(error);
    },
  );
  return watch;
}

/** Registered, with the first state told; gives the token. */
async function registered(scene: Stage, sequence = 10, fill = (line: Line): Line => line) {
  const seen = watch(scene);
  const request = await answers(scene.node, OBSERVE_LINE(), "2.05", (line) =>
    fill(line.observe(sequence).payload("first")),
  );
  await settled();
  expect(seen.told).toEqual(["first"]);
  return { seen, ...to(request) };
}

const notifies = async (node: ScriptedNode, line: Line): Promise<void> => {
  await node.sends(line);
  if (line.type === "CON") await node.expects(ack().mid(line.messageId ?? 0));
};

test("CON notifications are acknowledged and told, NON ones told; copies are acknowledged again", async () => {
  const scene = await stage();
  const { node } = scene;
  const { seen, token } = await registered(scene);
  await notifies(node, con("2.05").mid(1).token(token).observe(11).payload("b"));
  await node.repeats();
  await node.expects(ack().mid(1));
  await notifies(node, non("2.05").mid(2).token(token).observe(12).payload("c"));
  await node.repeats();
  await node.expectsSilence();
  expect(seen.told).toEqual(["first", "b", "c"]);
  expect(scene.engine.stats().kept.requests).toBe(1);
});

test("what was overtaken is acknowledged and not told (§3.4)", async () => {
  const scene = await stage();
  const { node, clock } = scene;
  const { seen, token } = await registered(scene);
  await notifies(node, con("2.05").mid(1).token(token).observe(13).payload("new"));
  await notifies(node, con("2.05").mid(2).token(token).observe(12).payload("old"));
  await notifies(node, con("2.05").mid(3).token(token).observe(13).payload("again"));
  expect(seen.told).toEqual(["first", "new"]);
  await notifies(
    node,
    con("2.05")
      .mid(4)
      .token(token)
      .observe(13 + 2 ** 23)
      .payload("half way round"),
  );
  expect(seen.told).toEqual(["first", "new"]);
  await clock.advance(seconds(50));
  await notifies(node, con("2.05").mid(5).token(token).observe(14).uint(14, 500).payload("later"));
  await clock.advance(millis(seconds(128) + 1));
  await notifies(node, con("2.05").mid(6).token(token).observe(3).payload("after 128 s"));
  expect(seen.told).toEqual(["first", "new", "later", "after 128 s"]);
});

test("defect 28: a notification whose message id equals that of a request in flight is told, and the request answered", async () => {
  const scene = await stage();
  const { node } = scene;
  const { seen, token } = await registered(scene);
  const asked = ask(scene);
  const { mid, token: other } = to(await expectRequest(node, con("GET", "s/1")));
  await notifies(node, con("2.05").mid(mid).token(token).observe(11).payload("b"));
  expect([seen.told, asked.state]).toEqual([["first", "b"], "open"]);
  await node.sends(ack("2.05").mid(mid).token(other).payload("answer"));
  expect(payloadOf(asked)).toBe("answer");
});

test("close: the node is told under the same token; what it still sends is reset", async () => {
  const scene = await stage();
  const { node, engine, clock } = scene;
  const { seen, token } = await registered(scene);
  const closing = seen.handle?.close();
  await answers(node, con("GET", "s/1").observe(1).token(token), "2.05", (line) => line.payload("bye"));
  await closing;
  await node.sends(con("2.05").mid(9).token(token).observe(11).payload("b"));
  await node.expects(rst().mid(9));
  await clock.advance(seconds(300));
  await node.expectsSilence();
  expect([seen.told, seen.ended, engine.stats().kept.requests]).toEqual([["first"], undefined, 0]);
  await seen.handle?.close();
  await node.expectsSilence();
});

test("close does not need the node to answer", async () => {
  const scene = await stage();
  const { seen } = await registered(scene);
  let closed = false;
  void Promise.resolve(seen.handle?.close()).then(() => {
    closed = true;
  });
  await scene.clock.advance(seconds(400));
  expect(closed).toBe(true);
});

test.each([
  ["a node that cannot be observed gives one state", "2.05"],
  ["an error is no promise", "4.04"],
] as const)("%s", async (_name, code) => {
  const scene = await stage();
  const seen = watch(scene);
  await answers(scene.node, OBSERVE_LINE(), code, (line) => line.payload("only"));
  await settled();
  expect(seen).toMatchObject({ told: [], ended: code });
  expect(scene.engine.stats().kept.requests).toBe(0);
  await scene.clock.advance(seconds(300));
  await scene.node.expectsSilence();
});

test.each([
  ["an error", "4.04"],
  ["a state without a number", "2.05"],
] as const)("%s is the last notification (§4.2)", async (_name, code) => {
  const scene = await stage();
  const { node, engine } = scene;
  const { seen, token } = await registered(scene);
  await notifies(node, con(code).mid(1).token(token));
  expect(await stateOf({ state: "" })).toBe("");
  expect(seen).toMatchObject({ told: ["first"], ended: code });
  await node.sends(con("2.05").mid(2).token(token).observe(12));
  await node.expects(rst().mid(2));
  expect(engine.stats().kept.requests).toBe(0);
});

test("a registration that nobody answers fails; so does one that is reset", async () => {
  const scene = await stage();
  const { node, clock } = scene;
  const seen = watch(scene);
  await node.sends(rst().mid(to(await expectRequest(node, OBSERVE_LINE())).mid));
  await settled();
  expect(seen).toMatchObject({ failed: "request.reset", ended: undefined, told: [] });
  const again = watch(scene);
  await clock.advance(seconds(93));
  expect(again.failed).toBe("request.timeout");
  expect(scene.engine.stats().kept.requests).toBe(0);
});

test("when nothing came within Max-Age it is registered anew, 5 to 15 s later, under the same token (§3.3.1)", async () => {
  const scene = await stage();
  const { node, clock } = scene;
  const { seen, token } = await registered(scene, 10, (line) => line.uint(14, 30));
  await clock.advance(millis(seconds(35) - 1));
  await node.expectsSilence();
  await clock.advance(seconds(10));
  await answers(node, OBSERVE_LINE().token(token), "2.05", (line) => line.observe(20).uint(14, 100).payload("renewed"));
  await settled();
  expect(seen.told).toEqual(["first", "renewed"]);
  node.takeAll(); // it was asked twice
  await notifies(node, con("2.05").mid(1).token(token).observe(21).payload("on"));
  expect(seen.told).toEqual(["first", "renewed", "on"]);
});

test("a node that is silent at the renewal has ended it", async () => {
  const scene = await stage();
  const { clock, engine } = scene;
  const { seen } = await registered(scene);
  await clock.advance(seconds(75 + 93));
  expect(seen).toMatchObject({ told: ["first"], ended: "request.timeout" });
  expect(engine.stats().kept).toMatchObject({ requests: 0, confirmables: 0 });
});

test("a state in blocks: the first comes, the rest is fetched (RFC 7959 §2.6)", async () => {
  const scene = await stage();
  const { node } = scene;
  const { seen, token } = await registered(scene);
  const body = imageOf(100);
  const etag = Uint8Array.of(5);
  const first = con("2.05").mid(1).token(token).observe(11).etag(etag);
  await notifies(node, first.block2(0, 1, 64).payload(body.subarray(0, 64)));
  expect(seen.told).toHaveLength(1);
  const rest = await answers(node, con("GET", "s/1").block2(1, 0, 64), "2.05", (line) =>
    line.block2(1, 0, 64).etag(etag).payload(body.subarray(64)),
  );
  await settled();
  expect(to(rest).token).not.toBe(token);
  expect(seen.answers[1]?.payload).toEqual(Buffer.from(body));
});

test("a newer state makes the rest of the older one pointless", async () => {
  const scene = await stage();
  const { node } = scene;
  const { seen, token } = await registered(scene);
  const body = imageOf(100);
  await notifies(node, non("2.05").mid(1).token(token).observe(11).block2(0, 1, 64).payload(body.subarray(0, 64)));
  const stale = to(await expectRequest(node, con("GET", "s/1").block2(1, 0, 64)));
  await notifies(node, non("2.05").mid(2).token(token).observe(12).payload("newest"));
  await node.sends(ack("2.05").mid(stale.mid).token(stale.token).block2(1, 0, 64).payload(body.subarray(64)));
  await settled();
  expect(seen.told).toEqual(["first", "newest"]);
});

test("a state that changed while its rest was fetched is asked for as a whole", async () => {
  const scene = await stage();
  const { node } = scene;
  const { seen, token } = await registered(scene);
  const body = imageOf(100);
  const first = non("2.05").mid(1).token(token).observe(11).etag(Uint8Array.of(1));
  await notifies(node, first.block2(0, 1, 64).payload(body.subarray(0, 64)));
  await answers(node, con("GET", "s/1").block2(1, 0, 64), "2.05", (line) =>
    line.block2(1, 0, 64).etag(Uint8Array.of(2)).payload(body.subarray(64)),
  );
  await answers(node, OBSERVE_LINE().token(token), "2.05", (line) => line.observe(12).payload("small now"));
  await settled();
  expect(seen.told).toEqual(["first", "small now"]);
});

test("a state that comes while the first one is still fetched is told; the first is not told after it", async () => {
  const scene = await stage();
  const { node } = scene;
  const seen = watch(scene);
  const body = imageOf(100);
  const etag = Uint8Array.of(1);
  const request = await answers(node, OBSERVE_LINE(), "2.05", (line) =>
    line.observe(10).etag(etag).block2(0, 1, 64).payload(body.subarray(0, 64)),
  );
  await notifies(node, non("2.05").mid(1).token(to(request).token).observe(11).payload("newer"));
  await answers(node, con("GET", "s/1").block2(1, 0, 64), "2.05", (line) =>
    line.block2(1, 0, 64).etag(etag).payload(body.subarray(64)),
  );
  await settled();
  expect(seen.told).toEqual(["newer"]);
});

test("FETCH observes what its body selects", async () => {
  const scene = await stage();
  const { node } = scene;
  const payload = Uint8Array.of(1);
  const seen = watch(scene, { method: "FETCH", path: ["c"], payload, contentFormat: 141 });
  const line = con("FETCH", "c").contentFormat(141).observe(0).payload(payload);
  await answers(node, line, "2.05", (answer) => answer.observe(1).payload("x"));
  await settled();
  expect(seen.told).toEqual(["x"]);
});

test("a closing engine says nothing to the node, and no timer is left", async () => {
  const scene = await stage();
  const { node, clock, engine } = scene;
  const { seen } = await registered(scene);
  await engine.close();
  await clock.advance(seconds(1000));
  await node.expectsSilence();
  expect(seen.ended).toBeUndefined();
});

test("two observations of one node have tokens of their own", async () => {
  const scene = await stage();
  const { node } = scene;
  const one = await registered(scene);
  const two = await registered(scene);
  expect(one.token).not.toBe(two.token);
  await notifies(node, con("2.05").mid(1).token(two.token).observe(11).payload("b"));
  expect([one.seen.told, two.seen.told]).toEqual([["first"], ["first", "b"]]);
});

test("a bare request counts the observations of its node: all are bounded", async () => {
  const scene = await stage();
  const messages: Message[] = [];
  for (let i = 0; i < 16; i++) {
    watch(scene);
    messages.push(await answers(scene.node, OBSERVE_LINE(), "2.05", (line) => line.observe(1)));
  }
  expect(await stateOf(ask(scene))).toBe("request.queue-full");
});
