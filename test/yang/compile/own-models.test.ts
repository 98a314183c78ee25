/** Our own modules as everyone else sees them: path, SID, kind and type. */
import { expect, test } from "@jest/globals";
import { SILENT } from "../../../gateway/base/index.ts";
import { loadModels, type SchemaNode } from "../../../gateway/yang/index.ts";
import { nodeAt } from "./inline.ts";

const schema = await loadModels({ log: SILENT });

const ROWS: ReadonlyArray<readonly [path: string, sid: number, kind: string, type: string, config: boolean]> = [
  ["/sidgate-node:node", 60030, "container", "-", true],
  ["/sidgate-node:node/model", 60031, "leaf", "string", false],
  ["/sidgate-node:node/wake-interval", 60033, "leaf", "uint32", true],
  ["/sidgate-node:check-in", 60001, "rpc", "-", true],
  ["/sidgate-node:check-in/input", 60002, "input", "-", false],
  ["/sidgate-node:check-in/input/report", 60003, "leaf", "uint32", false],
  ["/sidgate-node:check-in/input/data", 60006, "anydata", "-", false],
  ["/sidgate-node:check-in/input/sample", 60007, "list", "-", false],
  ["/sidgate-node:check-in/input/sample/data", 60009, "anydata", "-", false],
  ["/sidgate-node:check-in/input/brief", 60010, "leaf", "empty", false],
  ["/sidgate-node:check-in/output/offer/digest", 60017, "leaf", "binary", false],
  ["/sidgate-firmware:firmware/phase", 60104, "leaf", "enumeration", false],
  ["/sidgate-firmware:images/image", 60121, "list", "-", false],
  ["/sidgate-firmware:images/image/added", 60128, "leaf", "string", false],
  ["/sidgate-firmware:progress", 60140, "notification", "-", true],
  ["/sidgate-building:room/temperature", 60202, "leaf", "decimal64", false],
  ["/sidgate-building:room/set-point", 60204, "leaf", "decimal64", true],
  ["/sidgate-building:room/alarm", 60208, "leaf", "bits", false],
  ["/sidgate-building:room/period", 60210, "list", "-", true],
  ["/sidgate-building:room/period/start", 60211, "leaf", "string", true],
  ["/sidgate-gateway:gateway/node", 60310, "list", "-", true],
  ["/sidgate-gateway:gateway/node/phase", 60320, "leaf", "enumeration", false],
  ["/sidgate-gateway:node-state/to", 60353, "leaf", "enumeration", false],
];
test.each(ROWS)("%s is %d", (path, sid, kind, type, config) => {
  const node = nodeAt(schema, path);
  expect([node.sid, node.kind, node.type?.base ?? "-", node.config]).toEqual([sid, kind, type, config]);
  expect(schema.bySid(sid)).toBe(node);
});

test("types keep what their typedefs say", () => {
  expect(nodeAt(schema, "/sidgate-building:room/set-point")).toMatchObject({
    units: "degrees Celsius",
    defaults: ["20.00"],
  });
  expect(nodeAt(schema, "/sidgate-building:room/set-point").type).toMatchObject({
    typedef: "sidgate-building:celsius",
    fractionDigits: 2,
    range: [["500", "3500"]],
  });
  expect(nodeAt(schema, "/sidgate-building:room/alarm").type?.bits).toEqual([
    { name: "low-battery", position: 0 },
    { name: "window-open", position: 1 },
    { name: "sensor-fault", position: 2 },
    { name: "frost", position: 3 },
  ]);
  expect(nodeAt(schema, "/sidgate-gateway:gateway/node/phase").type).toMatchObject({
    typedef: "sidgate-firmware:phase",
  });
  expect(nodeAt(schema, "/sidgate-gateway:gateway/node").keys).toEqual(["id"]);
  expect(nodeAt(schema, "/sidgate-node:check-in/output/offer").presence).toBe(true);
});

test("every node has a SID, and each SID is that of one node", () => {
  const nodes: SchemaNode[] = [...schema.roots];
  for (const node of nodes) nodes.push(...node.children);
  const sids = nodes.map((node) => node.sid);
  expect(sids).not.toContain(undefined);
  expect(new Set(sids).size).toBe(sids.length);
});

test("the keys of a check-in and of its containers cost one byte each: deltas of 23 at most", () => {
  const rpc = nodeAt(schema, "/sidgate-node:check-in");
  const deltas = rpc.children.flatMap((half) =>
    half.children.flatMap((each) => [
      { path: each.name, delta: (each.sid ?? 0) - (rpc.sid ?? 0) },
      ...each.children.map((leaf) => ({ path: `${each.name}/${leaf.name}`, delta: (leaf.sid ?? 0) - (each.sid ?? 0) })),
    ]),
  );
  // What an offer says of an image that is not sent as it is costs two: it saves thousands.
  const rare = ["offer/confirm-within", "offer/encoding", "offer/length"];
  expect(deltas.filter(({ path, delta }) => Math.abs(delta) > 23 && !rare.includes(path))).toEqual([]);
});

test("modules know their revision and number; what is only imported has none", () => {
  expect(schema.modules.map(({ name, sid, importOnly }) => [name, sid, importOnly])).toEqual(
    expect.arrayContaining([
      ["sidgate-building", 60200, false],
      ["sidgate-node", 60000, false],
      ["ietf-yang-types", undefined, true],
    ]),
  );
});
