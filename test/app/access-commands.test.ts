/** The commands about access: first use, upgrade, groups and rules. */
import { beforeEach, expect, test } from "@jest/globals";
import { accessHandlers } from "../../gateway/app/inbox/access-commands.ts";
import { commandHandlers } from "../../gateway/app/inbox/inventory-commands.ts";
import { isCoded, SILENT } from "../../gateway/base/index.ts";
import { Access } from "../../gateway/service/access/index.ts";
import { Credentials } from "../../gateway/service/credentials/index.ts";
import { labTrust } from "../../gateway/service/trust/index.ts";
import { type CommandHandler, Ledger, memoryState } from "../../gateway/store/index.ts";
import { type Json, parsePath, valueFromJson } from "../../gateway/yang/index.ts";
import { openServices, type Services } from "../support/services.ts";

let services: Services;
let credentials: Credentials;
let access: Access;
let handlers: ReadonlyMap<string, CommandHandler>;

beforeEach(async () => {
  services = await openServices();
  const { registry, images, campaigns, clock, schema, journal, state } = services;
  credentials = new Credentials(SILENT);
  const ledger = await Ledger.open({ journal, state, projections: [registry, credentials], clock, log: SILENT });
  // Without a key nothing can be sealed; the names are what counts here.
  credentials.issue = ({ name }) => ({
    credential: `k-${name}`,
    name,
    kid: Buffer.from(name),
    sealed: new Uint8Array(),
  });
  access = accessOf(services, credentials);
  const models = { of: () => schema, has: () => false, list: () => [] };
  const releases = { becomes: () => undefined, of: () => [], naming: () => [] };
  const given = { models, registry, images, campaigns, credentials, access, releases, recorder: ledger, clock };
  const fetching = () => ({ state: "awaited" }) as const;
  const foresight = { obstacle: () => undefined };
  const rest = { fetching, trust: labTrust, foresight, defaults: { stopAtPct: 15, silentAfter: 3 } };
  handlers = new Map([...commandHandlers({ ...given, ...rest }), ...accessHandlers(given)]);
});

const accessOf = ({ registry, clock }: Pick<Services, "registry" | "clock">, of: Credentials): Access =>
  new Access({
    gatewayTree: () => registry.gatewayTree,
    schema: () => registry.schema,
    managers: () => of.managers().map(({ name }) => name),
    clock,
    log: SILENT,
  });

const run = async (op: string, args: Readonly<Record<string, Json>>): Promise<Json> =>
  (await handlers.get(op)?.(args, "test", undefined)) ?? null;
const codeOf = (work: Promise<Json>): Promise<unknown> =>
  work.then(
    () => "done",
    (error: unknown) => (isCoded(error) ? error.code : error),
  );
const groups = (): Record<string, readonly string[]> =>
  Object.fromEntries(access.config.groups.map(({ name, users }) => [name, users]));
/** A credential of a former version: there were no groups. */
const former = (name: string): void =>
  credentials.apply({
    ...{ seq: 1, at: services.clock.now(), type: "credential.added", actor: "cli" },
    ...credentials.issue({ name }),
  });

test("who was a manager before there were rules is an admin, and stays one when the first rule is made", async () => {
  former("bms");
  expect(access.isSet).toBe(false);
  expect(access.guardOf("bms").all).toBe(true);
  expect(groups()).toEqual({ admin: ["bms"], operator: [], viewer: [] });
  expect(await run("manager.add", { manager: "wall" })).toEqual({ manager: "wall", groups: ["viewer"] });
  expect(groups()).toEqual({ admin: ["bms"], operator: [], viewer: ["wall"] });
  expect([access.guardOf("bms").all, access.guardOf("wall").all, access.guardOf("stranger").all]).toEqual([
    true,
    false,
    false,
  ]);
});

test("who is let in without a name, in lab mode, may everything", async () => {
  await run("manager.add", { manager: "wall" });
  expect(access.guardOf(undefined).all).toBe(true);
});

test("the groups that come with the gateway", async () => {
  await run("manager.add", { manager: "v", groups: ["viewer"] });
  await run("manager.add", { manager: "o", groups: ["operator"] });
  await run("manager.add", { manager: "a", groups: ["admin"] });
  const { schema } = services;
  const may = (user: string, path: string): boolean => access.guardOf(user).mayRead(parsePath(path, schema), schema);
  expect(["v", "o", "a"].map((user) => may(user, "/sidgate-building:room"))).toEqual([true, true, true]);
  expect(["v", "o", "a"].map((user) => may(user, "/sidgate-access:access/group"))).toEqual([false, false, true]);
  const edits = (user: string, path: string, json: Json): unknown => {
    const id = parsePath(path, schema);
    try {
      access.guardOf(user).checkEdit(new Map(), [{ id, value: valueFromJson(json, id.sid, schema) }], schema);
      return "done";
    } catch (error) {
      return isCoded(error) ? error.code : error;
    }
  };
  const tries = (path: string, json: Json): readonly unknown[] =>
    ["v", "o", "a"].map((user) => edits(user, path, json));
  expect(tries("/sidgate-building:room/set-point", "21.0")).toEqual(["access.denied", "done", "done"]);
  expect(tries("/sidgate-node:node/wake-interval", 900)).toEqual(["access.denied", "access.denied", "done"]);
  expect(tries("/sidgate-access:access/enable", false)).toEqual(["access.denied", "access.denied", "done"]);
});

test("a manager that is removed leaves its groups, and one that is added is in its own alone", async () => {
  await run("manager.add", { manager: "boss", groups: ["admin"] });
  await run("manager.remove", { manager: "boss" });
  expect(groups()["admin"]).toEqual([]);
  await run("manager.add", { manager: "boss", groups: ["operator", "viewer"] });
  expect(groups()).toEqual({ admin: [], operator: ["boss"], viewer: ["boss"] });
  await run("access.group", { user: "boss", groups: [] });
  expect(groups()).toEqual({ admin: [], operator: [], viewer: [] });
});

test("a rule goes before the others of its group, and takes the place of the same one", async () => {
  await run("access.rule", {
    group: "viewer",
    action: "permit",
    operations: ["edit"],
    target: "/sidgate-building:room/mode",
  });
  await run("access.rule", {
    group: "viewer",
    action: "deny",
    operations: ["read"],
    target: "sidgate-firmware",
    name: "no-firmware",
  });
  const rules = () => access.config.lists.find(({ name }) => name === "viewer")?.rules.map(({ name }) => name);
  expect(rules()).toEqual(["no-firmware", "permit edit /sidgate-building:room/mode", "access-rules", "read"]);
  await run("access.rule", { group: "viewer", action: "deny", operations: ["all"], target: "*", name: "no-firmware" });
  expect(rules()).toEqual(["no-firmware", "permit edit /sidgate-building:room/mode", "access-rules", "read"]);
  expect(access.config.lists.at(-1)?.rules[0]).toMatchObject({ module: "*", about: { kind: "all" }, action: "deny" });
  await run("access.remove", { group: "viewer", rule: "no-firmware" });
  expect(rules()).toEqual(["permit edit /sidgate-building:room/mode", "access-rules", "read"]);
});

test("a group that is not there is made by its first rule; targets may be rpcs and notifications", async () => {
  await run("access.rule", {
    group: "alarms",
    action: "permit",
    operations: ["read"],
    target: "/sidgate-gateway:node-state",
  });
  await run("access.rule", {
    group: "alarms",
    action: "permit",
    operations: ["exec"],
    target: "/sidgate-node:check-in",
  });
  expect(groups()["alarms"]).toEqual([]);
  expect(access.config.lists.at(-1)).toMatchObject({
    name: "alarms",
    groups: ["alarms"],
    rules: [
      { module: "sidgate-node", about: { kind: "rpc", name: "check-in" } },
      { module: "sidgate-gateway", about: { kind: "notification", name: "node-state" } },
    ],
  });
});

test("a rule for every group makes no group", async () => {
  await run("access.rule", { group: "*", action: "deny", operations: ["read"], target: "sidgate-firmware" });
  expect(Object.keys(groups())).toEqual(["admin", "operator", "viewer"]);
  expect(access.config.lists.at(-1)).toMatchObject({
    name: "*",
    groups: ["*"],
    rules: [{ module: "sidgate-firmware" }],
  });
});

const REFUSED: ReadonlyArray<readonly [name: string, op: string, args: Readonly<Record<string, Json>>, code: string]> =
  [
    ["a group that is not there", "manager.add", { manager: "x", groups: ["boss"] }, "access.group-unknown"],
    ["the same for a user", "access.group", { user: "bms", groups: ["boss"] }, "access.group-unknown"],
    ["somebody who is not there", "access.group", { user: "nobody", groups: ["admin"] }, "manager.unknown"],
    [
      "a path that no set has",
      "access.rule",
      { group: "g", action: "deny", operations: ["read"], target: "/sidgate-building:roof" },
      "access.target-unknown",
    ],
    [
      "a module that no set has",
      "access.rule",
      { group: "g", action: "deny", operations: ["read"], target: "acme" },
      "access.target-unknown",
    ],
    [
      "an operation that there is not",
      "access.rule",
      { group: "g", action: "deny", operations: ["look"], target: "*" },
      "command.argument",
    ],
    ["a rule that is not there", "access.remove", { group: "viewer", rule: "none" }, "access.rule-unknown"],
  ];
test.each(REFUSED)("refused: %s", async (_name, op, args, code) => {
  former("bms");
  expect(await codeOf(run(op, args))).toBe(code);
  expect(access.isSet).toBe(false);
});

test("the rules are data of the gateway's datastore: what is written is read back, and survives", async () => {
  await run("manager.add", { manager: "bms", groups: ["admin"] });
  await run("access.rule", {
    group: "viewer",
    action: "deny",
    operations: ["read"],
    target: "/sidgate-building:room/period[start='06:00']",
    comment: "why",
  });
  const before = access.config;
  const again = await openServices({ on: { ...services, state: memoryState() } });
  expect(accessOf(again, credentials).config).toEqual(before);
});
