/** Hostile managers at the engine's tables: observers by the thousand, uploads and answers that nobody ends. */
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { minutes, seconds } from "../../../gateway/base/index.ts";
import { DEFAULT_LIMITS } from "../../../gateway/coap/index.ts";
import { NOTIFIED_PER_TURN } from "../../../gateway/coap/observe/notifier.ts";
import { dottedCode, encodeMessage, type Message, OPTION, type OptionValue } from "../../../gateway/wire/coap/index.ts";
import { Dice } from "../../fuzz/dice.ts";
import { con, GATEWAY, type Line, type ScriptedNode, type Stage, stage } from "../../support/lockstep.ts";
import { bytes, hex } from "../../support/services.ts";
import { settled } from "../../support/virtual-clock.ts";
import { filled, minute, openSite, periodEdit, type Site } from "./site.ts";

/** Fewer observers, for the sake of time. */
const LIMITS = { ...DEFAULT_LIMITS, observationsTotal: 256 };

let site: Site;
let script: Stage;
/** Calls into the handler. */
let calls: number;

beforeEach(async () => {
  calls = 0;
  site = await openSite();
  script = await stage({
    limits: LIMITS,
    handler: (peer, request) => {
      calls += 1;
      return site.services.handler(peer, request);
    },
  });
});
afterEach(() => script.engine.close());

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const pathOf = (path: string): readonly OptionValue[] =>
  path.split("/").map((part) => ({ number: OPTION.uriPath, value: utf8(part) }));
const managerAt = (port: number): Promise<ScriptedNode> => script.another({ address: "192.0.2.9", port });
const kept = () => script.engine.stats().kept;

/** FETCH of the stream with Observe, with as long a filter as there may be. */
function observing(token: number): Uint8Array {
  return encodeMessage({
    type: "NON",
    code: 5,
    messageId: token + 1,
    token: Uint8Array.of(token),
    options: [
      { number: OPTION.observe, value: bytes("") },
      ...pathOf("s"),
      { number: OPTION.contentFormat, value: bytes("8d") },
    ],
    payload: Buffer.concat([filled("1a000f4240", 255 * 5), bytes("19ebc8")]),
  });
}

test("CC-E6: a hostile manager: thousands of observers with the longest filters are told some at a time, and none is forgotten", async () => {
  const { observationsPerPeer: perPeer, observationsTotal: total } = LIMITS;
  let heard = 0;
  for (let port = 1; port <= total / perPeer + 1; port++) {
    const manager = script.network.endpoint({ address: "192.0.2.9", port });
    await manager.open(() => {
      heard += 1;
    });
    for (let token = 0; token <= perPeer; token++) manager.send(observing(token), GATEWAY);
  }
  await settled();
  // Each was answered; who came too late or asked too often is told nothing more.
  expect([heard, kept().observations]).toEqual([(total / perPeer + 1) * (perPeer + 1), total]);
  [heard, calls] = [0, 0];
  await site.services.join("room-2");
  script.engine.changed("s");
  await settled();
  expect(calls).toBeGreaterThan(0); // one peer is told some of what it observes, and the rest later
  expect(calls).toBeLessThanOrEqual(NOTIFIED_PER_TURN);
  script.engine.changed("s"); // nobody waits twice
  await script.clock.advance(seconds(60));
  expect(heard).toBe(total);
  expect(calls).toBeLessThanOrEqual(total + NOTIFIED_PER_TURN);
});

test("CC-B1: a hostile manager: blocks whose numbers jump about never make an edit that nobody sent", async () => {
  const [before] = site.state();
  const body = Buffer.concat(Array.from({ length: 4 }, (_, n) => periodEdit(minute(n), 2100)));
  const last = Math.ceil(body.length / 16) - 1;
  const block = (num: number): Line =>
    con("iPATCH", site.path)
      .contentFormat(142)
      .block1(num, num < last ? 1 : 0, 16)
      .payload(body.subarray(16 * num, 16 * (num + 1)));
  const dice = new Dice(8);
  const codes = new Set<string>();
  for (let i = 0; i < 300; i++) {
    // Never the whole way: the last block only ever comes after a gap.
    const num = dice.chance(0.2) ? 0xfffff - dice.below(3) : dice.pick([0, 1, 2, last]);
    await script.node.sends(
      num <= last
        ? block(num)
        : con("iPATCH", site.path).contentFormat(142).block1(num, 1, 16).payload(new Uint8Array(16)),
    );
    codes.add(dottedCode((await script.node.receives()).code));
  }
  expect([...codes].sort()).toEqual(["2.31", "4.08", "4.13"]);
  expect(site.state()[0]).toBe(before);
  for (let num = 0; num <= last; num++) {
    await script.node.sends(block(num));
    expect(dottedCode((await script.node.receives()).code)).toBe(num < last ? "2.31" : "2.04");
  }
  expect(site.state()[0]).not.toBe(before);
});

test("CC-B1: a hostile manager: uploads that nobody ends are bounded, and gone after their time", async () => {
  for (let port = 1; port <= 200; port++) {
    const manager = await managerAt(port);
    for (const path of ["c", site.path, "s"]) {
      await manager.sends(con("PUT", path).contentFormat(140).block1(0, 1, 1024).payload(new Uint8Array(1024)));
    }
  }
  expect(kept().bodies).toBe(DEFAULT_LIMITS.bodiesTotal);
  await script.clock.advance(minutes(11));
  expect(kept().bodies).toBe(0);
});

test("CC-B2: a hostile manager: large answers that nobody reads to the end take no more than their memory", async () => {
  await site.patch(Buffer.concat(Array.from({ length: 200 }, (_, n) => periodEdit(minute(n), 2100))));
  const ask = (num: number): Line =>
    con("FETCH", site.path)
      .contentFormat(141)
      .payload(filled("19eb29", 3 * 200))
      .block2(num, 0, 1024);
  const sizeOf = ({ options }: Message): number =>
    Number.parseInt(hex(options.find(({ number }) => number === OPTION.size2)?.value), 16);
  const managers: ScriptedNode[] = [];
  let size = 0;
  for (let port = 1; port <= 22; port++) {
    const manager = await managerAt(port);
    await manager.sends(ask(0));
    size = sizeOf(await manager.receives());
    managers.push(manager);
  }
  expect(size).toBeGreaterThan(500_000);
  expect(kept().snapshots * size).toBeLessThanOrEqual(DEFAULT_LIMITS.snapshotBytes);
  // The first ones have lost their place and the last ones not: all of them read on in one and the same state.
  const etags = new Set<string>();
  for (const manager of managers) {
    await manager.sends(ask(1));
    const { code, options } = await manager.receives();
    expect(dottedCode(code)).toBe("2.05");
    etags.add(hex(options.find(({ number }) => number === OPTION.etag)?.value));
  }
  expect(etags.size).toBe(1);
  await script.clock.advance(minutes(6));
  expect(kept().snapshots).toBe(0);
});

test("a hostile manager: an answer has a largest size, and what is asked for again and again is read once", async () => {
  await site.patch(Buffer.concat(Array.from({ length: 250 }, (_, n) => periodEdit(minute(n), 2100))));
  const started = process.cpuUsage();
  const whole = await site.fetch(filled("19eb29", 3 * 256));
  expect(whole.code).toBe("2.05");
  const each = Buffer.from((await site.fetch(bytes("19eb29"))).payload ?? []);
  expect(hex(whole.payload)).toBe(hex(each).repeat(256));
  expect(process.cpuUsage(started).user / 1000).toBeLessThan(2000);
});
