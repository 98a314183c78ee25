/** What a registration with the resource directory tells of a node's reachability. */
import { beforeAll, expect, test } from "@jest/globals";
import { type Millis, millis, type NodeId, SILENT, seconds } from "../../../gateway/base/index.ts";
import { Registry } from "../../../gateway/service/registry/index.ts";
import type { Fact } from "../../../gateway/store/index.ts";
import { builtInModels, fixedSchema, loadModels, type Schema } from "../../../gateway/yang/index.ts";

const NODE = "n-0001" as NodeId;
const T0 = millis(1_790_000_000_000);
const after = (s: number): Millis => millis(T0 + seconds(s));

let schema: Schema;
beforeAll(async () => {
  schema = await loadModels({ folder: builtInModels(), log: SILENT });
});

const JOINED: Fact = { seq: 1, at: T0, type: "node.joined", node: NODE, endpoint: "a", name: "a", actor: "test" };
const REGISTERED: Fact = {
  seq: 2,
  at: after(10),
  type: "directory.registered",
  registration: "r",
  endpoint: "a",
  node: NODE,
  owner: "host:192.0.2.1",
  base: "coap://192.0.2.1",
  lifetime: 600,
  links: "",
};
const removed = (reason: "deleted" | "expired"): Fact => ({
  seq: 4,
  at: after(30),
  type: "directory.removed",
  registration: "r",
  endpoint: "a",
  node: NODE,
  reason,
});

const STORIES: ReadonlyArray<
  readonly [name: string, facts: readonly Fact[], seen: Millis | undefined, expires: Millis | undefined]
> = [
  ["nothing registered", [JOINED], undefined, undefined],
  ["registered", [JOINED, REGISTERED], after(10), after(610)],
  [
    "renewed",
    [
      JOINED,
      REGISTERED,
      { seq: 3, at: after(20), type: "directory.renewed", registration: "r", node: NODE, lifetime: 60 },
    ],
    after(20),
    after(80),
  ],
  ["deleted", [JOINED, REGISTERED, removed("deleted")], after(30), undefined],
  ["expired", [JOINED, REGISTERED, removed("expired")], after(10), after(610)],
  ["registered by another", [JOINED, { ...REGISTERED, node: "n-0002" as NodeId }], undefined, undefined],
];
test.each(STORIES)("%s", (_name, facts, lastSeen, expires) => {
  const registry = new Registry({ schemas: fixedSchema(schema), wakeInterval: seconds(900), log: SILENT });
  for (const fact of facts) registry.apply(fact);
  expect(registry.get(NODE).reach).toMatchObject({ lastSeen, expires });
});
