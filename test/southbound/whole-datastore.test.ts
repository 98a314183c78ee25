/** GET, PUT, POST and DELETE of a whole datastore, and the conditions and versions of all its methods. */
import { beforeEach, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { NodeId } from "../../gateway/base/index.ts";
import type { Request, Response } from "../../gateway/coap/index.ts";
import { withLibraryModule } from "../../gateway/southbound/coreconf/index.ts";
import {
  decodeTree,
  encodeInstances,
  encodeTree,
  fromJson,
  type JsonObject,
  type Tree,
  toJson,
} from "../../gateway/yang/index.ts";
import { inDrill } from "../support/drill.ts";
import { ANYBODY, bytes, hex, openServices, request, type Services } from "../support/services.ts";

let services: Services;
let node: NodeId;
beforeEach(async () => {
  services = await openServices();
  node = await services.join("room-1");
  // temperature 21.50, humidity 45
  await services.checkIn.answer(
    ANYBODY,
    request("POST", "c", {
      query: ["ep=room-1"],
      contentFormat: 142,
      payload: bytes("a1 19ea61 a2 02 01 05 a1 18c3 a2 01 c482211908 66 02 182d"),
    }),
  );
});

const ask = async (method: Request["method"], more: Partial<Request> = {}, path = `n/${node}/c`): Promise<Response> =>
  services.handler(ANYBODY, request(method, path, more));
const tree = (): Tree => services.registry.get(node).tree;
const json = (): JsonObject => toJson(tree(), services.schema);
const body = (data: JsonObject, form: "sid" | "name" | "any" = "sid"): Uint8Array =>
  encodeTree(fromJson(data, services.schema), services.schema, form);
const put = (data: JsonObject, more: Partial<Request> = {}): Promise<Response> =>
  ask("PUT", { contentFormat: 140, payload: body(data), ...more });
const room = (more: JsonObject): JsonObject => ({ "sidgate-building:room": more });
const STATE = { temperature: "21.5", humidity: 45 };
const period = (start: string, to: string): JsonObject => ({ start, "set-point": to });
const lastPatch = async (): Promise<string> => {
  const facts = await services.journal.read(0, 100);
  const edits = facts.flatMap((fact) => (fact.type === "datastore.edited" ? [hex(fact.patch)] : []));
  return edits.at(-1) ?? "";
};

test("CC-G1: GET is the whole datastore in content format 140", async () => {
  const answer = await ask("GET");
  expect(answer).toMatchObject({ code: "2.05", contentFormat: 140 });
  const whole = withLibraryModule(services.schema);
  const said = decodeTree(answer.payload ?? new Uint8Array(), whole);
  expect(new Map([...said].filter(([sid]) => services.schema.bySid(sid) !== undefined))).toEqual(tree());
  expect(hex(encodeTree(said, whole))).toBe(hex(answer.payload));
});

test("CC-G2: PUT replaces the configuration as the smallest edits, and state stays", async () => {
  const two = [period("06:00", "21.0"), period("22:00", "16.0")];
  expect(await put(room({ "set-point": "19.5", period: two }))).toEqual({ code: "2.04" });
  expect(json()).toEqual(room({ ...STATE, "set-point": "19.5", period: two }));
  expect(await put(room({ "set-point": "20.5", period: two }))).toEqual({ code: "2.04" });
  expect(json()).toEqual(room({ ...STATE, "set-point": "20.5", period: two }));
  expect(await lastPatch()).toBe("a119eb2cc48221190802");
  expect(services.mailbox.pending(node)).toBeGreaterThan(0);
  const facts = services.journal.last;
  expect(await put(room({ "set-point": "20.5", period: two }))).toEqual({ code: "2.04" });
  expect(services.journal.last).toBe(facts);
});

test("CC-G2 CC-G4: DELETE takes the configuration away, and what the node measures stays", async () => {
  await put(room({ "set-point": "19.5" }));
  expect(await ask("DELETE")).toEqual({ code: "2.02" });
  expect(json()).toEqual(room(STATE));
  expect(await ask("DELETE")).toEqual({ code: "2.02" });
});

test("CC-G3 CC-D5: POST with content format 140 creates what is not there yet", async () => {
  const create = (): Promise<Response> =>
    ask("POST", { contentFormat: 140, payload: body(room({ "set-point": "19.5" })) });
  expect(await create()).toEqual({ code: "2.01" });
  expect(json()).toEqual(room({ ...STATE, "set-point": "19.5" }));
  expect(await create()).toMatchObject({ code: "4.09", contentFormat: 140 });
  await ask("DELETE");
  expect(await create()).toEqual({ code: "2.01" });
});

test("CC-G5: any data node may stand at the top", async () => {
  // {60204 (set-point): 19.50}
  expect(await ask("PUT", { contentFormat: 140, payload: bytes("a1 19eb2c c48221190 79e") })).toEqual({ code: "2.04" });
  expect(json()).toEqual(room({ ...STATE, "set-point": "19.5" }));
});

test.each([
  ["CC-M1", 140, "sid"],
  ["CC-M4", 340, "any"],
  ["CC-M5", 341, "name"],
] as const)("%s: PUT in content format %d", async (_row, contentFormat, form) => {
  const payload = body(room({ "set-point": "19.5" }), form);
  expect(await ask("PUT", { contentFormat, payload })).toEqual({ code: "2.04" });
  expect(json()).toEqual(room({ ...STATE, "set-point": "19.5" }));
});

const NAMED = "a1 75 7369646761 74652d6275696c64696e673a726f6f6d a0"; // {"sidgate-building:room": {}}
const REFUSED: ReadonlyArray<readonly [name: string, more: Partial<Request>, code: string, tag: number]> = [
  ["CC-G2: state in the body", { contentFormat: 140, payload: bytes("a1 19eb29 a1 02 182d") }, "4.05", 1005],
  [
    "CC-G2: a configuration that is wrong",
    { contentFormat: 140, payload: bytes("a1 19eb29 a1 09 81 a1 01 65 30363a3030") },
    "4.00",
    1014,
  ],
  [
    "CC-G2: data of another kind of root",
    { contentFormat: 140, payload: bytes("a1 19eb8d a1 01 61 78") },
    "4.04",
    1023,
  ],
  ["CC-M8: another content format", { contentFormat: 142, payload: bytes("a1 19eb2c f6") }, "4.15", 1005],
  ["CC-M8: no content format", { payload: bytes("a0") }, "4.15", 1005],
  ["CC-M10: names in a body by SIDs", { contentFormat: 140, payload: bytes(NAMED) }, "4.00", 1019],
  ["CC-M10: SIDs in a body by names", { contentFormat: 341, payload: bytes("a1 19eb29 a0") }, "4.00", 1019],
  ["malformed CBOR", { contentFormat: 140, payload: bytes("a1 19eb29") }, "4.00", 1019],
];

test.each(REFUSED)("%s", async (_name, more, code, tag) => {
  await put(room({ "set-point": "19.5" }));
  const before = tree();
  const facts = services.journal.last;
  const answer = await ask("PUT", more);
  expect(answer).toMatchObject({ code, contentFormat: 140 });
  expect(hex(answer.payload)).toContain(`0419${tag.toString(16).padStart(4, "0")}`);
  expect(tree()).toBe(before);
  expect(services.journal.last).toBe(facts);
});

test.each(["PUT", "POST", "DELETE"] as const)(
  "a node does not %s its own root: what waits for it would go too",
  async (method) => {
    const payload = method === "DELETE" ? new Uint8Array() : body(room({ "set-point": "19.5" }));
    expect((await ask(method, { query: ["ep=room-1"], contentFormat: 140, payload }, "c")).code).toBe("4.05");
  },
);

test("CC-G2: the gateway's own root takes names; its nodes cannot be put there or deleted", async () => {
  const gateway = (entries: readonly JsonObject[]): Uint8Array =>
    body({ "sidgate-gateway:gateway": { name: "Attic", node: entries } });
  const putGateway = (payload: Uint8Array): Promise<Response> => ask("PUT", { contentFormat: 140, payload }, "c");
  expect(await putGateway(gateway([{ id: node, name: "Boiler" }]))).toEqual({ code: "2.04" });
  expect(services.registry.get(node).name).toBe("Boiler");
  expect((await putGateway(gateway([]))).code).toBe("4.05");
  expect((await ask("DELETE", {}, "c")).code).toBe("4.05");
  expect(services.registry.size).toBe(1);
});

describe("versions and conditions", () => {
  const fetch = (ids: string, more: Partial<Request> = {}): Promise<Response> =>
    ask("FETCH", { contentFormat: 141, payload: bytes(ids), ...more });
  const patch = (payload: string, more: Partial<Request> = {}): Promise<Response> =>
    ask("iPATCH", { contentFormat: 142, payload: bytes(payload), ...more });
  const MODE = "a1 19eb31 01";
  const etagOf = async (answer: Promise<Response>): Promise<Uint8Array> => (await answer).etag ?? new Uint8Array();
  const report = (humidity: string): Promise<Response> | Response | undefined =>
    services.checkIn.answer(
      ANYBODY,
      request("POST", "c", {
        query: ["ep=room-1"],
        contentFormat: 142,
        payload: bytes(`a1 19ea61 a2 02 02 05 a1 18c3 a1 02 18${humidity}`),
      }),
    );

  test("CC-B4: the same question has the same ETag, and each payload and content format its own", async () => {
    const etag = await etagOf(fetch("19eb2b"));
    expect(etag).toHaveLength(8);
    expect(await etagOf(fetch("19eb2b"))).toEqual(etag);
    expect(await etagOf(fetch("19eb2a"))).not.toEqual(etag);
    expect(await etagOf(ask("GET"))).not.toEqual(etag);
    expect(await etagOf(ask("GET", { accept: 340 }))).toEqual(await etagOf(ask("GET")));
    expect(await etagOf(ask("GET", { accept: 341 }))).not.toEqual(await etagOf(ask("GET")));
  });

  test("CC-B4: a report changes the ETag of what it touches, and of nothing else", async () => {
    const [humidity, temperature] = [await etagOf(fetch("19eb2b")), await etagOf(fetch("19eb2a"))];
    await report("2e");
    expect(await etagOf(fetch("19eb2b"))).not.toEqual(humidity);
    expect(await etagOf(fetch("19eb2a"))).toEqual(temperature);
  });

  test.each<readonly [string, () => Promise<Response>]>([
    ["iPATCH", () => patch(MODE)],
    ["PUT", () => put(room({ "set-point": "20.0", mode: "off" }))],
    ["DELETE", () => ask("DELETE")],
  ])("CC-B5: %s changes every ETag", async (_method, change) => {
    await put(room({ "set-point": "19.5" }));
    const before = await Promise.all([etagOf(fetch("19eb2b")), etagOf(ask("GET"))]);
    expect((await change()).code).toMatch(/^2/);
    expect(await etagOf(fetch("19eb2b"))).not.toEqual(before[0]);
    expect(await etagOf(ask("GET"))).not.toEqual(before[1]);
  });

  test("nodes get an ETag when they show one, for its bytes cost them", async () => {
    const own = (etags: readonly Uint8Array[]): Promise<Response> => ask("GET", { query: ["ep=room-1"], etags }, "c");
    expect((await own([])).etag).toBeUndefined();
    expect((await own([Uint8Array.of(0)])).etag).toHaveLength(8);
  });

  test("CC-I5: If-Match lets an edit through as long as nobody else has edited, whatever was read", async () => {
    await put(room({ "set-point": "19.5" }));
    for (const etag of [await etagOf(ask("GET")), await etagOf(fetch("19eb2b"))]) {
      await report("2f"); // the node's own word is no edit
      expect((await fetch("19eb2b", { ifMatch: [etag] })).code).toBe("2.05");
    }
    const etag = await etagOf(ask("GET"));
    expect((await patch(MODE, { ifMatch: [Uint8Array.of(1), etag] })).code).toBe("2.04");
    for (const method of ["iPATCH", "PUT", "DELETE", "GET", "FETCH"] as const) {
      const contentFormat = method === "PUT" ? 140 : method === "FETCH" ? 141 : 142;
      const payload = bytes(method === "PUT" ? "a0" : method === "FETCH" ? "19eb2b" : "a1 19eb31 00");
      const facts = services.journal.last;
      expect(await ask(method, { contentFormat, payload, ifMatch: [etag] })).toMatchObject({ code: "4.12" });
      expect(services.journal.last).toBe(facts);
    }
  });

  test("CC-I5: If-None-Match and an empty If-Match ask whether there is a configuration", async () => {
    const create = { contentFormat: 140, payload: body(room({ "set-point": "19.5" })), ifNoneMatch: true };
    expect((await patch(MODE, { ifMatch: [new Uint8Array()] })).code).toBe("4.12");
    expect((await ask("PUT", create)).code).toBe("2.04");
    expect((await ask("PUT", create)).code).toBe("4.12");
    expect((await patch(MODE, { ifNoneMatch: true })).code).toBe("4.12");
    expect((await patch(MODE, { ifMatch: [new Uint8Array()] })).code).toBe("2.04");
  });

  test("CC-I4: a failed edit leaves a byte-equal datastore, wherever in the request it stands", async () => {
    await put(room({ "set-point": "19.5", period: [period("06:00", "21.0")] }));
    const good = ["a119eb3101", "a119eb2cc48221190834", "a18219eb326530363a3030f6", "a119eb3280"];
    const bad = ["a119eb2b10", "a119eb2cc482211a000f4240", "a11a000f424001", "a119eb32a102c48221190834", "a119eb31"];
    const whole = async (): Promise<string> => hex((await ask("GET", { query: ["d=a"] })).payload);
    const before = await whole();
    await fc.assert(
      fc.asyncProperty(fc.subarray(good), fc.constantFrom(...bad), fc.subarray(good), async (first, fault, rest) => {
        const answer = await patch([...first, fault, ...rest].join(""));
        expect(answer.code).toMatch(/^4/);
        expect(await whole()).toBe(before);
      }),
      { numRuns: inDrill(33, 100) },
    );
  });

  test("CC-I6: new entries of one request come in its order, those that are there keep their places", async () => {
    const id = (start: string): string => hex(Buffer.from(start));
    const add = (start: string): string => `a1 82 19eb32 65 ${id(start)} a2 01 65 ${id(start)} 02 c48221190834`;
    await patch(`${add("22:00")} ${add("06:00")}`);
    await patch(`${add("12:00")} ${add("06:00")} ${add("08:00")}`);
    const { period: periods } = (json()["sidgate-building:room"] ?? {}) as { period: ReadonlyArray<{ start: string }> };
    expect(periods.map(({ start }) => start)).toEqual(["22:00", "06:00", "12:00", "08:00"]);
  });

  test("CC-F7: d=t hides a value equal to the default also when somebody set it", async () => {
    // set-point 20.00 is the default; the mode is not
    const edits = encodeInstances([{ id: { sid: 60204, keys: [] }, value: 2000n }], services.schema);
    expect((await ask("iPATCH", { contentFormat: 142, payload: edits })).code).toBe("2.04");
    expect(json()).toEqual(room({ ...STATE, "set-point": "20.0" }));
    const read = async (query: string): Promise<string> => hex((await ask("GET", { query: [query] })).payload);
    expect(await read("d=t")).not.toContain("c482211907d0");
    expect(await read("d=a")).toContain("c482211907d0");
    expect(hex((await fetch("19eb2c")).payload)).toBe("a119eb2cc482211907d0");
  });
});
