/** rpcs and actions of a node that serves its datastore: a manager calls at /n/{node}/c, the node does it. */
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { minutes, type NodeId } from "../../../gateway/base/index.ts";
import type { Response } from "../../../gateway/coap/index.ts";
import { type Cbor, decodeCbor, encodeCbor } from "../../../gateway/sim/speech/cbor.ts";
import { fromJson } from "../../../gateway/yang/index.ts";
import { atRest, DATASTORE_ONLY, openServedSite, type ServedSite } from "../../support/served-site.ts";
import { bytes, hex } from "../../support/services.ts";
import { answer, ServingNode } from "../../support/serving-node.ts";
import { sidIn, workshopSchema } from "../../support/workshop.ts";

const schema = await workshopSchema();
const RING = sidIn(schema, "ring");
const TIMES = sidIn(schema, "ring/input/times") - RING;
const RUNG = sidIn(schema, "ring/output/rung") - RING;
const ring = (times: number): Uint8Array => encodeCbor(new Map([[RING, new Map([[TIMES, times]])]]));
const rung = (times: number): Uint8Array => encodeCbor(new Map([[RING, new Map([[RUNG, times]])]]));

let site: ServedSite;
let server: ServingNode;
let node: NodeId;
let heard: string[];
beforeEach(async () => {
  server = new ServingNode(schema);
  heard = [];
  server.called = (payload) => {
    heard.push(hex(payload));
    return answer("2.04", { contentFormat: 142, payload: rung(2) });
  };
  site = await openServedSite(server, { schema });
  node = await site.join("room-1");
  await site.registers(node, DATASTORE_ONLY);
  await atRest(site);
  server.answers();
  await atRest(site);
});
afterEach(() => site.close());

const post = async (payload: Uint8Array): Promise<{ answered: () => Promise<Response> }> => {
  const response = site.manager("POST", `n/${node}/c`, { contentFormat: 142, payload });
  await atRest(site);
  return { answered: () => response };
};
const errorIn = ({ payload }: Response): ReadonlyMap<Cbor, Cbor> =>
  (decodeCbor(payload ?? new Uint8Array()) as Map<number, ReadonlyMap<Cbor, Cbor>>).get(1024) ?? new Map();

test("CC-A1 CC-A3: an rpc goes on to the node, and its output comes back", async () => {
  const { answered } = await post(ring(2));
  server.answers();
  const { code, contentFormat, payload } = await answered();
  expect([code, contentFormat, hex(payload), heard]).toEqual(["2.04", 142, hex(rung(2)), [hex(ring(2))]]);
});

test("CC-A1: an rpc without output", async () => {
  const rest = encodeCbor(new Map([[sidIn(schema, "rest"), null]]));
  server.called = () => answer("2.04");
  const { answered } = await post(rest);
  server.answers();
  expect(hex((await answered()).payload)).toBe(hex(rest));
});

test("CC-A4: several go one after the other, and the first that fails ends it", async () => {
  const { answered } = await post(Buffer.concat([ring(1), ring(2), ring(3)]));
  server.answers();
  await atRest(site);
  expect(server.open).toHaveLength(1);
  server.answersWith(answer("4.09", { payload: bytes("a1 190400 a2 01 1903f0 04 1903e9"), contentFormat: 140 }));
  const response = await answered();
  expect([response.code, errorIn(response).get(1), heard.length]).toEqual(["4.09", 1008, 1]);
  expect(server.open).toHaveLength(0);
});

test("what is wrong is found before the node is asked", async () => {
  expect((await (await post(ring(9))).answered()).code).toBe("4.00");
  expect(server.open).toHaveLength(0);
});

const REFUSALS: ReadonlyArray<readonly [code: string, body: string, back: string, tag: number]> = [
  ["4.00", "a1 190400 a2 01 1903fa 04 1903f3", "4.00", 1011],
  ["4.05", "", "4.05", 1019],
  ["4.22", "6f", "4.22", 1019],
];
test.each(REFUSALS)("%s of the node comes back", async (code, body, back, tag) => {
  const { answered } = await post(ring(1));
  server.answersWith(answer(code, { payload: bytes(body) }));
  const response = await answered();
  expect([response.code, errorIn(response).get(4)]).toEqual([back, tag]);
});

test("a node that does not answer is 5.03", async () => {
  const { answered } = await post(ring(1));
  server.losesRequest();
  expect(await answered()).toMatchObject({ code: "5.03", maxAge: 60 });
});

test("a node that sleeps is 5.03, and not disturbed", async () => {
  server.tree = fromJson({ "sidgate-node:node": { "awake-time": 20 } }, schema);
  for (const _ of [1, 2]) {
    await site.registers(node, DATASTORE_ONLY);
    await atRest(site);
    server.answers();
    await atRest(site);
  }
  await atRest(site, minutes(1));
  expect(await (await post(ring(1))).answered()).toMatchObject({ code: "5.03" });
  expect(server.open).toHaveLength(0);
});

test("an output that does not fit the module is the node's fault", async () => {
  const { answered } = await post(ring(1));
  server.answersWith(answer("2.04", { payload: bytes("a1 01 02"), contentFormat: 142 }));
  expect((await answered()).code).toBe("5.00");
});

test("a node that serves nothing is 4.05", async () => {
  await site.unregisters(node);
  expect((await (await post(ring(1))).answered()).code).toBe("4.05");
});

test("the check-in is a node's own affair", async () => {
  expect((await (await post(bytes("a1 19ea61 a1 02 01"))).answered()).code).toBe("4.05");
});

test("what the node did may have changed its data: it is read again, a while later", async () => {
  const { answered } = await post(ring(1));
  server.answers();
  await answered();
  await atRest(site, minutes(1));
  expect(server.open.map(({ question }) => question.method)).toEqual(["GET"]);
});
