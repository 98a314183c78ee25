/** The commands of installers that edit nodes and put one device in the place of another: their facts, and what they refuse. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "@jest/globals";
import { editHandlers } from "../../gateway/app/inbox/edit-commands.ts";
import { hours, type NodeId, SILENT } from "../../gateway/base/index.ts";
import { Credentials } from "../../gateway/service/credentials/index.ts";
import { CommandInbox } from "../../gateway/store/index.ts";
import { type Json, toJson } from "../../gateway/yang/index.ts";
import { ANYBODY, bytes, hex, openServices, request, type Services } from "../support/services.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sidgate-edit-commands-"));
});
afterAll(() => rm(folder, { recursive: true }));

let services: Services;
let inbox: CommandInbox;
let node: NodeId;
let commands = 0;
beforeEach(async () => {
  services = await openServices();
  inbox = new CommandInbox(SILENT);
  const credentials = new Credentials(SILENT);
  await credentials.unlock(join(folder, "site.key"));
  inbox.serve(editHandlers({ ...services, credentials, recorder: services.ledger }), services.ledger);
  node = await services.join("room-1");
});

const submit = (op: string, args: Record<string, Json>) =>
  inbox.submit({ id: `${op}-${++commands}`, op, args, actor: "cli:me" });
const room = (): Json | undefined => {
  const record = services.registry.get(node);
  return toJson(record.tree, services.schema)["sidgate-building:room"];
};
const checkIn = async (payload: string, endpoint: string): Promise<string> => {
  const answer = await services.checkIn.answer(
    ANYBODY,
    request("POST", "c", { query: [`ep=${endpoint}`], contentFormat: 142, payload: bytes(payload) }),
  );
  return hex(answer?.payload);
};

test("an installer sets and deletes data by path; numbers need no quotes", async () => {
  const edits = [
    { path: "/sidgate-building:room/set-point", value: 21.5 },
    { path: "/sidgate-building:room/mode", value: "economy" },
    { path: "/sidgate-building:room/period[start='06:00']", value: { start: "06:00", "set-point": "21.0" } },
  ];
  expect(await submit("node.edit", { node: "room-1", edits, expireAfter: hours(2) })).toMatchObject({
    status: "completed",
    result: { node, revision: 3, pending: 3 },
  });
  expect(room()).toEqual({
    "set-point": "21.5",
    mode: "economy",
    period: [{ start: "06:00", "set-point": "21.0" }],
  });
  await submit("node.edit", { node: "room-1", edits: [{ path: "/sidgate-building:room/mode" }] });
  expect(room()).not.toHaveProperty("mode");
  const box = services.mailbox.box(node);
  expect(box.edits.map(({ expires }) => expires && expires - services.clock.now())).toContain(hours(2));
});

const REFUSED: ReadonlyArray<readonly [name: string, path: string, value: Json, code: string]> = [
  ["what the model does not have", "/sidgate-building:room/lamp", true, "yang.path"],
  ["a value out of range", "/sidgate-building:room/set-point", 99, "yang.not-in-range"],
  ["a whole number out of range", "/sidgate-node:node/wake-interval", 0, "yang.not-in-range"],
  ["what the node measures", "/sidgate-building:room/temperature", 20, "yang.read-only"],
  ["the gateway's own data", "/sidgate-gateway:gateway/name", "x", "root.foreign"],
];
test.each(REFUSED)("%s is refused, and nothing waits", async (_name, path, value, code) => {
  expect(await submit("node.edit", { node, edits: [{ path, value }] })).toMatchObject({
    status: "failed",
    error: { code },
  });
  expect(services.mailbox.pending(node)).toBe(0);
});

test("a device takes the place of a dead one: id, name and settings stay, what it measured goes", async () => {
  await checkIn("a1 19ea61 a2 02 01 05 a1 18c3 a2 01 c48221190866 03 c482211907d0", "room-1"); // 21.50, set-point 20.00
  await submit("node.edit", { node, edits: [{ path: "/sidgate-building:room/mode", value: "economy" }] });
  expect(await submit("node.replace", { node: "room-1", endpoint: "room-1b" })).toMatchObject({
    status: "completed",
    result: { node, endpoint: "room-1b", former: "room-1", pending: 1 },
  });
  const record = services.registry.get(node);
  expect(record).toMatchObject({ endpoint: "room-1b", name: "room-1", slot: undefined, reach: { state: "unknown" } });
  expect(room()).toEqual({ "set-point": "20.0", mode: "economy" });
  expect([services.registry.byEndpoint("room-1"), services.registry.byEndpoint("room-1b")?.id]).toEqual([
    undefined,
    node,
  ]);
  // Its first report gets the room as one edit: {60201: {3: 20.00, 8: economy}}
  const answer = await checkIn("a1 19ea61 a1 02 00", "room-1b");
  expect(answer).toContain("a119eb29");
  expect(services.mailbox.box(node).edits).toMatchObject([{ status: { state: "delivered" }, expires: undefined }]);
});

test("a device that is there already takes no other's place", async () => {
  await services.join("room-2");
  expect(await submit("node.replace", { node: "room-1", endpoint: "room-2" })).toMatchObject({
    error: { code: "node.exists" },
  });
});
