/** The commands that make and void credentials: each is a fact with its actor, and no answer holds a secret. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "@jest/globals";
import { commandHandlers } from "../../gateway/app/inbox/inventory-commands.ts";
import { type NodeId, SILENT, toHex } from "../../gateway/base/index.ts";
import { Access } from "../../gateway/service/access/index.ts";
import { Credentials } from "../../gateway/service/credentials/index.ts";
import { labTrust } from "../../gateway/service/trust/index.ts";
import { CommandInbox, type Fact, Ledger } from "../../gateway/store/index.ts";
import { openServices, type Services } from "../support/services.ts";

let folder: string;
let services: Services;
let credentials: Credentials;
let access: Access;
let inbox: CommandInbox;
let commands = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sidgate-commands-"));
});
afterAll(() => rm(folder, { recursive: true }));

beforeEach(async () => {
  services = await openServices();
  credentials = new Credentials(SILENT);
  inbox = new CommandInbox(SILENT);
  const { registry, images, campaigns, journal, state, clock } = services;
  const projections = [registry, credentials, inbox];
  const ledger = await Ledger.open({ journal, state, projections, clock, log: SILENT });
  await credentials.unlock(join(folder, "site.key"));
  access = new Access({
    gatewayTree: () => registry.gatewayTree,
    schema: () => registry.schema,
    managers: () => credentials.managers().map(({ name }) => name),
    clock,
    log: SILENT,
  });
  const fetching = () => ({ state: "awaited" }) as const;
  const defaults = { stopAtPct: 15, silentAfter: 3 };
  const models = { of: () => services.schema, has: () => false, list: () => [] };
  const given = {
    models,
    registry,
    images,
    campaigns,
    credentials,
    access,
    recorder: ledger,
    clock,
    defaults,
    fetching,
    trust: labTrust,
    releases: { becomes: () => undefined, of: () => [], naming: () => [] },
    foresight: { obstacle: () => undefined },
  };
  inbox.serve(commandHandlers(given), ledger);
});

const submit = (op: string, args: Record<string, string>) =>
  inbox.submit({ id: `${op}-${++commands}`, op, args, actor: "cli:me" });
const completed = async (op: string, args: Record<string, string>): Promise<Record<string, string>> => {
  const outcome = await submit(op, args);
  if (outcome.status !== "completed") throw new Error(JSON.stringify(outcome));
  return outcome.result as Record<string, string>;
};
const facts = (): Promise<readonly Fact[]> => services.journal.read(1, 100);
const typesOf = async (): Promise<readonly string[]> => (await facts()).map(({ type }) => type);
const nodeId = (answer: Record<string, string>): NodeId => answer["node"] as NodeId;

test("a node that is added has credentials from the first moment on", async () => {
  const added = await completed("node.add", { endpoint: "room-1" });
  expect(added).toEqual({ node: expect.any(String), endpoint: "room-1" });
  expect(credentials.ofNode(nodeId(added))).toMatchObject({ name: "room-1", nodeId: nodeId(added) });
  expect(await typesOf()).toEqual(["node.joined", "credential.added", "command.done"]);
});

test("a node gets new ones, and the old are void", async () => {
  const added = await completed("node.add", { endpoint: "room-1" });
  const before = credentials.ofNode(nodeId(added));
  expect(await completed("node.rekey", { node: nodeId(added) })).toEqual({ node: nodeId(added) });
  const after = credentials.ofNode(nodeId(added));
  expect(after?.masterSecret).not.toEqual(before?.masterSecret);
  expect(credentials.byKid(before?.recipientId ?? new Uint8Array(), undefined)).toEqual([]);
  expect((await typesOf()).slice(3)).toEqual(["credential.added", "credential.removed", "command.done"]);
});

test("a node that is forgotten takes its credentials along", async () => {
  const added = await completed("node.add", { endpoint: "room-1" });
  await completed("node.remove", { node: nodeId(added) });
  expect(credentials.size).toBe(0);
  const gone = { node: nodeId(added), actor: "cli:me" };
  const credential = expect.any(String);
  expect((await facts()).slice(3)).toMatchObject([
    { type: "credential.removed", credential, name: "room-1", ...gone },
    { type: "node.removed", ...gone },
    { type: "command.done" },
  ]);
});

test("managers come and go", async () => {
  expect(await completed("manager.add", { manager: "bms" })).toEqual({ manager: "bms", groups: ["viewer"] });
  expect(await submit("manager.add", { manager: "bms" })).toMatchObject({ error: { code: "manager.exists" } });
  expect(await completed("manager.remove", { manager: "bms" })).toEqual({ manager: "bms" });
  expect(await submit("manager.remove", { manager: "bms" })).toMatchObject({ error: { code: "manager.unknown" } });
  expect(credentials.size).toBe(0);
});

test("a manager gets new ones, and the old are void", async () => {
  await completed("manager.add", { manager: "bms" });
  const before = credentials.ofManager("bms");
  expect(await completed("manager.rekey", { manager: "bms" })).toEqual({ manager: "bms" });
  expect(credentials.ofManager("bms")?.masterSecret).not.toEqual(before?.masterSecret);
  expect(credentials.size).toBe(1);
});

test("a node is named by its id, or else by its endpoint", async () => {
  const [first, second] = [
    await completed("node.add", { endpoint: "room-1" }),
    await completed("node.add", { endpoint: "room-2" }),
  ];
  expect(await completed("node.rekey", { node: "room-1" })).toEqual({ node: nodeId(first) });
  expect(await completed("node.remove", { node: "room-2" })).toEqual({ node: nodeId(second) });
  const shadow = await completed("node.add", { endpoint: nodeId(first) }); // a name like the other's id
  expect(await completed("node.remove", { node: nodeId(first) })).toEqual({ node: nodeId(first) });
  expect(await completed("node.remove", { node: nodeId(first) })).toEqual({ node: nodeId(shadow) });
});

test("who did it stands in each fact, and no fact and no answer holds a secret", async () => {
  const added = await completed("node.add", { endpoint: "room-1" });
  await completed("node.rekey", { node: nodeId(added) });
  await completed("manager.add", { manager: "bms" });
  for (const fact of await facts()) expect(fact).toMatchObject({ actor: "cli:me" });
  const written = JSON.stringify(await facts(), (_key, value) => (value instanceof Uint8Array ? toHex(value) : value));
  for (const known of [credentials.ofNode(nodeId(added)), credentials.ofManager("bms")]) {
    expect(known).toBeDefined();
    expect(written).not.toContain(toHex(known?.masterSecret ?? new Uint8Array([1])));
    expect(written).not.toContain(toHex(known?.masterSalt ?? new Uint8Array([1])));
  }
});

test.each([
  ["node.rekey", { node: "n-9" }, "node.unknown"],
  ["manager.add", { manager: "" }, "command.argument"],
  ["manager.add", { manager: "a\u0007" }, "command.argument"],
  ["manager.rekey", { manager: "bms" }, "manager.unknown"],
  ["manager.remove", { name: "bms" }, "command.argument"],
])("%s %j is refused", async (op, args, code) => {
  expect(await submit(op, args)).toMatchObject({ status: "failed", error: { code } });
  expect(await typesOf()).toEqual(["command.done"]);
});
