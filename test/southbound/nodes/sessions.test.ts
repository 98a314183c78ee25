/** A node that serves its datastore: read, edited from the mailbox, watched; nothing twice, nothing lost, one request at a time. */
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import fc from "fast-check";
import { minutes, type NodeId, seconds } from "../../../gateway/base/index.ts";
import { acceptEdit } from "../../../gateway/service/mailbox/index.ts";
import type { Fact } from "../../../gateway/store/index.ts";
import { fromJson, type JsonObject, type Tree, toJson } from "../../../gateway/yang/index.ts";
import { atRest, builtIn, DATASTORE_ONLY, LINKS, openServedSite, type ServedSite } from "../../support/served-site.ts";
import { bytes, hex } from "../../support/services.ts";
import { answer, ServingNode } from "../../support/serving-node.ts";

const schema = await builtIn;
const ROOM = "/sidgate-building:room";
const json = (content: JsonObject): Tree => fromJson({ "sidgate-building:room": content }, schema);

let site: ServedSite;
let server: ServingNode;
let node: NodeId;
beforeEach(async () => {
  server = new ServingNode(schema, json({ temperature: "21.5", "set-point": "20.0", mode: "economy" }));
  site = await openServedSite(server);
  node = await site.join("room-1");
});
afterEach(() => site.close());

const data = (): JsonObject => toJson(site.registry.get(node).tree, schema)["sidgate-building:room"] as JsonObject;
const told = <T extends Fact["type"]>(type: T) =>
  site.facts.filter((fact): fact is Extract<Fact, { type: T }> => fact.type === type);
const states = (): readonly string[] =>
  site.mailbox.box(node).edits.map(({ path, status }) => `${path} ${status.state}`);
const edits = async (hexes: string): Promise<string> => {
  const { code } = await site.manager("iPATCH", `n/${node}/c`, { contentFormat: 142, payload: bytes(hexes) });
  await atRest(site);
  return code;
};
/** 60204 set-point, 60209 mode. */
const SET_POINT_22 = "a1 19eb2c c482 21 190898";
const MODE_COMFORT = "a1 19eb31 02";
const registered = async (links?: string): Promise<void> => {
  await site.registers(node, links);
  await atRest(site);
};
const read = async (links = DATASTORE_ONLY): Promise<void> => {
  await registered(links);
  server.answers();
  await atRest(site);
};

test("what a node registers begins a session, and its datastore is read", async () => {
  await registered(DATASTORE_ONLY);
  expect(
    server.open.map(({ question, peer }) => [question.method, question.path, question.accept, peer.remote]),
  ).toEqual([["GET", ["c"], 140, { address: "192.0.2.7", port: 40007 }]]);
  server.answers();
  await atRest(site);
  expect(data()).toEqual({ temperature: "21.5", "set-point": "20.0", mode: "economy" });
  expect(site.sessions.servedBy(node)).toBe("coap://192.0.2.7:40007/c");
  expect(told("node.read")).toHaveLength(1);
});

test("nothing is recorded when nothing changed, and an ETag saves the air", async () => {
  await read();
  await read();
  expect(server.asked).toEqual(["GET c", "GET c"]);
  expect(told("node.read")).toHaveLength(1);
});

test("suit-report: a report that is read from the node is a fact of its own, once", async () => {
  server.tree = fromJson({ "sidgate-suit:suit": { report: "/w==" } }, schema);
  await read();
  server.tree = fromJson({ "sidgate-suit:suit": { report: "/w==", "gateway-mac": [null] } }, schema);
  await read();
  expect(told("node.read")).toHaveLength(2);
  expect(told("release.reported")).toMatchObject([{ node, result: "doubtful", report: Uint8Array.of(0xff) }]);
  expect(site.facts.findIndex(({ type }) => type === "release.reported")).toBeLessThan(
    site.facts.findIndex(({ type }) => type === "node.read"),
  );
});

test("only what is new is recorded, and what is not there any more", async () => {
  await read();
  server.tree = json({ temperature: "22.0", mode: "economy", humidity: 40 });
  await read();
  const [, second] = told("node.read");
  expect(toJson(site.registry.get(node).tree, schema)).toEqual({
    "sidgate-building:room": { temperature: "22.0", mode: "economy", humidity: 40, "set-point": "20.0" },
  });
  expect(second?.gone).toBeUndefined(); // the set-point equals its default, so a trimmed answer may leave it out
  server.tree = json({ mode: "economy" });
  await read();
  expect(data()).toEqual({ mode: "economy", "set-point": "20.0" });
  expect(hex(told("node.read")[2]?.gone)).toBe(hex(bytes("19eb2a 19eb2b"))); // temperature and humidity
});

test("what the module set does not know is passed over, and nothing else is lost", async () => {
  await registered(DATASTORE_ONLY);
  const body = bytes("a2 19eb29 a2 01 c482 21 190866 1896 05 1a000f4240 01"); // room {temperature, ?}, ?
  server.answersWith(answer("2.05", { payload: body, contentFormat: 140 }));
  await atRest(site);
  expect(data()).toEqual({ temperature: "21.5" });
});

test("CC-L1: a node that tells its modules is asked for them once", async () => {
  const links = '</c>;rt="core.c.ds core.c.yl"';
  await read(links);
  expect(server.open.map(({ question }) => [question.method, question.contentFormat, hex(question.payload)])).toEqual([
    ["FETCH", 141, hex(bytes("19727c"))],
  ]);
  server.answersWith(answer("2.05", { payload: bytes("a1 19727c 81 a1 0b 81 a1 03 191267"), contentFormat: 142 }));
  await atRest(site);
  await read(links);
  expect(server.asked).toEqual(["GET c", "FETCH c", "GET c"]);
});

test("an edit goes out at once, is written down before it does, and is applied when the node says so", async () => {
  await read();
  expect(await edits(SET_POINT_22)).toBe("2.04");
  expect(states()).toEqual([`${ROOM}/set-point delivered`]);
  expect(server.open.map(({ question }) => [question.method, question.contentFormat, hex(question.payload)])).toEqual([
    ["iPATCH", 142, hex(bytes(SET_POINT_22))],
  ]);
  server.answers();
  await atRest(site);
  expect(states()).toEqual([`${ROOM}/set-point applied`]);
  expect(told("edit.state").map(({ to, pending }) => [to, pending])).toEqual([
    ["delivered", undefined],
    ["applied", 0],
  ]);
  server.answers(); // it is read once more, to see what became of it
  await atRest(site);
  expect(data()["set-point"]).toBe("22.0");
  expect(told("node.read")).toHaveLength(1);
});

test("what waits lies over what the node still has", async () => {
  await read();
  await edits(SET_POINT_22);
  server.losesRequest();
  await atRest(site);
  await registered(DATASTORE_ONLY); // the edit goes first
  expect(server.asked.slice(-2)).toEqual(["iPATCH c", "iPATCH c"]);
  server.answersWith(answer("2.04")); // and is not in force at once
  await atRest(site);
  await edits(MODE_COMFORT);
  server.answers(); // it is read, and what waits now is not undone
  await atRest(site);
  expect([data()["set-point"], data()["mode"]]).toEqual(["20.0", "comfort"]);
});

test("a lost answer leaves the edit waiting; it goes again after a while, and means the same", async () => {
  await read();
  await edits(SET_POINT_22);
  server.losesAnswer();
  await atRest(site);
  expect([server.open.length, states()]).toEqual([0, [`${ROOM}/set-point delivered`]]);
  await atRest(site, minutes(1));
  server.answers();
  await atRest(site);
  expect(server.applied).toEqual([hex(bytes(SET_POINT_22)), hex(bytes(SET_POINT_22))]);
  expect(states()).toEqual([`${ROOM}/set-point applied`]);
});

test("the edit that the node names is rejected, and the rest goes again", async () => {
  await read();
  server.refuses.add(`${ROOM}/mode`);
  await edits(`${SET_POINT_22} ${MODE_COMFORT}`);
  server.answers();
  await atRest(site);
  expect(states()).toEqual([`${ROOM}/set-point delivered`, `${ROOM}/mode rejected`]);
  server.answers();
  await atRest(site);
  expect(told("edit.state").map(({ to, reason }) => [to, reason])).toEqual([
    ["delivered", undefined],
    ["rejected", "not-in-range"],
    ["applied", undefined],
  ]);
  expect([data()["set-point"], data()["mode"]]).toEqual(["22.0", "economy"]);
});

test("a node that does not say which edit it means gets them one by one", async () => {
  await read();
  server.refuses.add(`${ROOM}/set-point`);
  server.saysWhich = false;
  await edits(`${SET_POINT_22} ${MODE_COMFORT}`);
  server.answers(); // both
  await atRest(site);
  server.answers(); // the first
  await atRest(site);
  server.answers(); // the other
  await atRest(site);
  expect(states()).toEqual([`${ROOM}/set-point rejected`, `${ROOM}/mode applied`]);
});

const LATER: ReadonlyArray<readonly [code: string, first: number]> = [
  ["4.01", 30],
  ["4.04", 30],
  ["4.29", 120],
  ["5.03", 120],
];
test.each(LATER)("%s says nothing of the edits: they wait", async (code, maxAge) => {
  await read();
  await edits(SET_POINT_22);
  server.answersWith(answer(code, { maxAge }));
  await atRest(site);
  expect([states(), server.open.length]).toEqual([[`${ROOM}/set-point delivered`], 0]);
  await atRest(site, seconds(maxAge + 20));
  expect(server.open).toHaveLength(1);
});

test("a node that takes no edits at all rejects each of them", async () => {
  await read();
  await edits(SET_POINT_22);
  server.answersWith(answer("4.05"));
  await atRest(site);
  expect(site.mailbox.box(node).edits.map(({ status }) => [status.state, status.reason])).toEqual([
    ["rejected", "4.05"],
  ]);
  expect(data()["set-point"]).toBe("20.0");
});

test("a node that does not answer is asked again after longer and longer pauses, and at once when it registers", async () => {
  await registered(DATASTORE_ONLY);
  server.losesRequest();
  await atRest(site, seconds(14));
  expect(server.open).toHaveLength(0);
  await atRest(site, seconds(32));
  server.losesRequest();
  await atRest(site, seconds(29));
  expect(server.open).toHaveLength(0);
  await registered(DATASTORE_ONLY);
  expect(server.open).toHaveLength(1);
});

test("a node is looked at as often as it should wake", async () => {
  await read();
  await atRest(site, minutes(14));
  expect(server.open).toHaveLength(0);
  await atRest(site, minutes(4));
  expect(server.open).toHaveLength(1);
});

test("a node that says how long it listens is left in peace when that is over", async () => {
  server.tree = fromJson({ "sidgate-node:node": { "awake-time": 20 } }, schema);
  await read();
  await read(); // known from here on
  await atRest(site, seconds(21));
  await edits(SET_POINT_22);
  await atRest(site, minutes(60));
  expect([server.open.length, states()]).toEqual([0, [`${ROOM}/set-point waiting`]]);
  await registered(DATASTORE_ONLY);
  expect(server.open.map(({ question }) => question.method)).toEqual(["iPATCH"]);
  expect(server.open[0]?.peer.awakeUntil).toBe(site.clock.now() + 20_000);
});

test("a node that slept when the gateway was started again is left to sleep", async () => {
  server.tree = fromJson({ "sidgate-node:node": { "awake-time": 20 } }, schema);
  await read();
  await atRest(site, minutes(5));
  await site.close();
  const asked = server.asked.length;
  site = await openServedSite(server, { journal: site.journal, clock: site.clock });
  await atRest(site, minutes(60));
  expect(server.asked).toHaveLength(asked);
  await registered(DATASTORE_ONLY);
  expect(server.open).toHaveLength(1);
});

test("the end of a registration ends the session, whatever is being asked", async () => {
  await registered(DATASTORE_ONLY);
  await site.unregisters(node);
  await atRest(site, minutes(120));
  expect([server.open.length, server.asked, site.sessions.servedBy(node)]).toEqual([0, ["GET c"], undefined]);
});

test("another device in the node's place serves nothing until it registers", async () => {
  await read();
  const former = { node, endpoint: "room-9", former: "room-1", actor: "test" };
  await site.ledger.record("node.replaced", former);
  expect(site.sessions.servedBy(node)).toBeUndefined();
});

test("notifications of the node's stream are facts, once, and lead to one more look", async () => {
  server.stream = bytes("a1 19eb35 a1 01 4101"); // sidgate-building:alarm {cleared: low-battery}
  await read(LINKS);
  expect(told("node.notified").map(({ notifications }) => hex(notifications))).toEqual([hex(server.stream)]);
  const newer = bytes("a1 19eb35 a1 02 4101 a1 19eb35 a1 01 4101");
  server.listener?.notified(answer("2.05", { payload: newer, contentFormat: 142, observe: 2 }));
  await atRest(site);
  expect(told("node.notified").map(({ notifications }) => hex(notifications))).toEqual([
    hex(server.stream),
    hex(bytes("a1 19eb35 a1 02 4101")),
  ]);
  const before = server.asked.length;
  await atRest(site, minutes(2));
  expect(server.asked.slice(before)).toEqual(["GET c"]);
});

test("what was told before a restart of the gateway is not told again", async () => {
  server.stream = bytes("a1 19eb35 a1 01 4101");
  await read(LINKS);
  expect(told("node.notified")).toHaveLength(1);
  await site.close();
  site = await openServedSite(server, { journal: site.journal, clock: site.clock });
  await atRest(site, seconds(2));
  expect(server.asked.filter((each) => each === "observe s")).toHaveLength(2);
  expect(told("node.notified")).toEqual([]);
});

test("a datastore that can be observed says itself what became of it", async () => {
  await registered('</c>;rt="core.c.ds";obs');
  await atRest(site);
  server.answers();
  await atRest(site);
  server.measures(json({ temperature: "23.0" }));
  server.datastoreListener?.notified(answer("2.05", { payload: server.body(), contentFormat: 140, observe: 2 }));
  await atRest(site);
  expect([data()["temperature"], server.asked]).toEqual(["23.0", ["observe c", "GET c"]]);
});

test("an observation that ends is begun again", async () => {
  server.stream = new Uint8Array(0);
  await read(LINKS);
  server.listener?.ended({ error: new RangeError("reset") });
  await atRest(site);
  expect(server.asked.filter((each) => each === "observe s")).toHaveLength(2);
});

test("a healthy visit is a wake for edits on trial, an edit's own look is none", async () => {
  await read();
  const services = { ...site, recorder: site.ledger };
  const wanted = [{ id: { sid: 60204, keys: [] }, value: 2200n }];
  await acceptEdit(site.registry.get(node), wanted, services, { actor: "cli:me", confirm: { wakes: 1 } });
  await atRest(site);
  server.answers(); // iPATCH
  await atRest(site);
  server.answers(); // the look that follows
  await atRest(site);
  expect(told("edit.trial")).toEqual([]);
  await read();
  expect(told("edit.trial").map(({ outcome }) => outcome)).toEqual(["confirmed"]);
});

test("a gateway that was killed between an iPATCH and its answer sends it again", async () => {
  await read();
  await edits(SET_POINT_22);
  server.losesAnswer();
  await site.close();
  site = await openServedSite(server, { journal: site.journal, clock: site.clock });
  expect(states()).toEqual([`${ROOM}/set-point delivered`]);
  await atRest(site, seconds(2));
  server.answers();
  await atRest(site);
  expect([server.applied.length, states()]).toEqual([2, [`${ROOM}/set-point applied`]]);
});

test("after a restart nodes are asked one after the other", async () => {
  const others = await Promise.all(Array.from({ length: 40 }, (_, at) => site.join(`other-${at}`)));
  for (const other of others) await site.registers(other, DATASTORE_ONLY);
  await site.close();
  const fresh = new ServingNode(schema);
  site = await openServedSite(fresh, { journal: site.journal, clock: site.clock });
  await atRest(site, seconds(1));
  expect(fresh.mostAtOnce).toBeLessThanOrEqual(8);
  await atRest(site, seconds(20));
  expect(fresh.mostAtOnce).toBe(8);
});

type Step = "answers" | "loses the answer" | "loses the request" | "registers" | "edits" | "waits" | "restarts";
const steps = fc.array(
  fc.tuple(
    fc.constantFrom<Step>(
      "answers",
      "loses the answer",
      "loses the request",
      "registers",
      "edits",
      "waits",
      "restarts",
    ),
    fc.integer({ min: 0, max: 30 }),
  ),
  { maxLength: 25 },
);

test("no edit is lost, none goes out again once it is applied, and one request is out at a time", async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (script) => {
      const own = new ServingNode(schema);
      let gateway = await openServedSite(own);
      const id = await gateway.join("room-1");
      await gateway.registers(id, DATASTORE_ONLY);
      const wanted = new Map<string, number>();
      for (const [step, number] of script) {
        if (step === "answers" && own.open.length > 0) own.answers();
        else if (step === "loses the answer" && own.open.length > 0) own.losesAnswer();
        else if (step === "loses the request" && own.open.length > 0) own.losesRequest();
        else if (step === "registers") await gateway.registers(id, DATASTORE_ONLY);
        else if (step === "waits") await atRest(gateway, minutes(number));
        else if (step === "restarts") {
          await gateway.close();
          gateway = await openServedSite(own, { journal: gateway.journal, clock: gateway.clock });
        } else if (step === "edits") {
          const which = number % 2 === 0 ? "set-point" : "mode";
          const [sid, value] = which === "mode" ? [60209, number % 3] : [60204, BigInt(1000 + number)];
          wanted.set(which, Number(value));
          const edit = [{ id: { sid, keys: [] }, value }];
          const services = { ...gateway, recorder: gateway.ledger };
          await acceptEdit(gateway.registry.get(id), edit, services, { actor: "test" });
        }
        await atRest(gateway);
        expect(own.open.length).toBeLessThanOrEqual(1);
      }
      for (let rounds = 0; rounds < 30; rounds++) {
        await gateway.registers(id, DATASTORE_ONLY);
        await atRest(gateway);
        if (own.open.length > 0) own.answers();
        await atRest(gateway);
      }
      const room = own.tree.get(60201) as Tree | undefined;
      if (wanted.has("mode")) expect(room?.get(60209)).toBe(wanted.get("mode"));
      if (wanted.has("set-point")) expect(Number(room?.get(60204))).toBe(wanted.get("set-point"));
      expect(gateway.mailbox.pending(id)).toBe(0);
      expect(gateway.registry.get(id).tree.get(60201)).toEqual(room);
      const sent = own.asked.filter((each) => each.startsWith("iPATCH")).length;
      await gateway.registers(id, DATASTORE_ONLY);
      await atRest(gateway);
      expect(own.asked.filter((each) => each.startsWith("iPATCH"))).toHaveLength(sent);
      await gateway.close();
    }),
    { numRuns: 12 },
  );
});
