/** The gateway's own datastore: the part that some identifiers mean is read as the whole is, and its versions follow from it. */
import { beforeEach, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { isCoded, type NodeId } from "../../gateway/base/index.ts";
import type { Method, Request, Response } from "../../gateway/coap/index.ts";
import {
  type AccessConfig,
  ALL_OPERATIONS,
  type Rule,
  withRule,
  withUser,
} from "../../gateway/service/access/index.ts";
import { answerDatastore } from "../../gateway/southbound/coreconf/datastore/methods.ts";
import { gatewayRoot } from "../../gateway/southbound/coreconf/gateway-root.ts";
import { guarded } from "../../gateway/southbound/coreconf/guarded.ts";
import { withLibrary } from "../../gateway/southbound/coreconf/library/library-root.ts";
import type { DatastoreRoot } from "../../gateway/southbound/coreconf/root.ts";
import {
  encodeIdentifiers,
  encodeInstances,
  type InstanceId,
  parsePath,
  valueFromJson,
} from "../../gateway/yang/index.ts";
import { inDrill } from "../support/drill.ts";
import { ANYBODY, bytes, hex, openServices, request, type Services } from "../support/services.ts";

const GATEWAY = "/sidgate-gateway:gateway";
const NODE = `${GATEWAY}/node`;
/** Short lists are looked through, long ones have an index: there are enough of them for both. */
const NODES = 16;

let services: Services;
let nodes: NodeId[];
let root: DatastoreRoot;
beforeEach(async () => {
  services = await openServices({ managers: ["bms"] });
  nodes = [];
  for (let index = 0; index < NODES; index++) nodes.push(await services.join(`room-${index}`));
  root = rootOf(services);
  await ask("iPATCH", `n/${nodes[1]}/c`, { contentFormat: 142, payload: bytes("a1 19eb2c c482211908ca") });
});

const rootOf = ({ access, ledger, ...rest }: Services): DatastoreRoot =>
  gatewayRoot({
    ...rest,
    ...(access && { access }),
    recorder: ledger,
    site: { site: "s-test", epoch: 1, process: "gw-test" },
    version: "0.0.0",
    mode: "lab",
  });

const ask = async (method: Method, path = "c", more: Partial<Request> = {}): Promise<Response> =>
  services.handler(ANYBODY, request(method, path, more));
const idOf = (path: string): InstanceId => parsePath(path, services.schema);
const edit = (path: string, json: string | undefined): Promise<Response> => {
  const id = idOf(path);
  const value = json === undefined ? undefined : valueFromJson(json, id.sid, services.schema);
  return ask("iPATCH", "c", { contentFormat: 142, payload: encodeInstances([{ id, value }], services.schema) });
};
const etagOf = ({ etag }: Response): string => hex(etag?.subarray(0, 4));
const version = async (): Promise<string> =>
  etagOf(await ask("FETCH", "c", { contentFormat: 141, payload: bytes("19eb91") }));

async function rules(...made: ReadonlyArray<readonly [action: "permit" | "deny", path: string]>): Promise<void> {
  const { access, ledger } = services;
  if (access === undefined) throw new RangeError("no rules");
  let config: AccessConfig = { ...access.config, groups: [...access.config.groups, { name: "g", users: [] }] };
  config = withUser(config, "guest", ["g"]);
  for (const [index, [action, path]] of [...made.entries()].reverse()) {
    const rule: Rule = {
      name: `r${index}`,
      module: "*",
      about: path === "*" ? { kind: "all" } : { kind: "path", path },
      operations: ALL_OPERATIONS,
      action,
      comment: undefined,
    };
    config = withRule(config, "g", rule);
  }
  await ledger.record("datastore.edited", { root: "gateway", patch: access.patch(config), actor: "test" });
}

const asGuest = (): DatastoreRoot => {
  const guard = services.access?.guardOf("guest");
  if (guard === undefined) throw new RangeError("no rules");
  return guarded(withLibrary(root), guard);
};

/** The same root, of which always everything is asked. */
const wholeOf = ({ schema, guard, marks, ...rest }: DatastoreRoot): DatastoreRoot => ({
  schema,
  ...(guard && { guard }),
  ...(marks && { marks }),
  kind: rest.kind,
  replaceable: rest.replaceable,
  operations: rest.operations,
  tree: rest.tree,
  edit: rest.edit,
});

/** Code, payload and ETag, or the code of the error. */
function read(from: DatastoreRoot, ids: readonly InstanceId[], query: readonly string[]): readonly string[] {
  const payload = encodeIdentifiers(ids, from.schema);
  const asked = request("FETCH", "c", { contentFormat: 141, payload, query });
  try {
    const answered = answerDatastore({ request: asked, root: from, actor: "test", tagged: true });
    if (answered instanceof Promise) throw new RangeError("a read is answered at once");
    return [answered.code, hex(answered.payload), hex(answered.etag)];
  } catch (error) {
    if (isCoded(error)) return [error.code]; // a key is missing
    throw error;
  }
}

/** Identifiers of all kinds: right ones, too few keys, nodes that are not there, what nobody knows. */
const identifiers = (): fc.Arbitrary<readonly InstanceId[]> => {
  const paths = [
    GATEWAY,
    "/sidgate-firmware:images",
    "/sidgate-firmware:images/image",
    "/sidgate-access:access",
    "/sidgate-access:access/group",
    "/sidgate-access:access/denied-reads",
    ...["name", "location", "site", "version", "mode", "current-datetime", "node"].map((leaf) => `${GATEWAY}/${leaf}`),
    ...["id", "name", "state", "pending", "edit", "edit/path"].map((leaf) => `${NODE}/${leaf}`),
  ];
  const sids = paths.map((path) => services.schema.byPath(path)?.sid ?? 0);
  const sid = fc.constantFrom(...sids, 29_304, 60_202, 99_999);
  const node = fc.constantFrom<string>(...nodes.slice(0, 3), "n-none");
  const keys = fc.oneof(fc.constant([]), fc.tuple(node), fc.tuple(node, fc.constantFrom(1, 7)));
  return fc.array(
    fc.record({ sid, keys }).map(({ sid, keys }): InstanceId => {
      const known = services.schema.bySid(sid);
      let lists = 0;
      for (let at = known; at !== undefined; at = at.parent) if (at.kind === "list") lists += 1;
      const inNode = known?.module === "sidgate-gateway";
      return { sid, keys: inNode ? keys.slice(0, lists) : [] };
    }),
    { minLength: 1, maxLength: 4 },
  );
};

const QUERIES: ReadonlyArray<readonly string[]> = [[], ["c=c"], ["c=n"], ["d=a"], ["c=c", "d=a"]];

describe("a part is read as the whole is", () => {
  test("CC-F1 CC-F2: by who may do everything", () => {
    fc.assert(
      fc.property(identifiers(), fc.constantFrom(...QUERIES), (ids, query) => {
        const all = withLibrary(root);
        expect(read(all, ids, query)).toEqual(read(wholeOf(all), ids, query));
      }),
      { numRuns: inDrill(50, 150) },
    );
  });

  test.each([
    [
      "that sees names alone",
      [
        ["permit", `${NODE}/name`],
        ["permit", `${NODE}/id`],
      ],
    ],
    [
      "that sees all but one leaf",
      [
        ["deny", `${NODE}/endpoint`],
        ["permit", "*"],
      ],
    ],
    [
      "that sees all but the rules",
      [
        ["deny", "/sidgate-access:access"],
        ["permit", "*"],
      ],
    ],
    ["that sees nothing", []],
  ] as const)("CC-S3 CC-F2: by a user %s", async (_name, made) => {
    await rules(...made);
    fc.assert(
      fc.property(identifiers(), fc.constantFrom(...QUERIES), (ids, query) => {
        expect(read(asGuest(), ids, query)).toEqual(read(wholeOf(asGuest()), ids, query));
      }),
      { numRuns: 60 },
    );
  });

  test("CC-F1: and within the event that brought the request", () => {
    const payload = bytes("19eb91");
    const ways = ["c", `n/${nodes[0]}/c`].map((path) =>
      services.handler(ANYBODY, request("FETCH", path, { contentFormat: 141, payload })),
    );
    expect(ways.some((answer) => answer instanceof Promise)).toBe(false);
  });
});

describe("an edit of a part is an edit of the whole", () => {
  type Wanted = (id: string) => readonly [path: string, value: string | undefined];
  test.each<[name: string, wanted: Wanted, code: string]>([
    ["another name", (id: string) => [`${NODE}[id='${id}']/name`, "kitchen"], "2.04"],
    ["the gateway's own name", () => [`${GATEWAY}/name`, "barn"], "2.04"],
    ["no name", (id: string) => [`${NODE}[id='${id}']/name`, undefined], "4.05"],
    ["a node that is not there", () => [`${NODE}[id='n-none']/name`, "kitchen"], "4.05"],
    ["one node less", (id: string) => [`${NODE}[id='${id}']`, undefined], "4.05"],
    ["no nodes", () => [NODE, undefined], "4.05"],
    ["no gateway", () => [GATEWAY, undefined], "4.05"],
  ])("CC-I1: %s", async (_name, wanted, code) => {
    const before = [...services.registry.nodes()].map(({ name }) => name);
    const [path, value] = wanted(nodes[0] ?? "");
    expect((await edit(path, value)).code).toBe(code);
    const after = [...services.registry.nodes()].map(({ name }) => name);
    expect(after).toEqual(value === "kitchen" && code === "2.04" ? ["kitchen", ...before.slice(1)] : before);
  });
});

describe("versions", () => {
  test("CC-I5: another name, another node and one that is gone are another version; what was is the same again", async () => {
    const seen = [await version()];
    const name = `${NODE}[id='${nodes[0]}']/name`;
    await edit(name, "kitchen");
    seen.push(await version());
    const added = await services.join("room-16");
    seen.push(await version());
    expect(new Set(seen).size).toBe(3);
    await services.ledger.record("node.removed", { node: added, actor: "test" });
    expect(await version()).toBe(seen[1]);
    await edit(name, "room-0");
    expect(await version()).toBe(seen[0]);
    await edit(`${GATEWAY}/location`, "barn");
    expect(await version()).not.toBe(seen[0]);
  });

  test("CC-I5: they are the same after a restart, and with every way to ask", async () => {
    await edit(`${NODE}[id='${nodes[0]}']/name`, "kitchen");
    const before = await version();
    expect(etagOf(await ask("GET"))).toBe(before);
    const stored = services;
    await stored.ledger.checkpoint();
    services = await openServices({ managers: ["bms"], on: stored });
    expect(await version()).toBe(before);
  });

  test("CC-I5: what nodes report and edits that wait for them are no configuration of the gateway", async () => {
    const before = await version();
    await services.checkIn.answer(
      ANYBODY,
      request("POST", "c", { query: ["ep=room-0"], contentFormat: 142, payload: bytes("a1 19ea61 a1 02 01") }),
    );
    await ask("iPATCH", `n/${nodes[0]}/c`, { contentFormat: 142, payload: bytes("a1 19eb2c c482211908ca") });
    expect(await version()).toBe(before);
  });

  test("CC-S3 CC-I5: who may not see the names of nodes is not told that one has changed", async () => {
    await rules(["permit", `${GATEWAY}/name`]);
    const seen = (): string => String(read(asGuest(), [idOf(`${GATEWAY}/name`)], []));
    const before = seen();
    await edit(`${NODE}[id='${nodes[0]}']/name`, "kitchen");
    expect(seen()).toBe(before);
    await edit(`${GATEWAY}/name`, "barn");
    expect(seen()).not.toBe(before);
  });
});
