/** `sidgate models` and `sidgate node models`: what they ask of the gateway, and how they tell it. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { GatewayClient } from "../../gateway/admin/cli/index.ts";
import { modelsView } from "../../gateway/admin/cli/models.ts";
import { nodeTable, nodeView } from "../../gateway/admin/cli/views.ts";
import { type Doors, openDoors } from "./doors.ts";
import { MODELS, NODES, NOW } from "./site.ts";

let doors: Doors;
beforeAll(async () => {
  doors = await openDoors();
});
afterAll(() => doors.close());

test("the sets stand with their modules and with what is wrong", () => {
  expect(modelsView(MODELS, NOW).split("\n")).toEqual([
    "(default): in force, loaded 1 h 30 min ago, 2 nodes",
    "  MODULE            REVISION    WITH A SID",
    "  sidgate-building  2026-11-21    14 of 14",
    "",
    "building-2: its files are refused; what was in force before still is, loaded 5 min ago, 1 node",
    "  models/building-2/x.yang:3:5: <b>unknown</b> type",
    "  MODULE    REVISION  WITH A SID",
    "  acme-air  -             0 of 3",
    "",
    "gone: there is no such folder; its nodes work with the default set, 1 node",
  ]);
});

test("a list of nodes has a column for it once a node has a set, and a node says its own", () => {
  const [first, second] = NODES;
  if (first === undefined || second === undefined) throw new Error("the site changed");
  const moved = { ...second, models: "building-2" };
  expect(nodeTable([first, second], NOW)).not.toContain("MODELS");
  expect(nodeTable([first, moved], NOW).split("\n")[2]).toMatch(/lost +building-2 /);
  expect(nodeView(first, NOW)).toMatch(/^models: +the default set$/m);
  expect(nodeView(moved, NOW)).toMatch(/^models: +building-2$/m);
});

test("the API gives the same rows", async () => {
  expect(await new GatewayClient(doors.socketPath).get("/api/models")).toEqual(MODELS);
});
