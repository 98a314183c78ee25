/** A list whose entries have ten leaves, and constraints of every kind on them: to measure what an edit costs. */
import type { Instance, LeafValue, Tree, Value } from "../../gateway/yang/tree.ts";
import { container, enums, handSchema, leaf, list } from "./hand-schema.ts";

const REFERENCE = { base: "leafref", path: "../../port/id", target: { base: "uint32" } } as const;

export const PORTS = handSchema([
  container("p:net", 1, [
    leaf("fastest", 2, "uint8", { defaults: ["200"] }),
    list(
      "port",
      10,
      ["id"],
      [
        leaf("id", 11, "uint32"),
        leaf("name", 12, "string", { mandatory: true }),
        leaf("up", 13, REFERENCE, { must: [{ expression: ". != ../id" }] }),
        leaf("speed", 14, "uint8", { must: [{ expression: ". <= ../../fastest" }, { expression: "../mtu > 100" }] }),
        leaf("mtu", 15, "uint16", { defaults: ["1500"] }),
        leaf("duplex", 16, "boolean", { when: ["../speed > 1"] }),
        leaf("mode", 17, enums("access", "trunk"), { must: [{ expression: ". = 'access' or ../vlan" }] }),
        leaf("vlan", 18, "uint16", { must: [{ expression: "not(/p:net/port[id = current()/../up]/vlan = .)" }] }),
        leaf("cost", 19, "uint32", { must: [{ expression: "../port-cost or . < 100000" }] }),
        leaf("note", 20, "string"),
      ],
      { unique: [["name"]], minElements: 1, maxElements: 100_000, must: [{ expression: "up or speed" }] },
    ),
  ]),
]);

const port = (id: number, ports: number): Tree =>
  new Map<number, Value>([
    [11, id],
    [12, `port ${id}`],
    [13, (id + 1) % ports],
    [14, 10],
    [15, 1500],
    [16, true],
    [17, 1],
    [18, id % 4000],
    [19, 7],
    [20, "as planned"],
  ]);

/** `leaves` leaves in all. */
export function netOf(leaves: number): Tree {
  const ports = leaves / 10;
  return new Map([[1, new Map([[10, Array.from({ length: ports }, (_, id) => port(id, ports))]])]]);
}

/** The edit number `index` of a tree with so many leaves: each sets one leaf of one entry to a value that is allowed. */
export function editOf(leaves: number, index: number): readonly Instance[] {
  const ports = leaves / 10;
  const id = (index * 7919) % ports;
  const [sid, value] = EDITS[index % EDITS.length]!(id, ports, index);
  return [{ id: { sid, keys: [id] }, value }];
}

type Edit = (id: number, ports: number, index: number) => readonly [sid: number, value: LeafValue];
const EDITS: readonly Edit[] = [
  (id, _ports, index) => [12, `port ${id} then ${index}`],
  (id, ports) => [13, (id + 2) % ports],
  (_id, _ports, index) => [14, 2 + (index % 90)],
  (_id, _ports, index) => [15, 500 + (index % 1000)],
  (_id, _ports, index) => [16, index % 2 === 0],
  (_id, _ports, index) => [17, (index >> 3) % 2],
  (id) => [18, id % 4000],
  (_id, _ports, index) => [19, index % 9999],
  (_id, _ports, index) => [20, `changed ${index}`],
];
