/** Access rules on the wire: what an answer holds for a manager who may not everything, byte by byte (RFC 8341 §3.2). */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { NodeId, Peer } from "../../gateway/base/index.ts";
import type { Request, Response } from "../../gateway/coap/index.ts";
import {
  type Access,
  type AccessConfig,
  ALL_OPERATIONS,
  type Operation,
  type Rule,
  withRule,
  withUser,
} from "../../gateway/service/access/index.ts";
import { openFileImages } from "../../gateway/store/index.ts";
import {
  decodeTree,
  encodeIdentifiers,
  encodeInstances,
  encodeTree,
  fromJson,
  type JsonObject,
  parsePath,
  valueFromJson,
} from "../../gateway/yang/index.ts";
import { ANYBODY, bytes, hex, openServices, request, type Services } from "../support/services.ts";

let folder: string;
let services: Services;
let access: Access;
let node: NodeId;

const manager = (name: string): Peer => ({
  ...ANYBODY,
  identity: { kind: "oscore", id: "01", name },
});

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sidgate-access-"));
  const images = await openFileImages({ folder, cacheBytes: 1 << 20 });
  const ping = { path: "/sidgate-node:check-in", run: () => undefined };
  services = await openServices({ images, managers: ["boss"], operations: [ping] });
  if (services.access === undefined) throw new Error("it was asked for");
  access = services.access;
  node = await services.join("room-1");
  const report = bytes("a1 19ea61 a2 02 01 05 a2 18 18 a1 01 63747276 18c3 a2 01 c482211908 66 02 182d");
  await services.checkIn.answer(
    ANYBODY,
    request("POST", "c", { query: ["ep=room-1"], contentFormat: 142, payload: report }),
  );
});
afterEach(() => rm(folder, { recursive: true }));

const record = (config: AccessConfig): Promise<void> =>
  services.ledger.record("datastore.edited", { root: "gateway", patch: access.patch(config), actor: "test" });
/** Makes `guest` a user for whom these rules alone are made, the first first. */
async function rules(
  ...texts: ReadonlyArray<readonly [action: "permit" | "deny", operations: string, path: string]>
): Promise<void> {
  let config: AccessConfig = { ...access.config, groups: [...access.config.groups, { name: "g", users: [] }] };
  config = withUser(config, "guest", ["g"]);
  for (const [at, [action, operations, path]] of [...texts.entries()].reverse()) {
    const added: Rule = {
      name: `r${at}`,
      module: "*",
      about: path === "*" ? { kind: "all" } : { kind: "path", path },
      operations: operations === "all" ? ALL_OPERATIONS : new Set(operations.split(",") as Operation[]),
      action,
      comment: undefined,
    };
    config = withRule(config, "g", added);
  }
  await record(config);
}

const ask = async (
  name: string,
  method: Request["method"],
  path: string,
  more: Partial<Request> = {},
): Promise<Response> => services.handler(manager(name), request(method, path, more));
const id = (path: string) => parsePath(path, services.schema);
const fetch = (
  name: string,
  root: string,
  paths: readonly string[],
  query: readonly string[] = [],
): Promise<Response> =>
  ask(name, "FETCH", root, { contentFormat: 141, payload: encodeIdentifiers(paths.map(id), services.schema), query });
const ipatch = (name: string, root: string, path: string, json: unknown): Promise<Response> => {
  const value = json === undefined ? undefined : valueFromJson(json as JsonObject, id(path).sid, services.schema);
  const payload = encodeInstances([{ id: id(path), value }], services.schema);
  return ask(name, "iPATCH", root, { contentFormat: 142, payload });
};
const own = (): string => `n/${node}/c`;
const [ROOM, TEMPERATURE, HUMIDITY, SET_POINT] = ["", "/temperature", "/humidity", "/set-point"].map(
  (leaf) => `/sidgate-building:room${leaf}`,
) as [string, string, string, string];

describe("reads", () => {
  test("CC-S3 CC-F2: FETCH answers null for what may not be read, as for what is not there", async () => {
    await rules(["permit", "read", TEMPERATURE]);
    const answer = await fetch("guest", own(), [
      TEMPERATURE,
      HUMIDITY,
      SET_POINT,
      "/sidgate-building:room/valve",
      ROOM,
    ]);
    expect(answer.code).toBe("2.05");
    expect(hex(answer.payload)).toBe(
      hex(bytes("a119eb2a c48221190866 a119eb2bf6 a119eb2cf6 a119eb2df6 a119eb29 a101 c48221190866")),
    );
    expect(access.denials.counts.reads).toBe(3); // the room itself lies on the way
  });

  test("CC-S3 CC-F6: neither GET nor d=a shows a default of what may not be read", async () => {
    await rules(["deny", "read", SET_POINT], ["permit", "read", ROOM]);
    const answer = await ask("guest", "GET", own(), { query: ["d=a"] });
    const shown = decodeTree(answer.payload ?? new Uint8Array(), services.schema);
    expect(shown.size).toBe(1);
    expect(JSON.stringify([...(shown.get(60201) as Map<number, unknown>).keys()])).not.toContain(
      String(id(SET_POINT).sid),
    );
    expect((await ask("boss", "GET", own(), { query: ["d=a"] })).payload?.length).toBeGreaterThan(
      answer.payload?.length ?? 0,
    );
  });

  test("CC-S3: an answer's ETag and length say nothing of what changed unseen", async () => {
    await rules(["permit", "read", TEMPERATURE]);
    const look = async () => {
      const { payload, etag } = await ask("guest", "GET", own());
      return [hex(payload), hex(etag)];
    };
    const before = await look();
    expect((await ipatch("boss", own(), SET_POINT, "23.0")).code).toBe("2.04");
    expect(await look()).toEqual(before);
    expect((await fetch("boss", own(), [SET_POINT])).payload).not.toEqual(before[0]);
  });

  test("CC-S3: whoever is in no group sees nothing, and is told of no node", async () => {
    await rules();
    expect(hex((await ask("stranger", "GET", "c")).payload)).toBe("a0");
    expect(hex((await ask("stranger", "GET", own())).payload)).toBe("a0");
    const links = await ask("stranger", "GET", ".well-known/core");
    expect(Buffer.from(links.payload ?? []).toString()).not.toContain(node);
    expect(Buffer.from((await ask("boss", "GET", ".well-known/core")).payload ?? []).toString()).toContain(node);
  });

  test("CC-S3: the stream leaves out what may not be heard", async () => {
    await rules(["permit", "read", "/sidgate-gateway:node-state"]);
    expect((await ask("boss", "GET", "s")).payload?.length).toBeGreaterThan(0);
    expect((await ask("guest", "GET", "s")).payload).toEqual(new Uint8Array());
    expect(access.denials.counts.notifications).toBe(1);
  });
});

/** {1024: {2: data node, 3: text, 4: tag}} */
const errorOf = ({
  code,
  payload = new Uint8Array(),
}: Response): readonly [code: string, text: string, hex: string] => [
  code,
  Buffer.from(payload).toString("latin1"),
  hex(payload),
];

describe("edits", () => {
  test("CC-S3 CC-I4: a part that is denied is 4.01 with its data node, and nothing is kept", async () => {
    await rules(["permit", "update,create,read", SET_POINT]);
    const patch = encodeInstances(
      [SET_POINT, "/sidgate-building:room/mode"].map((path, at) => ({
        id: id(path),
        value: valueFromJson(at === 0 ? "22.0" : "off", id(path).sid, services.schema),
      })),
      services.schema,
    );
    const before = services.registry.get(node).tree;
    const [code, text, shown] = errorOf(await ask("guest", "iPATCH", own(), { contentFormat: 142, payload: patch }));
    expect(code).toBe("4.01");
    expect(text).toContain("access.denied");
    expect(shown).toContain(`02${hex(encodeIdentifiers([id("/sidgate-building:room/mode")], services.schema))}`);
    expect(services.registry.get(node).tree).toBe(before);
    expect((await ipatch("guest", own(), SET_POINT, "22.0")).code).toBe("2.04");
    expect(access.denials.counts.writes).toBe(1);
    expect(access.denials.last()).toMatchObject([
      { user: "guest", operation: "update", path: "/sidgate-building:room/mode" },
    ]);
  });

  test("CC-S3: what would be deleted unseen is denied and not named", async () => {
    await ipatch("boss", own(), "/sidgate-building:room/mode", "off");
    await rules(["permit", "all", SET_POINT], ["permit", "delete", SET_POINT]);
    const [code, text, shown] = errorOf(await ipatch("guest", own(), ROOM, undefined));
    expect(code).toBe("4.01");
    expect(text).not.toContain("mode");
    expect(shown).not.toContain(hex(encodeIdentifiers([id("/sidgate-building:room/mode")], services.schema)));
  });

  test("CC-S3 CC-I5: a condition is about what is seen; a PUT replaces what is seen and keeps the rest", async () => {
    await ipatch("boss", own(), "/sidgate-building:room/mode", "off");
    await ipatch("boss", own(), SET_POINT, "21.0");
    await rules(["permit", "all", SET_POINT]);
    const { etag } = await ask("guest", "GET", own());
    await ipatch("boss", own(), "/sidgate-building:room/mode", "comfort");
    const payload = encodeTree(
      fromJson({ "sidgate-building:room": { "set-point": "19.5" } }, services.schema),
      services.schema,
    );
    const put = await ask("guest", "PUT", own(), {
      contentFormat: 140,
      payload,
      ...(etag === undefined ? {} : { ifMatch: [etag] }),
    });
    expect(put.code).toBe("2.04");
    const kept = await fetch("boss", own(), [SET_POINT, "/sidgate-building:room/mode"]);
    expect(hex(kept.payload)).toMatch(/^a119eb2cc48221190 ?79ea119eb31/);
  });

  test("CC-S3: an error about what may not be read is its code alone", async () => {
    await rules(["permit", "create,update", "/sidgate-building:room/period"]);
    const sid = id("/sidgate-building:room/period").sid;
    const entry = new Map([[id("/sidgate-building:room/period[start='06:00']/start").sid, "06:00"]]);
    const payload = encodeInstances([{ id: { sid, keys: [] }, value: entry }], services.schema);
    const [code, text] = errorOf(await ask("guest", "iPATCH", own(), { contentFormat: 142, payload }));
    expect(code).toBe("4.00");
    expect(text).not.toMatch(/set-point|period|06:00/);
    const [, told] = errorOf(await ask("boss", "iPATCH", own(), { contentFormat: 142, payload }));
    expect(told).toContain("period[start='06:00']/set-point");
  });
});

test("CC-S3: an rpc is denied before anything else is said of it", async () => {
  await rules(["permit", "read", "*"]);
  const rpc = id("/sidgate-node:check-in").sid;
  const payload = encodeInstances([{ id: { sid: rpc, keys: [] }, value: undefined }], services.schema);
  const call = (name: string) => ask(name, "POST", "c", { contentFormat: 142, payload });
  expect((await call("guest")).code).toBe("4.01");
  expect((await call("boss")).code).not.toBe("4.01");
  expect(access.denials.counts.operations).toBe(1);
});

describe("the rules as data of the gateway", () => {
  const ENABLE = "/sidgate-access:access/enable";

  test("an admin edits them, and they hold from the next request on", async () => {
    expect(access.isSet).toBe(false);
    await ipatch("boss", "c", "/sidgate-access:access/group[name='viewer']/user-name", ["wall"]);
    expect(access.isSet).toBe(true);
    expect(access.config.groups.map(({ name, users }) => [name, users])).toEqual([
      ["admin", ["boss"]],
      ["operator", []],
      ["viewer", ["wall"]],
    ]);
    expect(hex((await fetch("wall", own(), [HUMIDITY])).payload)).toBe("a119eb2b182d");
    expect((await ipatch("wall", own(), SET_POINT, "22.0")).code).toBe("4.01");
    expect((await ipatch("wall", "c", ENABLE, false)).code).toBe("4.01");
    expect(hex((await fetch("wall", "c", [ENABLE])).payload)).toMatch(/f6$/);
    expect((await ipatch("boss", "c", ENABLE, false)).code).toBe("2.04");
    expect((await ipatch("wall", own(), SET_POINT, "22.0")).code).toBe("2.04");
  });

  test("they are checked as all data is, and cannot be deleted as a whole", async () => {
    const rule = { name: "r", "access-operations": "read" };
    expect((await ipatch("boss", "c", "/sidgate-access:access/rule-list[name='x']/rule[name='r']", rule)).code).toBe(
      "4.00",
    );
    expect((await ipatch("boss", "c", "/sidgate-access:access", undefined)).code).toBe("4.05");
    expect((await ask("boss", "DELETE", "c")).code).toBe("4.05");
    expect(access.isSet).toBe(false);
  });

  test("what was denied is counted there", async () => {
    await rules();
    await ipatch("guest", own(), SET_POINT, "22.0");
    const counted = await fetch("boss", "c", ["/sidgate-access:access/denied-data-writes"]);
    expect(hex(counted.payload)).toMatch(/01$/);
  });
});

test("CC-S2: who asks without a name, in lab mode, may everything, and a node what it could before", async () => {
  await rules();
  expect((await services.handler(ANYBODY, request("GET", own()))).payload?.length).toBeGreaterThan(1);
  const asNode = await services.handler(ANYBODY, request("GET", "c", { query: ["ep=room-1"] }));
  expect(asNode.payload?.length).toBeGreaterThan(1);
});
