/** Protected requests of the gateway (RFC 8613 §8, RFC 9175 §2.4): each message by itself, only proven answers count. */
import { expect, test } from "@jest/globals";
import { EMPTY, millis, minutes, SILENT, seconds, seededRandom } from "../../gateway/base/index.ts";
import { type Answer, Engine, type Question, type RequestPeer, type Response } from "../../gateway/coap/index.ts";
import { codeOf, type Message, OPTION } from "../../gateway/wire/coap/index.ts";
import { ask, GET, stateOf, to } from "../support/asking.ts";
import { ack, con, GATEWAY, NODE, type ScriptedNode, stage } from "../support/lockstep.ts";
import { imageOf } from "../support/lockstep-images.ts";
import { FAIR_WEATHER, MemoryNetwork, type Weather } from "../support/lossy.ts";
import { credentialOf, oscoreOf } from "../support/oscore-party.ts";
import { settled, VirtualClock } from "../support/virtual-clock.ts";

const [A, B] = [Uint8Array.of(1), Uint8Array.of(2)];
const ours = credentialOf(A, B);
const theirs = credentialOf(B, A);
const PEER: RequestPeer = { remote: NODE, credential: ours };
const HOW = { peer: PEER };

/** A gateway and a node, both real engines with OSCORE. */
async function pair(handler: (payload: Uint8Array) => Response, weather: Weather = FAIR_WEATHER) {
  const clock = new VirtualClock();
  const network = new MemoryNetwork(clock, weather, 3);
  const common = { clock, log: SILENT };
  const node = new Engine({
    ...common,
    random: seededRandom(1),
    transports: [network.endpoint(NODE)],
    security: oscoreOf(clock, theirs),
    unprotected: () => false,
    handler: (_peer, { payload }) => handler(payload),
  });
  const oscore = oscoreOf(clock, ours);
  const engine = new Engine({
    ...common,
    random: seededRandom(2),
    transports: [network.endpoint(GATEWAY)],
    oscore: oscore.client,
    handler: () => ({ code: "4.04" }),
  });
  await node.start();
  await engine.start();
  return { clock, node, engine, oscore };
}

/** A scripted node that cannot open what it gets. */
async function scripted() {
  const clock = new VirtualClock();
  const scene = await stage({ clock, oscore: oscoreOf(clock, ours).client }, new MemoryNetwork(clock));
  return { ...scene, clock };
}

const protectedRequest = async (node: ScriptedNode): Promise<Message> => {
  const message = await node.receives();
  expect(message.options.map(({ number }) => number)).toContain(OPTION.oscore);
  expect(message.options.map(({ number }) => number)).not.toContain(OPTION.uriPath);
  return message;
};

test("a request and its answer", async () => {
  const { engine, clock } = await pair(() => ({ code: "2.05", payload: Uint8Array.of(7), contentFormat: 42 }));
  const asked = ask({ engine, clock }, GET, HOW);
  expect(await stateOf(asked)).toMatchObject({ code: "2.05", payload: Buffer.of(7), contentFormat: 42 });
});

test("without the credential the node refuses", async () => {
  const { engine, clock } = await pair(() => ({ code: "2.05" }));
  expect(await stateOf(ask({ engine, clock }))).toMatchObject({ code: "4.01" });
});

test("20 kB there and back in 64-byte blocks, each protected, with 15 % loss, 10 % duplicates, reordering", async () => {
  const weather = { loss: 0.15, duplication: 0.1, reordering: 0.1 };
  const { engine, clock } = await pair((payload) => ({ code: "2.04", payload: payload.toReversed() }), weather);
  const question: Question = { method: "POST", path: ["x"], payload: imageOf(20_000) };
  const asked = ask({ engine, clock }, question, { within: minutes(600), peer: { ...PEER, szx: 2 } });
  for (let minute = 0; minute < 600 && asked.state === "open"; minute++) await clock.advance(seconds(60));
  expect(asked.state).toMatchObject({ code: "2.04", payload: Buffer.from(imageOf(20_000).toReversed()) });
});

test("an observation: states in order, large ones whole, until it is closed", async () => {
  let body = imageOf(10);
  const { engine, node, clock } = await pair(() => ({ code: "2.05", payload: body, observable: "t" }));
  const told: Uint8Array[] = [];
  const listener = { notified: ({ payload }: Answer) => void told.push(payload), ended: () => undefined };
  const deadline = millis(clock.now() + seconds(60));
  const observing = await engine.observe(PEER, GET, { deadline }, listener);
  for (const size of [20, 3000, 30]) {
    body = imageOf(size);
    node.changed("t");
    await settled();
    await clock.advance(seconds(1));
  }
  expect(told.map(({ length }) => length)).toEqual([10, 20, 3000, 30]);
  expect(told[2]).toEqual(Buffer.from(imageOf(3000)));
  await observing.close();
  expect(node.stats().kept.observations).toBe(0);
});

test("a retransmission is the same ciphertext; another request is another", async () => {
  const scene = await scripted();
  ask(scene, GET, HOW);
  const first = await protectedRequest(scene.node);
  await scene.clock.advance(seconds(3));
  expect(await protectedRequest(scene.node)).toEqual(first);
  await scene.node.sends(ack().mid(first.messageId));
  ask(scene, GET, HOW);
  expect((await protectedRequest(scene.node)).payload).not.toEqual(first.payload);
});

test("what nobody proved is ignored: the request goes on, a CON gets no ACK", async () => {
  const scene = await scripted();
  const asked = ask(scene, GET, HOW);
  const { mid, token } = to(await protectedRequest(scene.node));
  await scene.node.sends(ack("2.05").mid(mid).token(token).payload("forged"));
  await scene.node.sends(con("2.05").mid(9).token(token).payload("forged"));
  await scene.node.sends(
    ack("2.04").mid(mid).token(token).option(OPTION.oscore, new Uint8Array(0)).payload("forged 2"),
  );
  await scene.node.expectsSilence();
  expect(asked.state).toBe("open");
  expect(scene.engine.stats().kept.confirmables).toBe(1);
});

test("an unprotected 4.01 is no answer: new keys are tried once (Appendix B.2), then the request ends", async () => {
  const scene = await scripted();
  const asked = ask(scene, GET, HOW);
  for (let round = 0; round < 2; round++) {
    const { mid, token } = to(await protectedRequest(scene.node));
    await scene.node.sends(ack("4.01").mid(mid).token(token).payload("Security context not found"));
  }
  expect(await stateOf(asked)).toBe("request.unprotected-answer");
});

test("a node that lost the keys agreed on (Appendix B.2) agrees on new ones, and answers", async () => {
  const { engine, clock, oscore } = await pair(() => ({ code: "2.05", payload: Uint8Array.of(7) }));
  const earlier = oscoreOf(clock, theirs); // the node before its restart
  const first = oscore.client.protectRequest(
    ours,
    { code: codeOf("GET"), options: [], payload: EMPTY },
    { rederive: true },
  );
  if (first === undefined) throw new Error("no request");
  const message = { type: "CON", messageId: 1, token: EMPTY } as const;
  const { code, options, payload } = first;
  const offered = earlier.openRequest({ ...message, code, options, payload }, "");
  if (offered.kind !== "refused" || offered.reply === undefined) throw new Error("nothing offered");
  const { code: dotted, ...rest } = offered.reply;
  expect(first.open({ ...message, type: "ACK", code: codeOf(dotted), ...rest }).kind).toBe("again");

  const asked = ask({ engine, clock }, GET, HOW);
  expect(await stateOf(asked)).toMatchObject({ code: "2.05", payload: Buffer.of(7) });
});

test("RFC 9175 §2.4: an Echo demanded outside is given outside, once, under a number of its own", async () => {
  const scene = await scripted();
  const asked = ask(scene, GET, HOW);
  const echo = Uint8Array.of(1, 2, 3);
  const payloads: Uint8Array[] = [];
  for (const round of [0, 1]) {
    const request = await protectedRequest(scene.node);
    expect(request.options.find(({ number }) => number === OPTION.echo)?.value).toEqual(round === 0 ? undefined : echo);
    payloads.push(request.payload);
    const { mid, token } = to(request);
    await scene.node.sends(ack("4.01").mid(mid).token(token).option(OPTION.echo, echo));
  }
  expect(payloads[0]).not.toEqual(payloads[1]);
  expect(await stateOf(asked)).toBe("request.unprotected-answer");
  await scene.node.expectsSilence();
});

test("without a context the request fails before anything is sent", async () => {
  const scene = await stage();
  expect(await stateOf(ask(scene, GET, HOW))).toBe("request.no-context");
  await scene.node.expectsSilence();
});
