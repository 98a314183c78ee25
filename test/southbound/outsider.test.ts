/** What an outside client found: one schema has the gateway's data and that of nodes, but a root has one of the two. */
import { beforeEach, expect, test } from "@jest/globals";
import type { NodeId } from "../../gateway/base/index.ts";
import type { Request, Response } from "../../gateway/coap/index.ts";
import { withLibraryModule } from "../../gateway/southbound/coreconf/index.ts";
import type { ImageStore } from "../../gateway/store/index.ts";
import { decodeInstances, decodeTree, encodeIdentifiers, type Tree } from "../../gateway/yang/index.ts";
import { ANYBODY, openServices, request, type Services } from "../support/services.ts";

const NO_IMAGES: ImageStore = {
  receive: () => Promise.reject(new RangeError("no images here")),
  open: () => undefined,
  remove: async () => undefined,
  close: async () => undefined,
};
let services: Services;
let node: NodeId;
beforeEach(async () => {
  services = await openServices({ images: NO_IMAGES });
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
