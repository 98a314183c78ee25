/** Bodies in blocks, asked and answered by the gateway's requester (RFC 7959 §2, RFC 9175 §3). */
import { expect, test } from "@jest/globals";
import { minutes, SILENT, seconds, seededRandom, toHex } from "../../gateway/base/index.ts";
import { Engine, type Question, type RequestPeer } from "../../gateway/coap/index.ts";
import { type Message, OPTION, type Szx } from "../../gateway/wire/coap/index.ts";
import { type Asked, answers, ask, expectRequest, GET, PEER, stateOf, to } from "../support/asking.ts";
import { ack, con, GATEWAY, type Line, NODE, type Stage, stage } from "../support/lockstep.ts";
import { imageOf } from "../support/lockstep-images.ts";
import { MemoryNetwork } from "../support/lossy.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const GET_LINE = (): Line => con("GET", "s/1");
const BODY = imageOf(150);
const SMALL: RequestPeer = { ...PEER, szx: 2 };
const PUT: Question = { method: "PUT", path: ["s", "1"], payload: BODY, contentFormat: 42 };
const PUT_LINE = (): Line => con("PUT", "s/1").contentFormat(42).tag();

const tagOf = (message: Message): string =>
  toHex(message.options.find(({ number }) => number === OPTION.requestTag)?.value ?? new Uint8Array(0));
const bodyOf = ({ state }: Asked): string | Uint8Array => (typeof state === "string" ? state : state.payload);

test("Block1: block by block, Size1 first, one Request-Tag for the body, another for the next", async () => {
  const scene = await stage();
  const { node } = scene;
  const tags = new Set<string>();
  for (let round = 0; round < 2; round++) {
    const asked = ask(scene, PUT, { peer: SMALL });
    const first = PUT_LINE().block1(0, 1, 64).size1(150).payload(BODY.subarray(0, 64));
    const of = [
      await answers(node, first, "2.31", (line) => line.block1(0, 1, 64)),
      await answers(node, PUT_LINE().block1(1, 1, 64).payload(BODY.subarray(64, 128)), "2.31", (line) =>
        line.block1(1, 1, 64),
      ),
      await answers(node, PUT_LINE().block1(2, 0, 64).block2(0, 0, 64).payload(BODY.subarray(128)), "2.04", (line) =>
        line.block1(2, 0, 64),
      ),
    ];
    expect(asked.state).toMatchObject({ code: "2.04" });
    expect(new Set(of.map(tagOf)).size).toBe(1);
    expect(new Set(of.map(({ token }) => toHex(token))).size).toBe(3);
    tags.add(tagOf(of[0] as Message));
  }
  expect(tags.size).toBe(2);
});

test("Block1: a smaller size that the peer asks for holds from the next block on", async () => {
  const scene = await stage();
  const { node } = scene;
  const asked = ask(scene, PUT, { peer: SMALL });
  await answers(node, PUT_LINE().block1(0, 1, 64).size1(150).payload(BODY.subarray(0, 64)), "2.31", (line) =>
    line.block1(0, 1, 32),
  );
  await answers(
    node,
    PUT_LINE().block1(2, 1, 32).payload(BODY.subarray(64, 96)),
    "2.31",
    (line) => line.block1(2, 1, 64), // larger: not followed
  );
  await answers(node, PUT_LINE().block1(3, 1, 32).payload(BODY.subarray(96, 128)), "2.31", (line) =>
    line.block1(3, 1, 32),
  );
  await answers(node, PUT_LINE().block1(4, 0, 32).block2(0, 0, 64).payload(BODY.subarray(128)), "2.04");
  expect(asked.state).toMatchObject({ code: "2.04" });
});

test("4.13 that names a smaller size: the body once more, in such blocks", async () => {
  const scene = await stage();
  const { node } = scene;
  const asked = ask(scene, PUT);
  await answers(node, con("PUT", "s/1").contentFormat(42).payload(BODY), "4.13", (line) => line.block1(0, 0, 128));
  await answers(node, PUT_LINE().block1(0, 1, 128).size1(150).payload(BODY.subarray(0, 128)), "4.13", (line) =>
    line.block1(0, 1, 64),
  );
  await answers(node, PUT_LINE().block1(0, 1, 64).size1(150).payload(BODY.subarray(0, 64)), "4.13", (line) =>
    line.size1(100),
  );
  expect(await stateOf(asked)).toMatchObject({ code: "4.13" });
  await node.expectsSilence();
});

test("4.08 in the middle: from the start once, under a new Request-Tag; the second time it is the answer", async () => {
  const scene = await stage();
  const { node } = scene;
  const asked = ask(scene, PUT, { peer: SMALL });
  const tags: string[] = [];
  for (let round = 0; round < 2; round++) {
    const first = PUT_LINE().block1(0, 1, 64).size1(150).payload(BODY.subarray(0, 64));
    tags.push(tagOf(await answers(node, first, "2.31", (line) => line.block1(0, 1, 64))));
    await answers(node, PUT_LINE().block1(1, 1, 64).payload(BODY.subarray(64, 128)), "4.08");
  }
  expect(asked.state).toMatchObject({ code: "4.08" });
  expect(tags[0]).not.toBe(tags[1]);
  await node.expectsSilence();
});

test.each([
  ["2.31 names another block", "2.31", (line: Line) => line.block1(1, 1, 64), "request.answer"],
  ["2.31 without Block1", "2.31", (line: Line) => line, "request.answer"],
] as const)("Block1, a wrong answer: %s", async (_name, code, fill, error) => {
  const scene = await stage();
  const asked = ask(scene, PUT, { peer: SMALL });
  await answers(scene.node, PUT_LINE().block1(0, 1, 64).size1(150).payload(BODY.subarray(0, 64)), code, fill);
  expect(await stateOf(asked)).toBe(error);
});

test.each(["4.03", "2.04"] as const)(
  "Block1: %s to a block in the middle, without Block1, is the answer",
  async (code) => {
    const scene = await stage();
    const asked = ask(scene, PUT, { peer: SMALL });
    await answers(scene.node, PUT_LINE().block1(0, 1, 64).size1(150).payload(BODY.subarray(0, 64)), code);
    expect(await stateOf(asked)).toMatchObject({ code });
  },
);

test("Block1: a server that acts on each block answers each with a final code", async () => {
  const scene = await stage();
  const { node } = scene;
  const asked = ask(scene, { ...PUT, payload: BODY.subarray(0, 80) }, { peer: SMALL });
  await answers(node, PUT_LINE().block1(0, 1, 64).size1(80).payload(BODY.subarray(0, 64)), "2.04", (line) =>
    line.block1(0, 0, 64),
  );
  await answers(node, PUT_LINE().block1(1, 0, 64).block2(0, 0, 64).payload(BODY.subarray(64, 80)), "2.04");
  expect(asked.state).toMatchObject({ code: "2.04" });
});

const block = (line: Line, num: number, size: number, body = BODY): Line => {
  const end = (num + 1) * size;
  return line.block2(num, end < body.length ? 1 : 0, size).payload(body.subarray(num * size, end));
};

test("Block2: the rest is asked for with the same options and fresh tokens", async () => {
  const scene = await stage();
  const { node } = scene;
  const etag = Uint8Array.of(1);
  const asked = ask(scene, { ...GET, query: ["a=b"], accept: 42 }, { peer: SMALL });
  const line = (num: number): Line => con("GET", "s/1").query("a=b").accept(42).block2(num, 0, 64);
  const tokens = new Set<string>();
  for (const num of [0, 1, 2]) {
    const request = await answers(node, line(num), "2.05", (answer) =>
      block(num === 0 ? answer.size2(150).contentFormat(42) : answer, num, 64).etag(etag),
    );
    tokens.add(toHex(request.token));
  }
  expect(asked.state).toMatchObject({ code: "2.05", contentFormat: 42, etag });
  expect(bodyOf(asked)).toEqual(Buffer.from(BODY));
  expect(tokens.size).toBe(3);
});

test("Block2: the peer chooses the size, and makes it smaller midway", async () => {
  const scene = await stage();
  const { node } = scene;
  const asked = ask(scene);
  await answers(node, GET_LINE(), "2.05", (answer) => block(answer, 0, 64));
  await answers(node, GET_LINE().block2(1, 0, 64), "2.05", (answer) => block(answer, 2, 32));
  await answers(node, GET_LINE().block2(3, 0, 32), "2.05", (answer) => block(answer, 3, 32));
  await answers(node, GET_LINE().block2(4, 0, 32), "2.05", (answer) => block(answer, 4, 32));
  expect(bodyOf(asked)).toEqual(Buffer.from(BODY));
});

test("defect 27: a datagram that comes twice does not change a Block2 body", async () => {
  const scene = await stage();
  const { node } = scene;
  const asked = ask(scene, GET, { peer: SMALL });
  let copy: Line | undefined;
  for (const num of [0, 1, 2]) {
    const { mid, token } = to(await expectRequest(node, GET_LINE().block2(num, 0, 64)));
    if (copy !== undefined) await node.sends(copy);
    const answer = block(ack("2.05").mid(mid).token(token), num, 64);
    await node.sends(answer);
    await node.sends(answer);
    copy = answer;
  }
  expect(bodyOf(asked)).toEqual(Buffer.from(BODY));
});

test.each([
  ["another block than asked for", (answer: Line) => block(answer, 2, 64)],
  ["the first block again", (answer: Line) => block(answer, 0, 64)],
  ["larger blocks", (answer: Line) => answer.block2(1, 0, 128).payload(BODY.subarray(64))],
  ["a short block with more to come", (answer: Line) => answer.block2(1, 1, 64).payload(BODY.subarray(64, 100))],
  ["a block longer than its size", (answer: Line) => answer.block2(1, 0, 64).payload(BODY.subarray(64, 150))],
  ["nothing, with more to come", (answer: Line) => answer.block2(1, 1, 64)],
] as const)("Block2, a wrong answer: %s", async (_name, fill) => {
  const scene = await stage();
  const { node } = scene;
  const asked = ask(scene);
  await answers(node, GET_LINE(), "2.05", (answer) => block(answer, 0, 64));
  await answers(node, GET_LINE().block2(1, 0, 64), "2.05", fill);
  expect(await stateOf(asked)).toBe("request.answer");
});

test("a first answer that does not begin at the start is wrong", async () => {
  const scene = await stage();
  const asked = ask(scene);
  await answers(scene.node, GET_LINE(), "2.05", (answer) => block(answer, 1, 64));
  expect(await stateOf(asked)).toBe("request.answer");
});

test("an empty Block2 value means 0/0/16, and is a whole body (§2.2); so is one without payload", async () => {
  const scene = await stage();
  for (const payload of ["0123456789abcdef", ""]) {
    const asked = ask(scene);
    const empty = new Uint8Array(0);
    await answers(scene.node, GET_LINE(), "2.05", (answer) => answer.option(OPTION.block2, empty).payload(payload));
    expect(new TextDecoder().decode(bodyOf(asked) as Uint8Array)).toBe(payload);
  }
});

test.each([
  ["the ETag changes", (answer: Line) => block(answer, 1, 64).etag(Uint8Array.of(2))],
  ["the ETag is gone", (answer: Line) => block(answer, 1, 64)],
  ["the peer has forgotten the transfer (4.08)", undefined],
  ["the resource now fits one message", (answer: Line) => answer.payload("new")],
] as const)("%s: from the start once, then the request has failed", async (_name, fill) => {
  const scene = await stage();
  const { node } = scene;
  const asked = ask(scene, GET, { peer: SMALL });
  for (let round = 0; round < 2; round++) {
    expect(await stateOf(asked)).toBe("open");
    await answers(node, GET_LINE().block2(0, 0, 64), "2.05", (answer) => block(answer, 0, 64).etag(Uint8Array.of(1)));
    await answers(node, GET_LINE().block2(1, 0, 64), fill === undefined ? "4.08" : "2.05", fill);
  }
  expect(await stateOf(asked)).toBe("request.changed");
});

test("after the restart the new state is delivered whole", async () => {
  const scene = await stage();
  const { node } = scene;
  const asked = ask(scene, GET, { peer: SMALL });
  const newer = imageOf(164).subarray(64);
  const etag = Uint8Array.of(2);
  await answers(node, GET_LINE().block2(0, 0, 64), "2.05", (answer) => block(answer, 0, 64).etag(Uint8Array.of(1)));
  await answers(node, GET_LINE().block2(1, 0, 64), "2.05", (answer) => block(answer, 1, 64, newer).etag(etag));
  for (const num of [0, 1]) {
    await answers(node, GET_LINE().block2(num, 0, 64), "2.05", (answer) => block(answer, num, 64, newer).etag(etag));
  }
  expect(bodyOf(asked)).toEqual(Buffer.from(newer));
});

test("a body in blocks with an answer in blocks; what is lost of it is not asked for by a second POST", async () => {
  const question: Question = { method: "POST", path: ["s", "1"], payload: BODY, contentFormat: 42 };
  for (const forgotten of [false, true]) {
    const scene = await stage();
    const { node } = scene;
    const asked = ask(scene, question, { peer: { ...PEER, szx: 3 } });
    const post = (): Line => con("POST", "s/1").contentFormat(42).tag();
    const first = post().block1(0, 1, 128).size1(150).payload(BODY.subarray(0, 128));
    const tag = tagOf(await answers(node, first, "2.31", (answer) => answer.block1(0, 1, 128)));
    const last = post().block1(1, 0, 128).block2(0, 0, 128).payload(BODY.subarray(128));
    await answers(node, last, "2.04", (answer) => block(answer.block1(1, 0, 128), 0, 128));
    const rest = post().block2(1, 0, 128);
    const request = await answers(node, rest, forgotten ? "4.08" : "2.04", (answer) =>
      forgotten ? answer : block(answer, 1, 128),
    );
    expect(tagOf(request)).toBe(tag);
    if (forgotten) expect(await stateOf(asked)).toBe("request.changed");
    else expect(bodyOf(asked)).toEqual(Buffer.from(BODY));
    await node.expectsSilence();
  }
});

test("FETCH says in each message what it asks for (RFC 8132 §2.1)", async () => {
  const scene = await stage();
  const { node } = scene;
  const asked = ask(scene, { method: "FETCH", path: ["c"], payload: Uint8Array.of(9), contentFormat: 141 });
  const line = (): Line => con("FETCH", "c").contentFormat(141).payload(Uint8Array.of(9));
  await answers(node, line(), "2.05", (answer) => block(answer, 0, 128));
  await answers(node, line().block2(1, 0, 128), "2.05", (answer) => block(answer, 1, 128));
  expect(bodyOf(asked)).toEqual(Buffer.from(BODY));
});

test("an answer above the limit is not taken: by Size2 at once", async () => {
  const scene = await stage();
  const asked = ask(scene);
  await answers(scene.node, GET_LINE(), "2.05", (answer) => block(answer, 0, 64).size2(1_048_577));
  expect(await stateOf(asked)).toBe("request.too-large");
});

test("each block of a protected peer may be challenged: Echo is given with that block", async () => {
  const scene = await stage();
  const { node } = scene;
  const asked = ask(scene, GET, { peer: SMALL });
  for (const num of [0, 1, 2]) {
    const echo = Uint8Array.of(num + 1);
    const line = (): Line => GET_LINE().block2(num, 0, 64);
    await answers(node, line(), "4.01", (answer) => answer.option(OPTION.echo, echo));
    await answers(node, line().option(OPTION.echo, echo), "2.05", (answer) => block(answer, num, 64));
  }
  expect(bodyOf(asked)).toEqual(Buffer.from(BODY));
});

/** Two engines, one asking the other, in bad weather. */
async function twoEngines(
  answer: (body: Uint8Array) => Uint8Array,
): Promise<Stage["clock"] & { ask: (szx: Szx) => Asked }> {
  const clock = new VirtualClock();
  const network = new MemoryNetwork(clock, { loss: 0.2, duplication: 0.1, reordering: 0.1 }, 5);
  const common = { clock, log: SILENT };
  const server = new Engine({
    ...common,
    random: seededRandom(1),
    transports: [network.endpoint(NODE)],
    handler: (_peer, { payload }) => ({ code: "2.04", payload: answer(payload) }),
  });
  const engine = new Engine({
    ...common,
    random: seededRandom(2),
    transports: [network.endpoint(GATEWAY)],
    handler: () => ({ code: "4.04" }),
  });
  await server.start();
  await engine.start();
  const question: Question = { method: "POST", path: ["x"], payload: imageOf(20_000) };
  return Object.assign(clock, {
    ask: (szx: Szx) => ask({ engine, clock }, question, { within: minutes(600), peer: { ...PEER, szx } }),
  });
}

test.each([2, 6] as const)(
  "20 kB there and back with 20 %% loss, 10 %% duplicates, reordering: szx %s",
  async (szx) => {
    const clock = await twoEngines((body) => body.toReversed());
    const asked = clock.ask(szx);
    for (let minute = 0; minute < 600 && asked.state === "open"; minute++) await clock.advance(seconds(60));
    expect(asked.state).toMatchObject({ code: "2.04" });
    expect(bodyOf(asked)).toEqual(Buffer.from(imageOf(20_000).toReversed()));
  },
);
