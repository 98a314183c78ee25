/** Instances as JSON in their place, and stored ones that a schema takes no more. */
import { expect, test } from "@jest/globals";
import type { Json } from "../../gateway/yang/api.ts";
import { encodeInstances } from "../../gateway/yang/codec/index.ts";
import { salvageInstances } from "../../gateway/yang/datastore/index.ts";
import { instanceToJson } from "../../gateway/yang/instance-json.ts";
import type { LeafValue, Value } from "../../gateway/yang/tree.ts";
import { container, handSchema, leaf, list, notification } from "../support/hand-schema.ts";
import { tree } from "../support/trees.ts";

const STUCK = notification("m:stuck", 14, [leaf("m:by", 15, "string")]);
const SCHEMA = handSchema([
  container("m:yard", 10, [
    list("m:gate", 11, ["side", "number"], [leaf("m:side", 12, "string"), leaf("m:number", 13, "uint8"), STUCK]),
  ]),
  notification("m:alarm", 20, [leaf("m:raised", 21, "boolean")]),
]);
const instance = (sid: number, keys: readonly LeafValue[], value?: Value) => ({ id: { sid, keys }, value });

test.each<readonly [title: string, of: ReturnType<typeof instance>, json: Json]>([
  ["at the top", instance(20, [], tree([21, true])), { "m:alarm": { raised: true } }],
  ["without content", instance(20, []), { "m:alarm": {} }],
  [
    "CC-7950-7.16: in a list, with the keys of the entry around it",
    instance(14, ["west", 2], tree([15, "me"])),
    { "m:yard": { gate: [{ side: "west", number: 2, stuck: { by: "me" } }] } },
  ],
  ["of a node that nobody knows", instance(99, [], tree()), {}],
])("a notification as JSON: %s", (_title, of, json) => {
  expect(instanceToJson(of, SCHEMA)).toEqual(json);
});

test("of a sequence that was stored, what the schema of today does not take is left out, and the rest stays in order", () => {
  const before = handSchema([
    notification("m:alarm", 20, [leaf("m:raised", 21, "boolean")]),
    notification("m:gone", 30, [leaf("m:why", 31, "string")]),
  ]);
  const stored = [
    instance(20, [], tree([21, true])),
    instance(30, [], tree([31, "x"])),
    instance(20, [], tree([21, false])),
  ];
  const bytes = encodeInstances(stored, before);
  expect(salvageInstances(bytes, before)).toEqual(stored);
  expect(salvageInstances(bytes, SCHEMA)).toEqual([stored[0], stored[2]]);
  expect(salvageInstances(new Uint8Array(), SCHEMA)).toEqual([]);
  expect(() => salvageInstances(bytes.subarray(0, 4), SCHEMA)).toThrow();
});
