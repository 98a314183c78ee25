/** What an outside client found: one schema has the gateway's data and that of nodes, but a root has one of the two. */
import { beforeEach, expect, test } from "@jest/globals";
import type { NodeId } from "../../gateway/base/index.ts";
import type { Request, Response } from "../../gateway/coap/index.ts";
import { withLibraryModule } from "../../gateway/southbound/coreconf/index.ts";
import { decodeInstances, decodeTree, encodeIdentifiers, type Tree } from "../../gateway/yang/index.ts";
import { ANYBODY, bytes, hex, openServices, request, type Services } from "../support/services.ts";

let services: Services;
let node: NodeId;
beforeEach(async () => {
  services = await openServices();
  node = await services.join("room-1");
});

const pathOf = { gateway: () => "c", node: () => `n/${node}/c` } as const;
type Kind = keyof typeof pathOf;
const sid = (path: string): number => services.schema.byPath(path)!.sid;
const ask = async (kind: Kind, method: Request["method"], more: Partial<Request>): Promise<Response> =>
  services.handler(ANYBODY, request(method, pathOf[kind](), { query: ["d=a"], ...more }));

const FOREIGN: ReadonlyArray<readonly [kind: Kind, top: string, leaf: string]> = [
  ["node", "/sidgate-access:access", "/sidgate-access:access/read-default"],
  ["gateway", "/sidgate-building:room", "/sidgate-building:room/set-point"],
];

test.each(FOREIGN)("CC-F6: d=a on the root of a %s tells no defaults of %s", async (kind, top, leaf) => {
  const all = await ask(kind, "GET", {});
  const tree: Tree = decodeTree(all.payload!, withLibraryModule(services.schema));
  expect(tree.has(sid(top))).toBe(false);

  const ids = [top, leaf].map((path) => ({ sid: sid(path), keys: [] }));
  const payload = encodeIdentifiers(ids, services.schema);
  const some = await ask(kind, "FETCH", { contentFormat: 141, payload });
  expect(decodeInstances(some.payload!, services.schema)).toEqual(ids.map((id) => ({ id, value: undefined })));
});

test.each([
  ["node", "/sidgate-building:room"],
  ["gateway", "/sidgate-access:access"],
] as const)("CC-F6: d=a on the root of a %s tells those of %s", async (kind, top) => {
  const all = await ask(kind, "GET", {});
  expect(decodeTree(all.payload!, withLibraryModule(services.schema)).has(sid(top))).toBe(true);
});

test("decision: what a node says of its edits is no manager's to read, to write, or to delete", async () => {
  const own = async (more: Partial<Request>): Promise<Response> =>
    services.handler(ANYBODY, request("iPATCH", "c", { query: ["ep=room-1"], contentFormat: 142, ...more }));
  const manager = async (method: Request["method"], more: Partial<Request>): Promise<Response> =>
    services.handler(ANYBODY, request(method, pathOf.node(), more));
  // {60204: 22.50}, then the node's {60041: 1}
  await manager("iPATCH", { contentFormat: 142, payload: bytes("a119eb2c c482211908ca") });
  expect((await own({ payload: bytes("a119ea8901") })).code).toBe("2.04");

  for (const edit of ["a119ea8905", "a119ea88f6", "a119ea88a10105", "a119ea798101"]) {
    const answer = await manager("iPATCH", { contentFormat: 142, payload: bytes(edit) });
    expect(answer.code).toMatch(/^4\.0[05]$/);
  }
  const read = await manager("FETCH", { contentFormat: 141, payload: bytes("19ea88") });
  expect(hex(read.payload)).toBe("a119ea88f6");
  expect((await manager("DELETE", {})).code).toBe("2.02");
  const waiting = services.mailbox.box(node).edits.map(({ patch }) => hex(patch));
  expect(waiting.filter((patch) => patch.includes("19ea8"))).toEqual([]);
});
