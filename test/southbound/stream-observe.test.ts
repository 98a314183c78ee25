/** Observing the event streams, datagram by datagram (RFC 7641; draft-ietf-core-comi-21 §3.4, §3.4.1). */
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { millis, type NodeId, type Peer } from "../../gateway/base/index.ts";
import type { Engine } from "../../gateway/coap/index.ts";
import { ALL_OPERATIONS, withRule, withUser } from "../../gateway/service/access/index.ts";
import { decodeUint, type Message, OPTION } from "../../gateway/wire/coap/index.ts";
import { ack, con, type Line, non, rst, type ScriptedNode, stage } from "../support/lockstep.ts";
import { ANYBODY, bytes, hex, openServices, type Services } from "../support/services.ts";
import type { VirtualClock } from "../support/virtual-clock.ts";

let services: Services;
let node: NodeId;
let manager: ScriptedNode;
let engine: Engine;
let clock: VirtualClock;
/** Who the manager is; lab mode knows no one by name. */
let peer: Peer;

beforeEach(async () => {
  peer = ANYBODY;
  services = await openServices({ managers: ["boss"] });
  const { handler, ledger, streams } = services;
  ({ node: manager, engine, clock } = await stage({ handler: (_peer, request) => handler(peer, request) }));
  ledger.onFact((fact) => {
    for (const topic of streams.topicsOf(fact)) engine.changed(topic);
  });
  node = await services.join("room-1");
});
afterEach(() => engine.close());

/** A node of ours told something: `raised` is a mask of bits. */
const alarm = (raised: number): Uint8Array => bytes(`a1 19eb35 a1 02 41 ${raised.toString(16).padStart(2, "0")}`);
const tells = (of: NodeId, raised: number): Promise<void> =>
  services.ledger.record("node.notified", { node: of, notifications: alarm(raised) });
const isLate = (of: NodeId): Promise<void> =>
  services.ledger.record("node.reachability", { node: of, from: "asleep", to: "overdue", missedWakes: 1 });
const FETCH = (path: string, filter: string, token = "07"): Line =>
  con("FETCH", path).contentFormat(141).payload(bytes(filter)).token(token);
const concat = (...parts: readonly Uint8Array[]): Uint8Array => Buffer.concat(parts);
const sequence = ({ options }: Message): number =>
  decodeUint(options.find(({ number }) => number === OPTION.observe)?.value ?? new Uint8Array());

test("CC-E1 CC-E2 CC-E8: GET with Observe: each change brings the stream, newest first, until it is deregistered", async () => {
  const own = `n/${node}/s`;
  await manager.sends(con("GET", own).observe(0).token("07"));
  await manager.expects(ack("2.05").observe().contentFormat(142).payload(""));
  let told = new Uint8Array() as Uint8Array;
  for (const mask of [1, 2]) {
    await tells(node, mask);
    told = concat(alarm(mask), told);
    const { messageId } = await manager.expects(con("2.05").observe().contentFormat(142).payload(told).token("07"));
    await manager.sends(ack().mid(messageId));
  }
  await manager.sends(con("GET", own).observe(1).token("07"));
  await manager.expects(ack("2.05").contentFormat(142).payload(told));
  await tells(node, 4);
  await manager.expectsSilence();
});

test("CC-E8: a RST to a notification ends it", async () => {
  await manager.sends(non("GET", "s").observe(0).token("07"));
  await manager.receives();
  await isLate(node);
  const { messageId } = await manager.receives();
  await manager.sends(rst().mid(messageId));
  await isLate(node);
  await manager.expectsSilence();
  expect(engine.stats().kept.observations).toBe(0);
});

test("CC-E6 CC-E7: FETCH with Observe: the filter is a part of the relation, and only what it lets through is told", async () => {
  await manager.sends(FETCH("s", "19ebbe").observe(0)); // node-state
  await manager.expects(ack("2.05").observe().contentFormat(142).payload(""));
  const other = await services.join("room-2"); // node-joined: not asked for
  await manager.expectsSilence();
  await isLate(other);
  const { messageId, payload } = await manager.receives();
  expect(hex(payload)).toContain(hex(Buffer.from(other)));
  await manager.sends(ack().mid(messageId));
  // The same token with another filter takes the place of the first one.
  await manager.sends(FETCH("s", "19ebc8").observe(0));
  const joined = await manager.receives();
  expect(hex(joined.payload)).not.toBe(hex(payload));
  await isLate(node);
  await manager.expectsSilence();
  expect(engine.stats().kept.observations).toBe(1);
  // Another token beside it: two relations of one client with one resource.
  await manager.sends(FETCH("s", "19ebbe", "08").observe(0));
  await manager.receives();
  expect(engine.stats().kept.observations).toBe(2);
});

test("CC-E5 CC-E6: [SID, keys] hears of one node alone", async () => {
  const other = await services.join("room-2");
  const edits = [{ revision: 1, path: "/a" }];
  const gotOn = (of: NodeId): Promise<void> => services.ledger.record("edit.state", { node: of, to: "applied", edits });
  await manager.sends(FETCH("s", `82 19eba9 66 ${hex(Buffer.from(node))}`).observe(0));
  await manager.expects(ack("2.05").observe().contentFormat(142).payload(""));
  await gotOn(other);
  await manager.expectsSilence();
  await gotOn(node);
  expect(hex((await manager.receives()).payload)).toContain(hex(Buffer.from(node)));
});

test("a stream of one node wakes nobody who watches another, or the site", async () => {
  const other = await services.join("room-2");
  for (const [path, token] of [
    ["s", "01"],
    [`n/${other}/s`, "02"],
  ] as const) {
    await manager.sends(con("GET", path).observe(0).token(token));
    await manager.receives();
  }
  await tells(node, 1);
  await manager.expectsSilence();
});

test("when a node leaves, the last notification of its stream says that it is gone", async () => {
  await manager.sends(non("GET", `n/${node}/s`).observe(0).token("07"));
  await manager.receives();
  await services.ledger.record("node.removed", { node, actor: "test" });
  const last = await manager.receives();
  expect([last.code, last.options.some(({ number }) => number === OPTION.observe)]).toEqual([0x84, false]);
  expect(engine.stats().kept.observations).toBe(0);
});

test("CC-S3: who may hear little is told nothing of the rest, not even how much it was", async () => {
  const { access } = services;
  if (access === undefined) throw new RangeError("managers are named");
  const about = { kind: "path", path: "/sidgate-gateway:node-state" } as const;
  const rule = {
    name: "r",
    module: "*",
    about,
    operations: ALL_OPERATIONS,
    action: "permit",
    comment: undefined,
  } as const;
  const groups = [...access.config.groups, { name: "g", users: [] }];
  const config = withRule(withUser({ ...access.config, groups }, "guest", ["g"]), "g", rule);
  await services.ledger.record("datastore.edited", { root: "gateway", patch: access.patch(config), actor: "test" });
  peer = { ...ANYBODY, identity: { kind: "oscore", id: "02", name: "guest" } };

  await manager.sends(con("GET", "s").observe(0).token("07"));
  const first = await manager.expects(ack("2.05").observe().contentFormat(142).payload(""));
  for (let n = 0; n < 40; n++) await services.join(`other-${n}`);
  await manager.expectsSilence();
  await isLate(node);
  const second = await manager.receives();
  expect(hex(second.payload)).toMatch(/^a119ebbe/);
  // RFC 7641 §3.4: the numbers grow; those of other people's notifications are not among them.
  expect(sequence(second) - sequence(first)).toBe(1);
});

test("NON: what is not seen takes nothing of the pace at which notifications may go", async () => {
  await manager.sends(non("FETCH", "s").contentFormat(141).payload(bytes("19ebbe")).token("07").observe(0));
  await manager.receives();
  for (let n = 0; n < 20; n++) {
    await services.join(`other-${n}`);
    await clock.advance(millis(1));
  }
  await manager.expectsSilence();
  await isLate(node);
  await manager.receives();
});

test("CC-E9: a long stream comes in blocks, all of one moment, whatever happens between them", async () => {
  for (let n = 0; n < 8; n++) await tells(node, n + 1);
  const path = `n/${node}/s`;
  const whole = concat(...Array.from({ length: 8 }, (_, n) => alarm(8 - n))); // 8 of 8 bytes each
  await manager.sends(con("GET", path).observe(0).token("07").block2(0, 0, 32));
  const first = await manager.expects(
    ack("2.05").observe().contentFormat(142).etag().block2(0, 1, 32).size2(64).payload(whole.slice(0, 32)),
  );
  await manager.sends(con("GET", path).token("08").block2(1, 0, 32));
  const second = await manager.expects(ack("2.05").contentFormat(142).etag().block2(1, 0, 32).payload(whole.slice(32)));
  expect(etag(second)).toBe(etag(first));
  await tells(node, 0x0f);
  const next = concat(alarm(0x0f), whole.slice(0, 56));
  const told = await manager.expects(
    con("2.05").observe().contentFormat(142).etag().block2(0, 1, 32).size2(64).payload(next.slice(0, 32)).token("07"),
  );
  await tells(node, 0x0e); // while the rest is fetched: the notification under way is not done yet
  await manager.sends(con("GET", path).token("09").block2(1, 0, 32));
  const rest = await manager.expects(ack("2.05").contentFormat(142).etag().block2(1, 0, 32).payload(next.slice(32)));
  expect(etag(rest)).toBe(etag(told));
  await manager.sends(ack().mid(told.messageId));
  const last = await manager.receives();
  expect(hex(last.payload)).toBe(hex(concat(alarm(0x0e), alarm(0x0f), whole.slice(0, 16))));
});

const etag = (message: Message | undefined): string =>
  hex(message?.options.find(({ number }) => number === OPTION.etag)?.value);
