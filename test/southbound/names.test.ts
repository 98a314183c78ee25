/** Modules without a .sid file over CORECONF: their data goes by names, and all else by SIDs as ever (RFC 9254 §3.3). */
import { beforeEach, expect, test } from "@jest/globals";
import type { NodeId } from "../../gateway/base/index.ts";
import { decodeCbor, encodeCbor } from "../../gateway/sim/speech/cbor.ts";
import { encodeInstances, fixedSchema, type JsonObject, toJson } from "../../gateway/yang/index.ts";
import { threeSchemas } from "../support/building-2.ts";
import { ANYBODY, openServices, request, type Services } from "../support/services.ts";

const { first, nameless } = await threeSchemas();

let services: Services;
let node: NodeId;
beforeEach(async () => {
  services = await openServices({ schemas: fixedSchema(nameless) });
  node = await services.join("room-1");
});

/** {60001: {2: number, 5: data}} */
const checkIn = async (number: number, data: ReadonlyArray<readonly [string | number, unknown]>) => {
  const payload = encodeCbor(
    new Map([
      [
        60001,
        new Map<number, never>([
          [2, number],
          [5, new Map(data)],
        ] as never),
      ],
    ]),
  );
  return services.checkIn.answer({ ...ANYBODY, nodeId: node }, request("POST", "/c", { contentFormat: 142, payload }));
};
const air = (pm10: number) => ["acme-air:air", new Map([["pm10", pm10]])] as const;
const room = (humidity: number) => [60201 - 60006, new Map([[2, humidity]])] as const;
const get = (accept?: number) => services.handler(ANYBODY, request("GET", `/n/${node}/c`, { accept }));
const data = (): JsonObject => toJson(services.registry.get(node).tree, nameless);
const BOTH = { "acme-air:air": { pm10: 17 }, "sidgate-building:room": { humidity: 40 } };

test("a node reports by name what has no SID, and by SID what has one", async () => {
  expect(await checkIn(1, [air(17), room(40)])).toMatchObject({ code: "2.04" });
  expect(data()).toEqual(BOTH);
});

test.each([
  [undefined, 340, new Map<string | number, unknown>([air(17), [60201, new Map([[2, 40]])]])],
  [340, 340, new Map<string | number, unknown>([air(17), [60201, new Map([[2, 40]])]])],
  [341, 341, new Map([air(17), ["sidgate-building:room", new Map([["humidity", 40]])]])],
])("CC-M4 CC-M5: GET with Accept %s has content format %s", async (accept, format, expected) => {
  await checkIn(1, [air(17), room(40)]);
  const { code, contentFormat, payload } = await get(accept);
  expect([code, contentFormat]).toEqual(["2.05", format]);
  expect(withoutLibrary(payload)).toEqual(expected);
});

/** Every root says of what modules it is made (test/southbound/library.test.ts). */
function withoutLibrary(payload: Uint8Array | undefined): unknown {
  const said = new Map(decodeCbor(payload ?? new Uint8Array()) as ReadonlyMap<unknown, unknown>);
  for (const library of [29301, "ietf-constrained-yang-library:yang-library"]) said.delete(library);
  return said;
}

test("CC-M1: who wants SIDs alone gets one map keyed by them, as long as they say it all", async () => {
  await checkIn(1, [room(40)]);
  expect(await get(140)).toMatchObject({ code: "2.05", contentFormat: 140 });
  expect(await get()).toMatchObject({ code: "2.05", contentFormat: 140 });
  await checkIn(2, [air(17)]);
  expect(await get(140)).toMatchObject({ code: "4.06" });
});

test("CC-K4: FETCH and iPATCH take instance-identifiers by name, and answer by name where there is no SID", async () => {
  await checkIn(1, [air(17), room(40)]);
  const ids = Buffer.concat(["/acme-air:air/pm10", 60203].map((id) => encodeCbor(id)));
  const fetched = await services.handler(
    ANYBODY,
    request("FETCH", `/n/${node}/c`, { contentFormat: 141, payload: ids }),
  );
  expect(fetched).toMatchObject({ code: "2.05", contentFormat: 142 });
  const said = [new Map([["/acme-air:air/pm10", 17]]), new Map([[60203, 40]])].map((item) => encodeCbor(item));
  expect(Buffer.from(fetched.payload ?? [])).toEqual(Buffer.concat(said));
  const edits = encodeInstances([{ id: { sid: 60204, keys: [] }, value: 2000n }], nameless, "name");
  const patched = await services.handler(
    ANYBODY,
    request("iPATCH", `/n/${node}/c`, { contentFormat: 142, payload: edits }),
  );
  expect(patched).toEqual({ code: "2.04" });
  expect(services.mailbox.pending(node)).toBe(1);
});

test("what names a node without a SID wrong is told in words", async () => {
  const refused = await checkIn(1, [["acme-air:air", new Map([["pm10", -1]])]]);
  expect(refused).toMatchObject({ code: "4.00", contentFormat: 140 });
  expect(Buffer.from(refused?.payload ?? []).toString("latin1")).toContain("/acme-air:air/pm10");
  expect(data()).toEqual({});
});

test("CC-M10: where everything has a SID, names are refused as ever", async () => {
  services = await openServices({ schemas: fixedSchema(first) });
  node = await services.join("room-1");
  const refused = await checkIn(1, [["sidgate-building:room", new Map([["humidity", 40]])]]);
  expect(refused).toMatchObject({ code: "4.00" });
});
