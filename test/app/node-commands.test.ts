/** docs/mqtt.md, "Commands" — those to one node: what is answered at once, what waits, what ends it, what is refused before anything is queued. */
import { beforeEach, expect, test } from "@jest/globals";
import fc from "fast-check";
import { recordAccess } from "../../gateway/app/inbox/access-commands.ts";
import { days, hours, type Millis, millis, type NodeId } from "../../gateway/base/index.ts";
import { withUser } from "../../gateway/service/access/index.ts";
import type { Command } from "../../gateway/store/index.ts";
import type { Json, JsonObject } from "../../gateway/yang/index.ts";
import { threeSchemas } from "../support/building-2.ts";
import { type CloudSite, openCloudSite } from "../support/cloud-site.ts";
import { inDrill } from "../support/drill.ts";
import { ChangingSchemas } from "../support/model-sets.ts";
import { settled } from "../support/virtual-clock.ts";

let site: CloudSite;
let node: NodeId;
beforeEach(async () => {
  site = await openCloudSite();
  node = await site.services.join("room-1");
});

const take = async (op: string, args: Record<string, Json> = {}, more: Partial<Command> = {}) =>
  (await site.take({ op, args: { node, ...args }, ...more })).outcome;
/** How the command of this id has ended. */
const ended = async (id: string) => {
  await settled();
  const done = (await site.facts("command.done")).filter((fact) => fact.id === id);
  return done.length === 1 ? JSON.parse(done[0]?.answer ?? "") : done.map(({ answer }) => answer);
};
const namesAt = async (report: JsonObject): Promise<readonly string[]> =>
  (await site.wake("room-1", report)).map(({ name }) => name);
const SET_POINT = "/sidgate-building:room/set-point";
const room = (json: Json): Record<string, Json> => ({ value: { "sidgate-building:room": json } });

test("get: accepted until the node's next report, which it is told from", async () => {
  await site.wake("room-1", { report: 1, data: { "sidgate-building:room": { temperature: "20.5" } } });
  const path = "/sidgate-building:room/temperature";
  expect(await take("get", { path }, { id: "g" })).toMatchObject({ status: "accepted", position: 1 });
  expect(await take("get", { path }, { id: "g2" })).toMatchObject({ status: "accepted", position: 2 });
  expect(site.serving.looked).toEqual([node, node]);
  site.clock.advance(1000);
  await site.wake("room-1", { report: 2, data: { "sidgate-building:room": { temperature: "21.5" } } });
  expect(await ended("g")).toEqual({
    status: "completed",
    result: { node, version: "0", observed: "2026-11-21T12:00:01Z", path, value: "21.5" },
  });
  expect(await take("get", { path, maxAgeS: 5 })).toMatchObject({ status: "completed", result: { value: "21.5" } });
  site.clock.advance(5001);
  expect(await take("get", { path, maxAgeS: 5 })).toMatchObject({ status: "accepted" });
});

test("get without a path is everything; fetch tells each path, defaults too, and null where there is nothing", async () => {
  await site.wake("room-1", { report: 1, data: { "sidgate-building:room": { temperature: "20.5" } } });
  expect(await take("get", { maxAgeS: 9 })).toMatchObject({
    result: { value: { "sidgate-building:room": { temperature: "20.5" } } },
  });
  const paths = [
    "/sidgate-building:room/temperature",
    "/sidgate-building:room/mode",
    "/sidgate-building:room/period[start='06:00']",
  ];
  expect(await take("fetch", { paths, maxAgeS: 9 })).toMatchObject({
    result: {
      values: [
        { path: paths[0], value: "20.5" },
        { path: paths[1], value: "comfort" },
        { path: paths[2], value: null },
      ],
    },
  });
});

test("ipatch: what is named is merged, null goes; completed when the node has applied it", async () => {
  const args = room({ "set-point": "21.5", period: [{ start: "06:00", "set-point": "19.0" }] });
  expect(await take("ipatch", args, { id: "p" })).toMatchObject({ status: "accepted", position: 1 });
  expect(await site.facts("command.accepted")).toMatchObject([{ wait: { kind: "edit", revision: 2, parts: 2 } }]);
  expect(await namesAt({ report: 1 })).toEqual(["set-point", "period"]);
  expect(await ended("p")).toEqual([]);
  await site.wake("room-1", { report: 2, applied: 2 });
  expect(await ended("p")).toEqual({ status: "completed", result: { node, version: "2" } });
  await take("ipatch", room({ period: null, mode: "economy" }), { id: "q" });
  expect(await namesAt({ report: 3, applied: 2 })).toEqual(["period", "mode"]);
  await take("ipatch", { path: SET_POINT, value: null });
  expect(await take("get", { path: SET_POINT, maxAgeS: 60 })).toMatchObject({
    result: { version: "5", value: "20.0" },
  });
});

test("ipatch ends as failed when the node will not have it, or a later edit takes its place", async () => {
  await take("ipatch", room({ "set-point": "21.5" }), { id: "p" });
  await take("ipatch", room({ "set-point": "22.5" }), { id: "q" });
  expect(await ended("p")).toMatchObject({ status: "failed", error: { code: "command.superseded" } });
  await site.wake("room-1", { report: 1 });
  await site.wake("room-1", { report: 2, applied: 2, rejected: [{ instance: SET_POINT }] });
  expect(await ended("q")).toMatchObject({ status: "failed", error: { code: "command.rejected", path: SET_POINT } });
});

test("its deadline comes first: the edit is taken back and stays at home", async () => {
  await take("ipatch", room({ "set-point": "21.5" }), { id: "p" });
  site.clock.advance(60_000);
  expect(await ended("p")).toEqual({ status: "expired" });
  expect(site.services.mailbox.pending(node)).toBe(0);
  expect(await namesAt({ report: 1 })).toEqual([]);
});

test("what went out unconfirmed goes out no more after the deadline, and managers see what the node has", async () => {
  await take("ipatch", room({ "set-point": "21.5" }), { id: "p" });
  expect(await namesAt({ report: 1 })).toEqual(["set-point"]);
  site.clock.advance(60_000);
  expect(await ended("p")).toEqual({ status: "expired" });
  expect(await namesAt({ report: 2 })).toEqual([]);
  expect(await take("get", { path: SET_POINT, maxAgeS: 60 })).toMatchObject({ result: { value: "20.0" } });
});

test("a node that says in its first word after the deadline that it has applied it, has it", async () => {
  await take("ipatch", room({ "set-point": "21.5" }));
  await site.wake("room-1", { report: 1 });
  site.clock.advance(60_000);
  await site.wake("room-1", { report: 2, applied: 1 });
  expect(await take("get", { path: SET_POINT, maxAgeS: 60 })).toMatchObject({ result: { value: "21.5" } });
});

test("a node that forgets gets what it had applied in time, however old the command is", async () => {
  await take("ipatch", room({ "set-point": "21.5" }));
  await site.wake("room-1", { report: 1 });
  await site.wake("room-1", { report: 2, applied: 1 });
  site.clock.advance(hours(5));
  expect(await namesAt({ report: 0, applied: 0 })).toEqual(["set-point"]);
  expect(await namesAt({ report: 1, applied: 0 })).toEqual(["set-point"]);
});

test("node.identify is an edit that each time goes out anew", async () => {
  for (const report of [1, 3]) {
    expect(await take("node.identify", {}, { id: `i-${report}` })).toMatchObject({ status: "accepted" });
    expect(await namesAt({ report })).toEqual(["identify"]);
    await site.wake("room-1", { report: report + 1, applied: site.services.mailbox.box(node).revision });
    expect(await ended(`i-${report}`)).toMatchObject({ status: "completed" });
  }
});

const REFUSED: ReadonlyArray<readonly [name: string, op: string, args: Record<string, Json>, code: string]> = [
  ["a path of no model", "get", { path: "/sidgate-building:room/lamp" }, "yang.path"],
  ["an rpc as data", "fetch", { paths: ["/sidgate-node:check-in"] }, "resource.not-data"],
  ["no paths", "fetch", { paths: [] }, "command.argument"],
  ["an unknown argument", "get", { age: 1 }, "command.argument"],
  ["an unknown node", "get", { node: "n-9999" }, "node.unknown"],
  ["a value out of range", "ipatch", room({ "set-point": "99" }), "yang.not-in-range"],
  ["an unknown member", "ipatch", room({ lamp: true }), "yang.unknown-element"],
  ["what the node measures", "ipatch", room({ temperature: "20" }), "yang.read-only"],
  ["the gateway's data", "ipatch", { value: { "sidgate-gateway:gateway": { name: "x" } } }, "root.foreign"],
  ["an entry without its key", "ipatch", room({ period: [{ "set-point": "19.0" }] }), "yang.missing-key"],
  ["nothing to change", "ipatch", { value: {} }, "command.argument"],
  ["another version", "ipatch", { ...room({ mode: "economy" }), ifVersion: "4" }, "command.stale"],
  [
    "an operation that nobody does",
    "rpc",
    { name: "/sidgate-node:check-in", input: { report: 1 } },
    "operation.unsupported",
  ],
  ["data as an operation", "rpc", { name: SET_POINT }, "operation.data"],
];
test.each(REFUSED)("%s is refused at once (%s), and nothing waits", async (_name, op, args, code) => {
  expect(await take(op, args)).toMatchObject({ status: "failed", error: { code } });
  expect([...site.inbox.open()]).toEqual([]);
  expect(site.services.mailbox.pending(node)).toBe(0);
});

test.each([
  ["get", {}],
  ["ipatch", room({ mode: "economy" })],
])("%s waits for a node only until a deadline", async (op, args) => {
  const { outcome } = await site.inbox.take({ id: "x", op, args: { node, ...args }, actor: "mqtt:bms-1" });
  expect(outcome).toMatchObject({ status: "failed", error: { code: "command.missing" } });
  const late = { deadline: (site.clock.now() - 1) as Millis };
  expect(await take(op, args, late)).toMatchObject({ status: "failed", error: { code: "command.late" } });
  expect(site.services.mailbox.pending(node)).toBe(0);
});

test("a node that is removed: its commands fail", async () => {
  await take("get", {}, { id: "g" });
  await take("ipatch", room({ mode: "economy" }), { id: "p" });
  await site.services.ledger.record("node.removed", { node, actor: "cli:me" });
  for (const id of ["g", "p"]) expect(await ended(id)).toMatchObject({ error: { code: "command.node-gone" } });
});

/** What a command waits for, and the report by which its node comes up to that. */
const LAST: ReadonlyArray<readonly [op: string, args: Record<string, Json>, report: JsonObject]> = [
  ["get", { path: SET_POINT }, { report: 2 }],
  ["fetch", { paths: [SET_POINT] }, { report: 2 }],
  ["ipatch", room({ "set-point": "21.5" }), { report: 2, applied: 1 }],
  ["node.identify", {}, { report: 2, applied: 1 }],
];
test.each(LAST)(
  "%s: the last wake before the deadline completes it, the first one after it does not",
  async (op, args, report) => {
    for (const [id, wait] of [
      ["in-time", 59_999],
      ["late", 60_000],
    ] as const) {
      site = await openCloudSite();
      node = await site.services.join("room-1");
      await take(op, args, { id });
      if (op !== "get" && op !== "fetch") await site.wake("room-1", { report: 1 });
      site.clock.advance(wait);
      await site.wake("room-1", report);
      expect(await ended(id)).toMatchObject({ status: id === "in-time" ? "completed" : "expired" });
    }
  },
);

test("a node whose device is replaced: what is read of the new one counts, and an edit says what became of it", async () => {
  await take("get", { path: SET_POINT }, { id: "g" });
  await take("ipatch", room({ "set-point": "21.5" }), { id: "p" });
  const { ledger } = site.services;
  await ledger.record("node.replaced", { node, endpoint: "room-1b", former: "room-1", actor: "cli:me" });
  expect(await ended("p")).toMatchObject({ status: "failed", error: { code: "command.device-replaced" } });
  expect(await ended("g")).toEqual([]);
  await site.wake("room-1b", { report: 1 });
  expect(await ended("g")).toMatchObject({ status: "completed", result: { node } });
});

test("a node that gets another module set while commands wait: what fits goes on, what does not says so", async () => {
  const { first, second } = await threeSchemas();
  const schemas = new ChangingSchemas(second, { before: first });
  site = await openCloudSite({ schemas });
  node = await site.services.join("room-1");
  const { ledger } = site.services;
  await take("get", { path: "/sidgate-building:room/eco" }, { id: "gone" });
  await ledger.record("node.models", { node, set: "before", actor: "cli:me" });
  await site.wake("room-1", { report: 1 });
  expect(await ended("gone")).toMatchObject({ status: "failed", error: { code: "yang.path" } });
  await take("ipatch", room({ "set-point": "30.0" }), { id: "narrow" }); // the second revision ends at 25
  await take("ipatch", room({ mode: "economy" }), { id: "fits" });
  await take("get", { path: SET_POINT }, { id: "g" });
  await ledger.record("node.models", { node, actor: "cli:me" }); // the second revision again
  expect(await ended("narrow")).toMatchObject({ status: "failed", error: { code: "command.modules-changed" } });
  expect(await namesAt({ report: 2 })).toEqual(["mode"]);
  expect(await ended("g")).toMatchObject({ status: "completed" });
  await site.wake("room-1", { report: 3, applied: 2 });
  expect(await ended("fits")).toMatchObject({ status: "completed" });
});

const OPEN = "/sidgate-gateway:gateway/node/remove";
test("without a node it is the gateway's own datastore", async () => {
  const of = (op: string, args: Record<string, Json>) => site.take({ op, args }).then(({ outcome }) => outcome);
  expect(await of("ipatch", { value: { "sidgate-gateway:gateway": { name: "Roof" } } })).toMatchObject({
    status: "completed",
  });
  expect(await of("get", { path: "/sidgate-gateway:gateway/name" })).toMatchObject({ result: { value: "Roof" } });
  const gone = { name: `${OPEN.replace("/node/", `/node[id='${node}']/`)}` };
  expect(await of("rpc", gone)).toMatchObject({ error: { code: "operation.unsupported" } });
});

test("rpc: passed on to a node that does it, when it listens", async () => {
  const inputs: unknown[] = [];
  site = await openCloudSite({
    calls:
      () =>
      async ({ input }) => {
        inputs.push(input);
        return undefined;
      },
  });
  node = await site.services.join("room-1");
  site.serving.ids.add(node);
  const input = { report: 7 };
  expect(await take("rpc", { name: "sidgate-node:check-in", input }, { id: "r" })).toMatchObject({
    status: "accepted",
  });
  expect(await ended("r")).toEqual({ status: "completed", result: { output: {} } });
  site.serving.asleep.add(node);
  await take("rpc", { name: "/sidgate-node:check-in", input: { "sidgate-node:input": input } }, { id: "s" });
  await take("rpc", { name: "/sidgate-node:check-in", input }, { id: "t", deadline: millis(site.clock.now() + 10) });
  expect(inputs).toHaveLength(1);
  site.clock.advance(10);
  expect(await ended("t")).toEqual({ status: "expired" });
  site.serving.asleep.delete(node);
  await site.wake("room-1", { report: 1 });
  expect(await ended("s")).toMatchObject({ status: "completed" });
  expect(inputs).toHaveLength(2);
});

test("after a restart a call is interrupted, and all else goes on as it stood", async () => {
  site = await openCloudSite({
    calls: () => () => new Promise(() => undefined),
  });
  node = await site.services.join("room-1");
  await take("rpc", { name: "/sidgate-node:check-in", input: { report: 7 } }, { id: "r" });
  await take("get", {}, { id: "g", deadline: (site.clock.now() + days(1)) as Millis });
  await take("ipatch", room({ mode: "economy" }), { id: "p" });
  site = await site.restart();
  expect(await ended("r")).toMatchObject({ status: "failed", error: { code: "command.interrupted" } });
  site.clock.advance(60_000);
  expect(await ended("p")).toEqual({ status: "expired" });
  await site.wake("room-1", { report: 1 });
  expect(await ended("g")).toMatchObject({ status: "completed" });
});

test("RFC 8341: a client that the rules know has their rights, at the time of the answer too", async () => {
  site = await openCloudSite({ managers: ["bms-1"] });
  node = await site.services.join("room-1");
  const { access } = site.services;
  if (access === undefined) throw new RangeError("no rules");
  const inGroup = (group: string[]) =>
    recordAccess(withUser(access.config, "bms-1", group), "cli:me", {
      ...site.services,
      access,
      recorder: site.services.ledger,
    });
  await take("get", { path: SET_POINT }, { id: "g" });
  await inGroup(["viewer"]);
  const denied = { status: "failed", error: { code: "access.denied" } };
  expect(await take("ipatch", room({ "set-point": "21.5" }))).toMatchObject(denied);
  expect(await take("ipatch", room({ "set-point": "21.5" }), { actor: "mqtt:bms-2" })).toMatchObject({
    status: "accepted",
  });
  expect(await take("get", { path: SET_POINT, maxAgeS: 60 })).toMatchObject({ status: "accepted" });
  await inGroup(["nobody"]);
  await site.wake("room-1", { report: 1 });
  expect(await ended("g")).toMatchObject({ status: "completed", result: { path: SET_POINT, value: null } });
});

/** What may happen in a course; numbers are taken modulo what there is. */
const ROOM = fc.constantFrom(0, 0, 0, 1);
const asked = (op: "ipatch" | "get") =>
  fc.record({ do: fc.constant(op), room: ROOM, within: fc.integer({ min: 1, max: 20 }) });
const STEP = fc.oneof(
  { arbitrary: asked("ipatch"), weight: 4 },
  { arbitrary: asked("get"), weight: 1 },
  { arbitrary: fc.record({ do: fc.constant("repeat" as const), which: fc.nat(20) }), weight: 1 },
  // `hears`: the answer reaches the node, which has then applied it; `rejects`: it will not have the last of it.
  {
    arbitrary: fc.record({ do: fc.constant("wake" as const), room: ROOM, hears: fc.boolean(), rejects: fc.boolean() }),
    weight: 5,
  },
  { arbitrary: fc.record({ do: fc.constant("pass" as const), time: fc.integer({ min: 1, max: 15 }) }), weight: 4 },
  { arbitrary: fc.record({ do: fc.constant("restart" as const) }), weight: 1 },
  { arbitrary: fc.record({ do: fc.constant("remove" as const), room: ROOM }), weight: 1 },
);

test("whatever happens, each id is carried out at most once, ends exactly once, and nothing goes out after its deadline", async () => {
  const course = fc.array(STEP, { minLength: 1, maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(course, async (steps) => {
      site = await openCloudSite();
      const rooms = [await site.services.join("room-0"), await site.services.join("room-1")];
      const reports = [0, 0];
      const applied = [0, 0];
      const given: Command[] = [];
      const deadlines = new Map<Json, Millis>(); // by the value that only that command sets
      for (const step of steps) {
        switch (step.do) {
          case "ipatch":
          case "get": {
            const value = (5 + given.length / 10).toFixed(1);
            const deadline = millis(site.clock.now() + step.within * 1000);
            const args = step.do === "get" ? {} : { path: SET_POINT, value };
            const next = {
              id: `i-${given.length}`,
              actor: "mqtt:x",
              op: step.do,
              deadline,
              args: { node: rooms[step.room] ?? "", ...args },
            };
            given.push(next);
            if (step.do === "ipatch") deadlines.set(value, deadline);
            await site.inbox.take(next);
            break;
          }
          case "repeat": {
            const again = given[step.which % Math.max(1, given.length)];
            if (again !== undefined) expect(await site.inbox.take(again)).toMatchObject({ recorded: false });
            break;
          }
          case "wake": {
            const { room: index } = step;
            const id = rooms[index];
            if (id === undefined || site.services.registry.find(id) === undefined) break;
            reports[index] = (reports[index] ?? 0) + 1;
            const rejected = step.rejects && (applied[index] ?? 0) > 0 ? { rejected: [{ instance: SET_POINT }] } : {};
            const sent = await site.wake(`room-${index}`, {
              report: reports[index] ?? 0,
              applied: applied[index] ?? 0,
              ...rejected,
            });
            for (const { value } of sent) expect(deadlines.get(value)).toBeGreaterThan(site.clock.now());
            const { revision } = site.services.mailbox.box(id);
            if (step.hears && sent.length > 0) applied[index] = revision;
            break;
          }
          case "pass":
            site.clock.advance(step.time * 1000);
            break;
          case "restart":
            await site.services.ledger.checkpoint();
            site = await site.restart();
            break;
          case "remove": {
            const node = rooms[step.room];
            if (node !== undefined && site.services.registry.find(node) !== undefined) {
              await site.services.ledger.record("node.removed", { node, actor: "cli:me" });
            }
          }
        }
      }
      site.clock.advance(60_000);
      await settled();
      expect([...site.inbox.open()]).toEqual([]);
      const done = (await site.facts("command.done")).map(({ id }) => id);
      expect([...done].sort()).toEqual(given.map(({ id }) => id).sort());
      const edited = (await site.facts("datastore.edited")).filter(({ actor }) => actor === "mqtt:x");
      expect(edited.length).toBeLessThanOrEqual(given.filter(({ op }) => op === "ipatch").length);
    }),
    { seed: 8, numRuns: inDrill(40, 2000) },
  );
});
