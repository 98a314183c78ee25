/** The session as a pure machine, by table; and backoff, places, refusals and news by rows. */
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { type Millis, millis, minutes, seconds } from "../../../gateway/base/index.ts";
import type { Registration } from "../../../gateway/service/directory/index.ts";
import { modulesIn, strangers } from "../../../gateway/southbound/nodes/library.ts";
import { newsIn } from "../../../gateway/southbound/nodes/news.ts";
import { servedBy } from "../../../gateway/southbound/nodes/place.ts";
import { reasonOf, refusalIn } from "../../../gateway/southbound/nodes/refusal.ts";
import { backoff, resumed, type Session, type SessionEvent, step } from "../../../gateway/southbound/nodes/session.ts";
import { builtIn } from "../../support/served-site.ts";
import { bytes, hex } from "../../support/services.ts";

const schema = await builtIn;
const at = (s: number): Millis => seconds(s);
const registered: SessionEvent = { type: "registered", awakeUntil: undefined, anew: false };
const turn: SessionEvent = { type: "turn", at: at(1) };
const done = (left = {}): SessionEvent => ({ type: "done", next: at(900), left });
const failed: SessionEvent = { type: "failed", at: at(2), draw: 0.5 };
const time = (s: number): SessionEvent => ({ type: "time", at: at(s), watch: false });
const run = (...events: readonly SessionEvent[]): Session => events.reduce(step, resumed(at(100), false));
const shown = (session: Session): string => {
  if (session.state === "gone") return "gone";
  if (session.state !== "busy") return session.state;
  return `busy ${session.errand.do}${session.errand.do === "read" && session.errand.visit ? " (visit)" : ""}`;
};

const ROWS: ReadonlyArray<readonly [name: string, events: readonly SessionEvent[], state: string]> = [
  ["after a start it waits for its time", [time(99)], "current"],
  ["and is due then", [time(100)], "due"],
  ["a node that registers is due at once", [registered], "due"],
  ["what can be watched is watched first", [registered, turn], "busy watch"],
  ["then the datastore is read", [registered, turn, done(), turn], "busy read (visit)"],
  ["then all is known", [registered, turn, done(), turn, done()], "current"],
  ["edits go before all else", [registered, { type: "edited" }, turn], "busy edit"],
  ["an edit during a read is due after it", [registered, turn, done(), turn, { type: "edited" }, done()], "due"],
  ["an edit of a node in peace is due", [registered, turn, done(), turn, done(), { type: "edited" }], "due"],
  ["no answer: left in peace for a while", [registered, turn, failed], "unreachable"],
  ["an edit does not disturb that", [registered, turn, failed, { type: "edited" }], "unreachable"],
  ["a sign of life does", [registered, turn, failed, { type: "heard", awakeUntil: undefined }], "due"],
  ["or the end of the pause", [registered, turn, failed, time(32)], "due"],
  ["what failed is done first then", [registered, turn, failed, time(32), turn], "busy watch"],
  [
    "a node whose time to listen is over sleeps",
    [{ type: "registered", awakeUntil: at(1), anew: false }, turn],
    "asleep",
  ],
  [
    "and is due when it is heard again",
    [{ type: "registered", awakeUntil: at(1), anew: false }, turn, { type: "heard", awakeUntil: at(9) }],
    "due",
  ],
  [
    "one that fell asleep while it was asked is not asked by the clock",
    [{ type: "registered", awakeUntil: at(2), anew: false }, turn, failed, time(5000)],
    "asleep",
  ],
  [
    "a sign of life of a node with nothing to do changes nothing",
    [registered, turn, done(), turn, done(), { type: "heard", awakeUntil: undefined }],
    "current",
  ],
  ["an answer that nobody waits for is nothing", [done()], "current"],
  ["a turn that came too late is nothing", [registered, { type: "removed" }, turn, registered], "gone"],
];
test.each(ROWS)("%s", (_name, events, state) => expect(shown(run(...events))).toBe(state));

const anyEvent: fc.Arbitrary<SessionEvent> = fc.oneof(
  fc.constant(registered),
  fc.constant<SessionEvent>({ type: "registered", awakeUntil: at(30), anew: true }),
  fc.constant<SessionEvent>({ type: "heard", awakeUntil: undefined }),
  fc.constantFrom<SessionEvent>({ type: "edited" }, { type: "stirred" }, { type: "unwatched" }),
  fc.nat(100).map((s): SessionEvent => ({ type: "turn", at: at(s) })),
  fc.constantFrom(done(), done({ edits: true, singly: true }), done({ read: "look" }), failed),
  fc.nat(4000).map((s): SessionEvent => ({ type: "time", at: at(s), watch: true })),
);
test("an errand begins with a turn alone, and work is never forgotten", () => {
  fc.assert(
    fc.property(fc.array(anyEvent, { maxLength: 40 }), (events) => {
      let session: Session = resumed(at(10), false);
      for (const event of events) {
        const before = session;
        session = step(before, event);
        if (session.state === "gone" || before.state === "gone") throw new Error("nobody removed it");
        if (session.state === "busy" && before.state !== "busy") expect(event.type).toBe("turn");
        if (before.state === "busy" && session.state !== "busy") expect(["done", "failed"]).toContain(event.type);
        if (event.type === "edited") expect(session.work.edits).toBe(true);
        if (before.work.edits && !session.work.edits) {
          expect(session).toMatchObject({ state: "busy", errand: { do: "edit" } });
        }
        if (
          before.state === "busy" &&
          before.errand.do === "edit" &&
          session.state !== "busy" &&
          event.type === "failed"
        ) {
          expect(session.work.edits).toBe(true);
        }
      }
    }),
  );
});

test("pauses double, are drawn, and have an end", () => {
  expect([1, 2, 3, 9, 99].map((failures) => backoff(failures, 0.5))).toEqual([
    seconds(30),
    minutes(1),
    minutes(2),
    minutes(30),
    minutes(30),
  ]);
  expect([backoff(1, 0), backoff(1, 0.999)]).toEqual([seconds(15), 44_970]);
});

const REGISTRATION: Registration = {
  id: "x",
  endpoint: "room-1",
  sector: undefined,
  owner: "host:192.0.2.7",
  base: "coap://192.0.2.7",
  fixed: false,
  link: undefined,
  lifetime: 90_000,
  expires: millis(0),
  links: '</c>;rt="core.c.ds"',
  attributes: [],
};
describe("where a node serves", () => {
  const registration = (more: Partial<Registration>): Registration => ({ ...REGISTRATION, ...more });
  const PLACES: ReadonlyArray<readonly [name: string, more: Partial<Registration>, uri: string | undefined]> = [
    ["CC-R1: the link with rt=core.c.ds", {}, "coap://192.0.2.7/c"],
    ["CC-R1: its path is free", { links: '</a>,</data/all?x=1>;rt="b core.c.ds"' }, "coap://192.0.2.7/data/all?x=1"],
    [
      "CC-R2: ds is the identity of the unified datastore",
      { links: "</c>;rt=core.c.ds;ds=1029" },
      "coap://192.0.2.7/c",
    ],
    ["CC-R2: another datastore is none of ours", { links: "</c>;rt=core.c.ds;ds=1030" }, undefined],
    ["a port of its own", { base: "coap://192.0.2.7:61616" }, "coap://192.0.2.7:61616/c"],
    ["no datastore", { links: '</t>;rt="temperature"' }, undefined],
    ["another scheme", { base: "coaps://192.0.2.7" }, undefined],
    ["a name, which is not looked up", { base: "coap://node.example" }, undefined],
    ["in lab mode, an address that is not the node's", { base: "coap://192.0.2.99", fixed: true }, undefined],
    ["a link to another host", { links: '<coap://192.0.2.99/c>;rt="core.c.ds"' }, undefined],
  ];
  test.each(PLACES)("%s", (_name, more, uri) => expect(servedBy(registration(more), false)?.uri).toBe(uri));

  test("a node that proves itself may be elsewhere", () => {
    const elsewhere = registration({ owner: "node:n-0001", base: "coap://[2001:db8::1]", fixed: true });
    expect(servedBy(elsewhere, true)?.remote).toEqual({ address: "2001:db8::1", port: 5683 });
  });

  test("a link-local address keeps its link", () => {
    const local = registration({ owner: "node:n-0001", base: "coap://[fe80::1]", link: "eth0" });
    expect(servedBy(local, true)?.remote).toEqual({ address: "fe80::1%eth0", port: 5683 });
  });

  const STREAMS: ReadonlyArray<readonly [links: string, path: readonly string[] | undefined]> = [
    ['</s>;rt="core.c.es"', ["s"]],
    ['</s>;rt="core.c.ev"', ["s"]],
    ['</a/b>;rt="core.c.es core.c.ev",</s>;rt="core.c.es"', ["a", "b"]],
    ['<coap://192.0.2.99/s>;rt="core.c.es"', undefined],
    ["</s>", undefined],
  ];
  test.each(STREAMS)("CC-R3 CC-R4: the stream beside it: %s", (links, path) => {
    const served = servedBy(registration({ links: `</c>;rt=core.c.ds;obs,${links}` }), false);
    expect([served?.stream?.path, served?.observable]).toEqual([path, true]);
  });
});

test("CC-R6: the library is where rt=core.c.yl says", () => {
  const links = '</c>;rt="core.c.ds",</c/lib>;rt="core.c.yl"';
  const registration = { ...REGISTRATION, links };
  expect(servedBy(registration, false)?.library).toEqual({ path: ["c", "lib"], query: [] });
});

test("CC-L1: modules that the module set does not have, or has in another revision, are told", () => {
  // [{index: 0, module: [{identifier: 60000, revision: 2026-11-21}, {60200, 2020-01-01}, {4711}]}]
  const sets = "81 a2 0a 00 0b 83 a2 03 19ea60 06 44 20261121 a2 03 19eb28 06 44 20200101 a1 03 191267";
  const said = modulesIn(bytes(`a1 19727c ${sets}`));
  expect(strangers(said, schema)).toEqual([
    { sid: 60200, revision: "2020-01-01", expected: "2026-11-21" },
    { sid: 4711, revision: undefined, expected: undefined },
  ]);
  expect([modulesIn(bytes("a1 19727c f6")), modulesIn(bytes("ff")), modulesIn(new Uint8Array())]).toEqual([[], [], []]);
});

const REFUSALS: ReadonlyArray<readonly [name: string, body: string, reason: string, at: number | undefined]> = [
  ["tag, app-tag and place", "a1 190400 a3 01 1903fa 02 19eb2c 04 1903f3", "not-in-range", 60204],
  ["the tag alone", "a1 190400 a1 04 1903f3", "invalid-value", undefined],
  ["absolute SIDs", "a1 190400 a1 d82f 190404 1903f3", "invalid-value", undefined],
  ["identities with their tag", "a1 190400 a1 04 d82d 1903f3", "invalid-value", undefined],
  ["an identity by its name", "a1 190400 a1 04 6d 696e76616c69642d76616c7565", "invalid-value", undefined],
  ["a number that the draft does not have", "a1 190400 a1 01 1907d0", "2000", undefined],
  ["a place in a list", "a1 190400 a2 01 1903fa 02 82 19eb32 65 30363a3030", "not-in-range", 60210],
  ["a place that the module set does not have", "a1 190400 a2 01 1903fa 02 1a000f4240", "not-in-range", undefined],
  ["a sentence", "6f 6e6f", "4.00", undefined],
  ["nothing", "", "4.00", undefined],
  ["no container", "a1 01 02", "4.00", undefined],
];
test.each(REFUSALS)("why a node refuses: %s", (_name, body, reason, sid) => {
  const refusal = refusalIn(bytes(body), schema);
  expect([reasonOf(refusal, "4.00"), refusal.at?.sid]).toEqual([reason, sid]);
});

const [A, B, C] = ["a1 19eb35 a1 01 4101", "a1 19eb35 a1 02 4101", "a1 19eb35 a1 02 4102"];
const NEWS: ReadonlyArray<readonly [name: string, told: string, known: readonly string[], news: string]> = [
  ["all of a first answer", `${B} ${A}`, [], `${B} ${A}`],
  ["CC-E3: what came before is not new again", `${C} ${B} ${A}`, [B, A], C],
  ["CC-E3: the same once more", `${B} ${A}`, [B, A], ""],
  ["what happened twice is there twice", `${A} ${A}`, [A], A],
  ["a stream of like ones, of which the oldest are not known any more", `${A}${A}`.repeat(5), Array(8).fill(A), ""],
  ["CC-E3: a stream that keeps less than is known", `${C}`, [B, A], C],
  ["a stream that keeps more than is known", `${C} ${B} ${A} ${A}`, [B, A], C],
  ["an older one in the middle of new ones", `${C} ${A} ${B}`, [A, C], `${C} ${A} ${B}`],
  ["CC-E4: nothing at all", "", [A], ""],
  ["what is no notification of the module set", `${C} a1 1903e7 a0 ${A}`, [A], C],
];
test.each(NEWS)("news of a stream: %s", (_name, told, known, news) => {
  const found = newsIn(bytes(told), known.map(bytes), schema);
  expect(found.news.map(hex).join("")).toBe(hex(bytes(news)));
});
