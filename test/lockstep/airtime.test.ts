/** Back-pressure on the air of a border router: 5.03 with Max-Age for pullers, 4.29 for who will not wait. */
import { expect, test } from "@jest/globals";
import { minutes, parseSubnet, seconds } from "../../gateway/base/index.ts";
import type { AdmissionOptions, Response } from "../../gateway/coap/index.ts";
import { codeOf, decodeUint, type Message, OPTION } from "../../gateway/wire/coap/index.ts";
import { ack, con, non, type ScriptedNode, type Stage, stage } from "../support/lockstep.ts";
import { imageOf, laneOf, sourceOf } from "../support/lockstep-images.ts";

const IMAGE = imageOf(262_144);
const CONTENT = codeOf("2.05");
const AIR: AdmissionOptions = { airtime: { share: 0.5, burst: seconds(2), routers: [], shared: "ipv6" } };
const at = (host: string) => ({ address: `2001:db8::${host}`, port: 5683 });

const field = (admission: AdmissionOptions = AIR): Promise<Stage> =>
  stage({
    admission,
    lanes: { block: laneOf({ x: sourceOf(IMAGE) }) },
    handler: (_peer, { path: [name] }): Response => ({
      code: "2.05",
      payload: IMAGE.subarray(0, name === "large" ? 5000 : 30),
    }),
  });

const maxAge = ({ options }: Message): number =>
  decodeUint(options.find(({ number }) => number === OPTION.maxAge)?.value ?? new Uint8Array(0));

/** Pulls blocks until it is told to wait. */
async function pullAll(node: ScriptedNode, from = 0): Promise<{ next: number; refusal: Message }> {
  for (let num = from; ; num++) {
    await node.sends(con("GET", "f/x").block2(num, 0, 1024));
    const answer = await node.receives();
    if (answer.code !== CONTENT) return { next: num, refusal: answer };
  }
}

test("a puller gets the burst, then 5.03 with the seconds to its turn, and goes on there", async () => {
  const { another, clock, engine } = await field();
  const node = await another(at("7"));
  const { next, refusal } = await pullAll(node);
  expect(next).toBeGreaterThan(16);
  expect(refusal.code).toBe(codeOf("5.03"));
  expect(maxAge(refusal)).toBeGreaterThanOrEqual(1);
  await clock.advance(seconds(maxAge(refusal)));
  expect((await pullAll(node, next)).next).toBeGreaterThan(next + 10);
  expect(engine.stats()).toMatchObject({ putOff: 2, kept: { airtimePeers: 1 } });
});

test("who asks again and again before its turn gets 4.29, and nothing is gained by it", async () => {
  const { another } = await field();
  const node = await another(at("7"));
  const { next, refusal } = await pullAll(node);
  const codes: number[] = [];
  let last = refusal;
  for (let i = 0; i < 6; i++) {
    await node.sends(con("GET", "f/x").block2(next, 0, 1024));
    last = await node.receives();
    codes.push(last.code);
  }
  expect(codes.slice(-3)).toEqual([codeOf("4.29"), codeOf("4.29"), codeOf("4.29")]);
  expect(maxAge(last)).toBe(maxAge(refusal));
});

test("large answers wait like images; small ones, and the nodes of another router, do not", async () => {
  const { another } = await field();
  const node = await another(at("7"));
  await pullAll(node);
  const second = await another(at("8"));
  await second.sends(con("GET", "large"));
  let answer = await second.receives();
  for (let i = 0; i < 40 && answer.code === CONTENT; i++) {
    await second.sends(con("GET", "large").block2(1 + (i % 4), 0, 1024));
    answer = await second.receives();
  }
  expect(answer.code).toBe(codeOf("5.03"));
  await second.sends(con("GET", "small"));
  await second.expects(ack("2.05").payload(IMAGE.subarray(0, 30)));
  const elsewhere = await another({ address: "2001:db8:0:1::7", port: 5683 });
  await elsewhere.sends(con("GET", "f/x").block2(0, 0, 1024));
  expect((await elsewhere.receives()).code).toBe(CONTENT);
});

test("what changes something is never put off once it is done", async () => {
  const { another } = await field();
  const node = await another(at("7"));
  await pullAll(node);
  await node.sends(con("POST", "large"));
  expect((await node.receives()).code).toBe(CONTENT);
});

test("a burst pauses for its turn and goes on by itself", async () => {
  const { another, clock } = await field();
  const node = await another(at("7"));
  await pullAll(node);
  const second = await another(at("8"));
  await second.sends(non("GET", "f/x").qBlock2(0, 1, 1024));
  const first = await second.receives();
  expect(first.code).toBe(codeOf("5.03"));
  await clock.advance(seconds(maxAge(first)));
  await second.sends(non("GET", "f/x").qBlock2(0, 1, 1024));
  const early = second.takeAll().length;
  expect(early).toBe(10);
  await clock.advance(seconds(60));
  expect(second.takeAll().length).toBeGreaterThan(30);
});

test("one client that takes the whole share with small requests gets 4.29 for a while; its neighbour does not", async () => {
  const { another, clock } = await field();
  const node = await another(at("7"));
  let answer: Message | undefined;
  for (let i = 0; i < 5000 && answer?.code !== codeOf("4.29"); i++) {
    await node.sends(non("GET", "small"));
    answer = await node.receives();
  }
  expect(answer?.code).toBe(codeOf("4.29"));
  const neighbour = await another(at("8"));
  await neighbour.sends(con("GET", "small"));
  await neighbour.expects(ack("2.05").payload(IMAGE.subarray(0, 30)));
  await clock.advance(minutes(2));
  await node.sends(con("GET", "small"));
  await node.expects(ack("2.05").payload(IMAGE.subarray(0, 30)));
});

test.each([
  ["loopback", { address: "::1", port: 40_000 }, AIR],
  ["a link without a router", { address: "fe80::7%eth0", port: 40_000 }, AIR],
  ["IPv4 unless it is named", { address: "10.0.0.7", port: 40_000 }, AIR],
  ["everybody by default", at("7"), {}],
])("nothing is rationed for %s", async (_name, remote, admission) => {
  const { another, engine } = await field(admission);
  const node = await another(remote);
  for (let num = 0; num < 200; num++) {
    await node.sends(con("GET", "f/x").block2(num, 0, 1024));
    expect((await node.receives()).code).toBe(CONTENT);
  }
  expect(engine.stats().kept.airtimePeers).toBe(0);
});

test("forged addresses from outside do not fill the table of routers, and one that is named is rationed wherever it is", async () => {
  const southbound = [parseSubnet("2001:db8::/64")!];
  const routers = [parseSubnet("2001:db8:17::/64")!];
  const { another, engine } = await field({ southbound, airtime: { ...AIR.airtime!, routers } });
  await (await another(at("7"))).sends(con("GET", "small"));
  for (let net = 1; net <= 100; net++) {
    const stranger = await another({ address: `2001:db8:${net.toString(16)}::1`, port: 5683 });
    await stranger.sends(con("GET", "small"));
  }
  expect(engine.stats().kept.airtimePeers).toBe(2);
});
