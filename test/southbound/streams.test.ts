/** The event streams by their bytes: what the gateway tells of itself and its nodes, what nodes tell, who hears what. */
import { beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { Trace } from "../../gateway/app/status/trace.ts";
import { millis, type NodeId, type Peer } from "../../gateway/base/index.ts";
import type { Request, Response } from "../../gateway/coap/index.ts";
import { ALL_OPERATIONS, withRule, withUser } from "../../gateway/service/access/index.ts";
import { libraryChecksum } from "../../gateway/southbound/coreconf/index.ts";
import type { FactBodies, FactType } from "../../gateway/store/index.ts";
import {
  decodeInstances,
  encodeInstances,
  fixedSchema,
  instanceToJson,
  type Schema,
} from "../../gateway/yang/index.ts";
import { threeSchemas } from "../support/building-2.ts";
import { ChangingSchemas } from "../support/model-sets.ts";
import { ANYBODY, bytes, hex, openServices, request, type Services } from "../support/services.ts";
import { sidIn, workshopSchema } from "../support/workshop.ts";

let services: Services;
let node: NodeId;
beforeEach(async () => {
  services = await openServices();
  node = await services.join("room-1");
});

const ask = async (
  method: Request["method"],
  path: string,
  more: Partial<Request> = {},
  peer: Peer = ANYBODY,
): Promise<Response> => services.handler(peer, request(method, path, more));
const stream = async (path = "s"): Promise<string> => hex((await ask("GET", path)).payload);
const filtered = async (ids: string, path = "s", peer = ANYBODY): Promise<string> =>
  hex((await ask("FETCH", path, { contentFormat: 141, payload: bytes(ids) }, peer)).payload);
const record = <T extends FactType>(type: T, body: FactBodies[T]): Promise<void> => services.ledger.record(type, body);
/** A node tells by POST to its own /s. */
const tells = (payload: string, endpoint = "room-1", more: Partial<Request> = {}): Promise<Response> =>
  ask("POST", "s", { query: [`ep=${endpoint}`], contentFormat: 142, payload: bytes(payload), ...more });
const checkIn = async (payload: string): Promise<Response> =>
  (await services.checkIn.answer(
    ANYBODY,
    request("POST", "c", { query: ["ep=room-1"], contentFormat: 142, payload: bytes(payload) }),
  )) ?? { code: "5.00" };

/** {60213 (alarm): {2 (raised): frost}}, {60213: {1 (cleared): window-open}} */
const FROST = "a1 19eb35 a1 02 4108";
const CLOSED = "a1 19eb35 a1 01 4102";
const text = (of: string): string => `${(0x60 + of.length).toString(16)}${Buffer.from(of).toString("hex")}`;
const ROOM = "n-0001" as NodeId;
const NODE = text(ROOM);
/** "2026-11-21T12:00:00Z" */
const NOON = `74${Buffer.from("2026-11-21T12:00:00Z").toString("hex")}`;

describe("what the gateway tells", () => {
  const ROWS: ReadonlyArray<readonly [title: string, record: () => Promise<void>, golden: string]> = [
    [
      "CC-E1: a node is late",
      () => record("node.reachability", { node: ROOM, from: "asleep", to: "overdue", missedWakes: 1 }),
      `a1 19ebbe a4 01 ${NODE} 02 02 03 03 04 ${NOON}`,
    ],
    [
      "CC-E1: a node left",
      () => record("node.removed", { node: ROOM, actor: "t" }),
      `a1 19ebc4 a2 01 ${NODE} 02 ${NOON}`,
    ],
    [
      "CC-E1: another device took a node's place",
      () => record("node.replaced", { node: ROOM, endpoint: "b", former: "room-1", actor: "t" }),
      `a1 19ebc7 a4 07 6162 08 ${text("room-1")} 09 ${NODE} 0a ${NOON}`,
    ],
    [
      "CC-E1: an update got on",
      () => record("ota.phase", { campaign: "c-1", node: ROOM, from: "idle", to: "available" }),
      `a1 19eaec a5 01 ${NODE} 02 63632d31 03 00 04 01 06 ${NOON}`,
    ],
    [
      "CC-E1: the gateway's clock became right",
      () => record("clock.state", { synchronised: true, why: "told", step: millis(60_000) }),
      `a1 19eb94 a3 01 19ea60 12 f5 13 ${NOON}`,
    ],
    [
      "CC-E5: edits of a node got on, under the node's key",
      () => record("edit.state", { node: ROOM, to: "rejected", edits: [{ revision: 7, path: "/a" }], reason: "no" }),
      `a1 82 19eba9 ${NODE} a4 0a 81 a2 01 622f61 02 07 0d 626e6f 0e ${NOON} 0f 03`,
    ],
    [
      "CC-E5: a trial ended, under the node's key",
      () => record("edit.trial", { node: ROOM, revision: 7, outcome: "reverted", reason: "no" }),
      `a1 82 19ebba ${NODE} a4 01 01 02 626e6f 03 07 09 ${NOON}`,
    ],
  ];
  test.each(ROWS)("%s", async (_title, recorded, golden) => {
    const joined = await stream();
    expect(joined).toBe(hex(bytes(`a1 19ebc8 a2 01 ${NODE} 02 ${NOON}`)));
    await recorded();
    const told = await stream();
    // CC-E2: newest first
    expect(told.slice(0, -joined.length)).toBe(hex(instancesOf(golden)));
    expect(told.slice(-joined.length)).toBe(joined);
  });

  /** Members in the order of the gateway's own maps are written as they come; compare as values. */
  const instancesOf = (golden: string): Uint8Array =>
    encodeInstances(decodeInstances(bytes(golden), services.schema), services.schema);

  test("CC-E5: an edit that waits is told with what it edits", async () => {
    await ask("iPATCH", `n/${node}/c`, { contentFormat: 142, payload: bytes("a1 19eb31 01 a1 19eb2c c482211908ca") });
    const [newest] = decodeInstances(bytes(await stream()), services.schema);
    expect(newest && instanceToJson(newest, services.schema)).toEqual({
      "sidgate-gateway:gateway": {
        node: [
          {
            id: node,
            "edit-state": {
              edit: [
                { revision: 1, path: "/sidgate-building:room/mode" },
                { revision: 2, path: "/sidgate-building:room/set-point" },
              ],
              to: "waiting",
              time: "2026-11-21T12:00:00Z",
            },
          },
        ],
      },
    });
  });

  test("CC-L1: the schema of the gateway changed, and its checksum is told", async () => {
    const before = await stream();
    await record("models.changed", { checksum: Uint8Array.of(1) });
    expect(await stream()).toBe(before); // told for the first time, so nothing has changed
    await record("models.changed", { checksum: Uint8Array.of(2) });
    expect(await stream()).toBe(`${hex(bytes("a1 197276 a1 01 41 02"))}${before}`);
  });

  test("CC-E4: nothing to report is a sequence of nothing: zero bytes", async () => {
    services = await openServices();
    const answer = await ask("GET", "s");
    expect(answer).toMatchObject({ code: "2.05", contentFormat: 142 });
    expect(answer.payload).toHaveLength(0);
  });

  test("CC-E3: what a stream shows survives a restart, byte for byte", async () => {
    await tells(`${FROST}${CLOSED}`);
    await record("edit.trial", { node, revision: 7, outcome: "confirmed" });
    const before = [await stream(), await stream(`n/${node}/s`)];
    for (const checkpoint of [false, true]) {
      if (checkpoint) await services.ledger.checkpoint();
      services = await openServices({ on: services });
      expect([await stream(), await stream(`n/${node}/s`)]).toEqual(before);
    }
  });
});

describe("filters", () => {
  test("CC-E6 CC-D6: FETCH names the kinds of notifications wanted; what is none matches nothing", async () => {
    await record("node.reachability", { node, from: "asleep", to: "lost", missedWakes: 9 });
    const late = hex(bytes(`a1 19ebbe a4 01 ${NODE} 02 02 03 04 04 ${NOON}`));
    const joined = hex(bytes(`a1 19ebc8 a2 01 ${NODE} 02 ${NOON}`));
    expect(await filtered("19ebbe")).toBe(late);
    expect(await filtered("19ebc8 19ebbe")).toBe(`${late}${joined}`); // in the order of the stream
    expect(await filtered("19ebc8 19ea61 19eb8d 1a000f4240")).toBe(joined); // an rpc, a container, a stranger
    expect(await filtered("")).toBe("");
  });

  test("CC-E5 CC-E6: [SID, keys] picks the notifications of one list entry", async () => {
    const other = await services.join("room-2");
    const edits = [{ revision: 1, path: "/a" }];
    for (const whose of [node, other, node]) await record("edit.state", { node: whose, to: "applied", edits });
    const [all, one, two, none] = [
      await filtered("19eba9"),
      await filtered(`82 19eba9 ${NODE}`),
      await filtered(`82 19eba9 ${text(other)}`),
      await filtered(`82 19eba9 ${text("n-9999")}`),
    ];
    expect([all.length, one.length, none.length]).toEqual([3 * two.length, 2 * two.length, 0]);
    expect(all).toBe(`${one.slice(0, two.length)}${two}${two.replace(hex(bytes(text(other))), hex(bytes(NODE)))}`);
  });

  test.each<readonly [title: string, more: Partial<Request>, code: string]>([
    ["CC-E6: a filter of another content format", { contentFormat: 142, payload: bytes("a1 19ebc8 f6") }, "4.15"],
    ["CC-E6: a filter that is no sequence of identifiers", { contentFormat: 141, payload: bytes("a0") }, "4.00"],
    ["CC-E6: a key of another type", { contentFormat: 141, payload: bytes("82 19eba9 01") }, "4.00"],
    ["CC-E6: a query", { contentFormat: 141, query: ["c=a"] }, "4.02"],
    ["CC-E6: another format than there is", { contentFormat: 141, accept: 140 }, "4.06"],
  ])("%s", async (_title, more, code) => {
    expect(await ask("FETCH", "s", more)).toMatchObject({ code, contentFormat: 140 });
  });

  test.each(["iPATCH", "PUT", "POST", "DELETE"] as const)(
    "CC-D6: %s is no method of a manager's stream",
    async (method) => {
      for (const path of ["s", `n/${node}/s`]) {
        expect((await ask(method, path, { contentFormat: 142 })).code).toBe("4.05");
      }
    },
  );
});

describe("what a node tells", () => {
  const own = (): Promise<string> => stream(`n/${node}/s`);

  test("CC-E2: with its check-in, newest first; durable with the report, and not repeated for a repeat", async () => {
    const report = `a1 19ea61 a3 02 01 05 a1 18c3 a1 07 4108 17 ${(0x40 + 16).toString(16)} ${FROST}${CLOSED}`;
    expect((await checkIn(report)).code).toBe("2.04");
    expect(await own()).toBe(hex(bytes(`${FROST}${CLOSED}`)));
    expect((await checkIn(report)).code).toBe("2.04");
    await checkIn(`a1 19ea61 a2 02 02 17 48 ${CLOSED}`);
    expect(await own()).toBe(hex(bytes(`${CLOSED}${FROST}${CLOSED}`)));
    const facts = await services.journal.read(1, 100);
    expect(facts.map(({ type }) => type).slice(1)).toEqual([
      "node.notified",
      "node.reported",
      "node.notified",
      "node.reported",
    ]);
    expect(await filtered("19ebc8", "s")).toBe(await stream()); // the site's stream tells nothing of it
  });

  test("a node that says nothing has an empty stream; one that is not there has none", async () => {
    await checkIn("a1 19ea61 a2 02 01 17 40");
    expect(await own()).toBe("");
    expect((await services.journal.read(1, 100)).map(({ type }) => type)).toEqual(["node.joined", "node.reported"]);
    expect((await ask("GET", "n/n-9999/s")).code).toBe("4.04");
    await record("node.removed", { node, actor: "t" });
    expect((await ask("GET", `n/${node}/s`)).code).toBe("4.04");
  });

  test("CC-E1: decision: a node without the check-in posts to its own /s, and is told what waits", async () => {
    expect(await tells(FROST)).toEqual({ code: "2.04", hint: 0 });
    expect(await own()).toBe(hex(bytes(FROST)));
    expect((await tells("")).code).toBe("2.04");
    expect(await own()).toBe(hex(bytes(FROST)));
    expect((await ask("GET", "s", { query: ["ep=room-1"] })).code).toBe("4.05");
    expect((await tells(FROST, "room-9")).code).toBe("4.01");
    expect((await tells(FROST, "room-1", { contentFormat: 140 })).code).toBe("4.15");
  });

  const REFUSED: ReadonlyArray<readonly [title: string, payload: string, code: string, tag: number]> = [
    ["no CBOR", "a1 19", "4.00", 1019],
    ["a leaf", "a1 19eb31 01", "4.00", 1023],
    ["a number of no module", "a1 1a000f4240 a0", "4.00", 1023],
    ["what the gateway tells", `a1 19ebc8 a1 01 ${NODE}`, "4.00", 1023],
    ["what the gateway tells, in a list", `a1 82 19ebba ${NODE} a0`, "4.00", 1023],
    ["the progress of updates", "a1 19eaec a0", "4.00", 1023],
    ["a value of another type", "a1 19eb35 a1 02 6161", "4.00", 1011],
    ["a leaf of another place", "a1 19eb35 a1 03 01", "4.00", 1023],
    ["more than is kept of a node", FROST.repeat(200), "4.22", 1019],
  ];
  test.each(REFUSED)("refused, and nothing is kept: %s", async (_title, payload, code, tag) => {
    const posted = await tells(payload);
    expect(posted).toMatchObject({ code, contentFormat: 140 });
    expect(hex(posted.payload)).toMatch(new RegExp(`0419${tag.toString(16).padStart(4, "0")}$`));
    const length = bytes(payload).length;
    const head =
      length < 24
        ? (0x40 + length).toString(16)
        : length < 256
          ? `58${length.toString(16)}`
          : `59${length.toString(16).padStart(4, "0")}`;
    expect((await checkIn(`a1 19ea61 a3 02 01 05 a1 18c3 a1 02 182d 17 ${head} ${payload}`)).code).toBe(code);
    expect(await own()).toBe("");
    expect(services.registry.get(node)).toMatchObject({ slot: undefined, tree: new Map() });
  });

  test("`sidgate node show` has it in a line", async () => {
    const trace = new Trace(() => services.schema);
    services.ledger.onFact((fact) => trace.take(fact));
    await tells(FROST);
    expect(trace.of(node).map((line) => line.text)).toEqual(['told: {"sidgate-building:alarm":{"raised":"frost"}}']);
  });
});

describe("nodes with modules of their own", () => {
  let schema: Schema;
  let stuck: string;
  beforeAll(async () => {
    schema = await workshopSchema();
  });
  beforeEach(async () => {
    services = await openServices({ schemas: fixedSchema(schema) });
    node = await services.join("room-1");
    stuck = `19${sidIn(schema, "yard/gate/stuck").toString(16)}`;
  });
  /** Of one gate: {1 (pushes): …, 2 (by): "me"}. */
  const said = (side: string, gate: number, pushes = ""): string =>
    `a1 83 ${stuck} ${text(side)} 0${gate} a${pushes === "" ? 1 : 2} ${pushes} 02 626d65`;

  test("CC-E5: a notification in a list carries the keys of all lists around it, and can be picked by them", async () => {
    expect((await tells(`${said("west", 2)}${said("east", 1)}`)).code).toBe("2.04");
    const path = `n/${node}/s`;
    expect(await stream(path)).toBe(hex(bytes(`${said("west", 2)}${said("east", 1)}`)));
    expect(await filtered(`83 ${stuck} ${text("east")} 01`, path)).toBe(hex(bytes(said("east", 1))));
    expect(await filtered(stuck, path)).toBe(await stream(path));
    expect(await filtered(`83 ${stuck} ${text("east")} 02`, path)).toBe("");
  });

  test.each<readonly [title: string, payload: () => string, tag: number]>([
    ["without its keys", () => `a1 ${stuck} a1 02 626d65`, 1014],
    ["with a key too few", () => `a1 82 ${stuck} ${text("west")} a1 02 626d65`, 1014],
    ["without what is mandatory", () => `a1 83 ${stuck} ${text("west")} 02 a0`, 1014],
    ["against its must", () => said("west", 2, "01 09"), 1019],
  ])("CC-E5: refused: a notification in a list %s", async (_title, payload, tag) => {
    const answer = await tells(payload());
    expect(answer).toMatchObject({ code: "4.00" });
    expect(hex(answer.payload)).toMatch(new RegExp(`0419${tag.toString(16).padStart(4, "0")}$`));
    expect(await stream(`n/${node}/s`)).toBe("");
  });
});

test("CC-L1: another set tells its nodes the new checksum; what was said by a module that is gone is left out", async () => {
  const [workshop, { second }] = await Promise.all([workshopSchema(), threeSchemas()]);
  const schemas = new ChangingSchemas(workshop, { "building-2": second });
  services = await openServices({ schemas });
  node = await services.join("room-1");
  const noise = hex(bytes(`a1 19${sidIn(workshop, "noise").toString(16)} a1 01 09`));
  await tells(FROST);
  await tells(noise);
  expect(await stream(`n/${node}/s`)).toBe(`${noise}${hex(bytes(FROST))}`);
  await record("node.models", { node, set: "building-2", checksum: libraryChecksum(second), actor: "t" });
  const update = hex(bytes(`a1 197276 a1 01 48 ${hex(libraryChecksum(second))}`));
  expect(await stream(`n/${node}/s`)).toBe(`${update}${hex(bytes(FROST))}`);
  for (const n of [1, 2]) await record("models.changed", { set: "building-2", checksum: Uint8Array.of(n) });
  expect(await stream(`n/${node}/s`)).toBe(`${hex(bytes("a1 197276 a1 01 41 02"))}${update}${hex(bytes(FROST))}`);
});

describe("who hears what", () => {
  const guest: Peer = { ...ANYBODY, identity: { kind: "oscore", id: "02", name: "guest" } };
  const other = "n-0004" as NodeId;
  const permit = async (...paths: readonly string[]): Promise<void> => {
    const { access } = services;
    if (access === undefined) throw new RangeError("managers are named");
    let config = withUser({ ...access.config, groups: [...access.config.groups, { name: "g", users: [] }] }, "guest", [
      "g",
    ]);
    for (const path of paths) {
      const about = { kind: "path", path } as const;
      const rule = {
        name: path,
        module: "*",
        about,
        operations: ALL_OPERATIONS,
        action: "permit",
        comment: undefined,
      } as const;
      config = withRule(config, "g", rule);
    }
    await services.ledger.record("datastore.edited", { root: "gateway", patch: access.patch(config), actor: "test" });
  };
  beforeEach(async () => {
    services = await openServices({ managers: ["boss"] });
    node = await services.join("room-1");
    await services.join("room-2");
    const edits = [{ revision: 1, path: "/a" }];
    for (const whose of [node, other]) await record("edit.state", { node: whose, to: "applied", edits });
  });
  const heard = async (path = "s"): Promise<readonly unknown[]> => {
    const { payload, version } = await ask("GET", path, {}, guest);
    const told = decodeInstances(payload ?? new Uint8Array(), services.schema);
    return [version, ...told.map(({ id }) => (id.keys.length === 0 ? id.sid : [id.sid, ...id.keys]))];
  };

  test("CC-S3 CC-E5: only of the list entries that may be read, and what may not be heard cannot be counted", async () => {
    await permit(`/sidgate-gateway:gateway/node[id='${node}']`);
    expect(await heard()).toEqual([3, [60329, node]]);
    expect(await filtered(`82 19eba9 ${text(other)}`, "s", guest)).toBe("");
    // Something that it may not hear: its view, and the version by which it would be told of a change, stay as they are.
    await record("node.reachability", { node, from: "asleep", to: "lost", missedWakes: 9 });
    expect(await heard()).toEqual([3, [60329, node]]);
  });

  test("CC-S3: kinds of notifications, on the streams of nodes too", async () => {
    await permit("/sidgate-gateway:node-joined");
    expect(await heard()).toEqual([2, 60360, 60360]);
    await tells(FROST);
    expect(await heard(`n/${node}/s`)).toEqual([0]);
    await permit("/sidgate-building:alarm");
    expect(await heard(`n/${node}/s`)).toEqual([6, 60213]);
  });
});
