/** The commands that give nodes a module set, and that look at the folders: their facts, and what they refuse. */
import { beforeEach, expect, test } from "@jest/globals";
import { modelHandlers } from "../../gateway/app/inbox/model-commands.ts";
import type { ModelSet } from "../../gateway/app/models/index.ts";
import { Trace } from "../../gateway/app/status/trace.ts";
import { millis, type NodeId, SILENT } from "../../gateway/base/index.ts";
import { CommandInbox, type Fact, type Ledger } from "../../gateway/store/index.ts";
import { encodeInstances } from "../../gateway/yang/index.ts";
import { SIDS, threeSchemas } from "../support/building-2.ts";
import { ChangingSchemas } from "../support/model-sets.ts";
import { openServices, type Services } from "../support/services.ts";

const { first, second } = await threeSchemas();

let services: Services;
let ledger: Ledger;
let inbox: CommandInbox;
let schemas: ChangingSchemas;
let node: NodeId;
let reloads: number;
let commands = 0;

beforeEach(async () => {
  schemas = new ChangingSchemas(first, { "building-2": second });
  services = await openServices({ schemas });
  ({ ledger } = services);
  inbox = new CommandInbox(SILENT);
  reloads = 0;
  const sets: readonly ModelSet[] = [
    { set: undefined, schema: first, loadedAt: millis(1), fault: undefined },
    { set: "building-2", schema: second, loadedAt: millis(1), fault: undefined },
    { set: "bad", schema: undefined, loadedAt: undefined, fault: { code: "yang.parse", text: "x.yang:1:1: no" } },
  ];
  const models = {
    of: schemas.of.bind(schemas),
    has: schemas.has.bind(schemas),
    list: () => sets,
    reload: async () => void reloads++,
  };
  inbox.serve(modelHandlers({ ...services, models, recorder: ledger }), ledger);
  node = await services.join("room-1");
});

const submit = (op: string, args: Record<string, string> = {}) =>
  inbox.submit({ id: `${op}-${++commands}`, op, args, actor: "cli:me" });
const facts = async (): Promise<readonly Fact[]> =>
  (await services.journal.read(1, 100)).filter(({ type }) => type === "node.models");

test("a node is given a set by its name, and the default set again", async () => {
  expect(await submit("node.models", { node: "room-1", models: "building-2" })).toMatchObject({
    status: "completed",
    result: { node, models: "building-2", dropped: 0 },
  });
  expect(services.registry.schemaOf(services.registry.get(node))).toBe(second);
  expect(await submit("node.models", { node, models: "building-2" })).toMatchObject({ status: "completed" });
  expect(await submit("node.models", { node })).toMatchObject({ result: { node, models: null } });
  expect(await facts()).toEqual([
    expect.objectContaining({ node, set: "building-2", pending: 0, actor: "cli:me" }),
    expect.not.objectContaining({ set: expect.anything() }),
  ]);
});

test("edits that do not fit the set are counted", async () => {
  await submit("node.models", { node, models: "building-2" });
  const instances = [
    { id: { sid: SIDS.eco, keys: [] }, value: true },
    { id: { sid: SIDS.setPoint, keys: [] }, value: 2000n },
  ];
  const patch = encodeInstances(instances, second);
  await ledger.record("datastore.edited", { root: node, patch, revision: 2, pending: 2, actor: "test" });
  expect(await submit("node.models", { node })).toMatchObject({ result: { dropped: 1 } });
  expect((await facts()).at(-1)).toMatchObject({ pending: 1 });
  expect(services.mailbox.pending(node)).toBe(1);
});

test.each([
  ["node.models", { node: "room-9" }, "node.unknown"],
  ["node.models", { node: "room-1", models: "nowhere" }, "models.set-unknown"],
  ["node.models", { node: "room-1", models: "bad" }, "models.set-broken"],
  ["node.models", { node: "room-1", models: "" }, "command.argument"],
  ["node.models", { node: "room-1", set: "building-2" }, "command.argument"],
  ["models.reload", { set: "building-2" }, "command.argument"],
])("%s %j is refused", async (op, args, code) => {
  expect(await submit(op, args as Record<string, string>)).toMatchObject({ status: "failed", error: { code } });
  expect(await facts()).toEqual([]);
});

test("a look at the folders says how many sets there are, and which are refused", async () => {
  expect(await submit("models.reload")).toMatchObject({ result: { sets: 3, refused: ["bad"] } });
  expect(reloads).toBe(1);
});

test("the trace of a node tells it, and what was said under a former schema as far as today's takes it", async () => {
  const trace = new Trace((id) => schemas.of(services.registry.setOf(id)));
  ledger.onFact((fact) => trace.take(fact));
  await submit("node.models", { node, models: "building-2" });
  const patch = encodeInstances([{ id: { sid: SIDS.eco, keys: [] }, value: true }], second);
  await ledger.record("datastore.edited", { root: node, patch, revision: 1, actor: "bms" });
  expect(trace.of(node)[0]?.text).toBe("bms edited /sidgate-building:room/eco");
  await submit("node.models", { node });
  expect(trace.of(node).map(({ text }) => text)).toEqual([
    "works with the default module set",
    "bms edited what its module set does not have now (yang.unknown-element)",
    "works with the module set building-2",
  ]);
});
