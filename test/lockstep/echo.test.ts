/** Strangers (RFC 7252 §11.3, RFC 9175 §2): at most three times their bytes, until Echo shows that they are there. */
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { minutes, seconds } from "../../gateway/base/index.ts";
import { parseSubnet } from "../../gateway/base/subnet.ts";
import type { Request, Response } from "../../gateway/coap/index.ts";
import {
  codeOf,
  encodeMessage,
  type Message,
  messageLength,
  OPTION,
  type OptionValue,
  sortOptions,
} from "../../gateway/wire/coap/index.ts";
import { inDrill } from "../support/drill.ts";
import {
  ack,
  con,
  GATEWAY,
  type Line,
  NODE,
  non,
  ping,
  rst,
  type ScriptedNode,
  type Stage,
  stage,
} from "../support/lockstep.ts";
import { ETAG, imageOf, laneOf, sourceOf } from "../support/lockstep-images.ts";
import { MemoryNetwork } from "../support/lossy.ts";
import { settled, VirtualClock } from "../support/virtual-clock.ts";

const IMAGE = imageOf(3000);
const LARGE = imageOf(500);

interface Hall extends Stage {
  readonly calls: Request[];
}

/** A gateway whose node stands outside of the southbound prefixes. */
async function hall(
  options: { readonly prefixes?: readonly string[]; readonly answerAfter?: number } = {},
): Promise<Hall> {
  const calls: Request[] = [];
  const clock = new VirtualClock();
  const handler = (_peer: unknown, request: Request): Response | Promise<Response> => {
    calls.push(request);
    const answer: Response = { code: "2.05", payload: LARGE, observable: "t" };
    const { answerAfter } = options;
    if (answerAfter === undefined) return answer;
    return new Promise((resolve) => void clock.after(seconds(answerAfter), () => resolve(answer)));
  };
  const southbound = (options.prefixes ?? ["10.0.0.0/8"]).map((text) => parseSubnet(text)!);
  const lanes = { block: laneOf({ x: sourceOf(IMAGE), tiny: sourceOf(imageOf(20)) }) };
  return { calls, ...(await stage({ clock, handler, lanes, admission: { southbound } })), clock };
}

async function echoFrom(node: ScriptedNode): Promise<Uint8Array> {
  const { code, options, payload } = await node.receives();
  expect([code, payload.length, options.map(({ number }) => number)]).toEqual([codeOf("4.01"), 0, [OPTION.echo]]);
  return options[0]!.value;
}

test("a large answer is 4.01 with Echo first, and whole once the value is repeated", async () => {
  const { node, engine } = await hall();
  await node.sends(con("GET", "c"));
  const echo = await echoFrom(node);
  await node.sends(con("GET", "c").option(OPTION.echo, echo));
  await node.expects(ack("2.05").payload(LARGE));
  // proven for ten minutes
  await node.sends(con("GET", "c"));
  await node.expects(ack("2.05").payload(LARGE));
  expect(engine.stats()).toMatchObject({ challenged: 1, kept: { provenPaths: 1 } });
});

test("of strangers nothing is kept that pushes out what is kept of others", async () => {
  const { another, engine, calls } = await hall();
  for (let port = 1; port <= 20; port++) {
    const node = await another({ ...NODE, port });
    await node.sends(con("GET", "c").block2(0, 0, 16));
    await node.receives();
    await node.repeats(); // changes nothing, so it may be done again
    await node.receives();
    await node.sends(con("PUT", "c").payload("x"));
    await echoFrom(node);
    await node.sends(con("FETCH", "c").block1(0, 1, 16).payload(LARGE.subarray(0, 16)));
    await echoFrom(node);
  }
  expect(calls).toHaveLength(40);
  expect(engine.stats().kept).toMatchObject({ dedup: 0, snapshots: 0, bodies: 0, provenPaths: 0 });
});

test("a proof ends after ten minutes, and is no proof of another port", async () => {
  const { node, clock, another } = await hall();
  await node.sends(con("GET", "c"));
  await node.sends(con("GET", "c").option(OPTION.echo, await echoFrom(node)));
  await node.receives();
  const neighbour = await another({ ...NODE, port: NODE.port + 1 });
  await neighbour.sends(con("GET", "c"));
  await echoFrom(neighbour);
  await clock.advance(minutes(11));
  await node.sends(con("GET", "c"));
  await echoFrom(node);
});

test("who is in a southbound prefix is not asked", async () => {
  const { node, engine } = await hall({ prefixes: ["192.0.2.0/24"] });
  await node.sends(con("GET", "c"));
  await node.expects(ack("2.05").payload(LARGE));
  expect(engine.stats().challenged).toBe(0);
});

test("node-coap defect 26: 8 bytes must not bring 1037", async () => {
  const { node } = await hall();
  await node.sends(non("GET", "f/x").token("01"));
  const answer = await node.receives();
  expect(messageLength(answer)).toBeLessThanOrEqual(3 * 10);
  expect(answer.code).toBe(codeOf("4.01"));
});

test.each<[name: string, request: Line]>([
  ["a request that changes something", con("PUT", "c").payload("x")],
  ["the first block of a body", con("PUT", "c").block1(0, 1, 16).payload(IMAGE.subarray(0, 16))],
  ["an observation", con("GET", "c").observe(0)],
  ["a burst", non("GET", "f/tiny").qBlock2(0, 1, 16)],
])("%s is asked for proof before anything is done", async (_name, request) => {
  const { node, calls, engine } = await hall();
  await node.sends(request);
  await echoFrom(node);
  expect(calls).toEqual([]);
  expect(engine.stats().kept).toMatchObject({ bodies: 0, observations: 0, bursts: 0 });
});

test("an image: the first block comes small, as far as three times the request allow", async () => {
  const { node } = await hall();
  const query = con("GET", "f/x")
    .block2(0, 0, 1024)
    .token("0102030405060708")
    .etag(new Uint8Array(8))
    .etag(new Uint8Array(8));
  await node.sends(query);
  await node.expects(ack("2.05").etag(ETAG).block2(0, 1, 64).size2(3000).payload(IMAGE.subarray(0, 64)));
  await node.sends(con("GET", "f/x").block2(1, 0, 64));
  const echo = await echoFrom(node);
  await node.sends(con("GET", "f/x").block2(1, 0, 1024).option(OPTION.echo, echo));
  await node.expects(ack("2.05").etag(ETAG).block2(1, 1, 1024).payload(IMAGE.subarray(1024, 2048)));
});

test("a copy of a request pays for its own answer", async () => {
  const { node } = await hall({ prefixes: [] });
  const padding = { number: 65_000, value: new Uint8Array(200) };
  await node.sends(con("GET", "c").option(padding.number, padding.value).mid(7).token("01"));
  await node.expects(ack("2.05").payload(LARGE));
  await node.repeats();
  await node.expects(ack("2.05").payload(LARGE));
  await node.sends(con("GET", "c").mid(7).token("01")); // the same message id, in 8 bytes
  await echoFrom(node);
});

test("a separate answer to a stranger goes once, as its copies would be counted too", async () => {
  const { node, clock } = await hall({ answerAfter: 5 });
  await node.sends(con("GET", "c").option(65_000, new Uint8Array(200)));
  await clock.advance(seconds(2));
  await node.expects(ack());
  await clock.advance(seconds(3));
  await node.expects(non("2.05").payload(LARGE));
  await clock.advance(minutes(2));
  await node.expectsSilence();
});

test("when even the question does not fit, a bare 4.01 says no", async () => {
  const { node, clock } = await hall({ answerAfter: 5 });
  await node.sendsBytes(
    encodeMessage({
      type: "CON",
      code: 1,
      messageId: 1,
      token: new Uint8Array(0),
      options: [],
      payload: new Uint8Array(0),
    }),
  );
  await clock.advance(seconds(2));
  await node.expects(ack().mid(1));
  await clock.advance(seconds(3));
  await node.expects(non("4.01").token(""));
});

test.each<[name: string, line: Line, answer: Line | undefined]>([
  ["a ping", ping(), rst()],
  ["an empty NON", non(0), undefined],
  ["an unknown method", con(0x08), ack("4.05")],
  ["an unknown critical option", con("GET", "c").option(65_001, new Uint8Array(0)), ack("4.02")],
  ["a missing image", con("GET", "f/none"), ack("4.04")],
])("what is small is answered at once: %s", async (_name, line, answer) => {
  const { node } = await hall();
  await node.sends(line);
  if (answer === undefined) await node.expectsSilence();
  else await node.expects(answer);
});

test("an Echo option from somebody known, or of another server, disturbs nothing", async () => {
  const { node } = await hall({ prefixes: ["192.0.2.0/24"] });
  await node.sends(con("GET", "c").option(OPTION.echo, Uint8Array.of(1, 2, 3)));
  await node.expects(ack("2.05").payload(LARGE));
  const outside = await hall();
  await outside.node.sends(con("GET", "c").option(OPTION.echo, new Uint8Array(40)));
  await outside.node.receives();
  expect(outside.engine.stats().kept.provenPaths).toBe(0);
});

const options: fc.Arbitrary<OptionValue[]> = fc.array(
  fc.oneof(
    fc
      .constantFrom("c", "f", "x", ".well-known", "core")
      .map((text) => ({ number: 11, value: new TextEncoder().encode(text) })),
    fc.record({
      number: fc.constantFrom(4, 6, 9, 12, 17, 23, 27, 31, 60, 252, 258, 292),
      value: fc.uint8Array({ maxLength: 8 }),
    }),
  ),
  { maxLength: 6 },
);
const datagrams = fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  fc
    .record({
      type: fc.constantFrom("CON", "NON", "ACK", "RST"),
      code: fc.oneof(fc.nat(7), fc.nat(255)),
      messageId: fc.nat(3),
      token: fc.uint8Array({ maxLength: 8 }),
      options: options.map(sortOptions),
      payload: fc.uint8Array({ maxLength: 60 }),
    })
    .map((message) => encodeMessage(message as Message)),
);

test("whatever strangers send, in whatever order: no more than three times it comes back, all copies counted", async () => {
  const runs = fc.asyncProperty(
    fc.array(datagrams, { maxLength: 12 }),
    fc.option(fc.constant(5)),
    async (script, delay) => {
      const clock = new VirtualClock();
      const network = new MemoryNetwork(clock);
      const { engine } = await stage(
        {
          clock,
          handler: () => {
            const answer: Response = { code: "2.05", payload: LARGE, observable: "t" };
            if (delay === null) return answer;
            return new Promise((resolve) => void clock.after(seconds(delay), () => resolve(answer)));
          },
          lanes: { block: laneOf({ x: sourceOf(IMAGE) }) },
          admission: { southbound: [] },
        },
        network,
      );
      let received = 0;
      const stranger = network.endpoint({ address: "203.0.113.9", port: 999 });
      await stranger.open((bytes) => {
        received += bytes.length;
      });
      let sent = 0;
      for (const datagram of script) {
        sent += datagram.length;
        stranger.send(datagram, GATEWAY);
        await settled();
        expect(received).toBeLessThanOrEqual(3 * sent);
      }
      engine.changed("t");
      await clock.advance(minutes(5));
      expect(received).toBeLessThanOrEqual(3 * sent);
      await engine.close();
    },
  );
  await fc.assert(runs, { numRuns: inDrill(50, 150) });
});
