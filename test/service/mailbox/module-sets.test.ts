/** Edits that wait when the schema of their node changes: what can never be understood is dropped, and told. */
import { beforeAll, beforeEach, expect, test } from "@jest/globals";
import { type LogFacts, millis, type NodeId, SILENT } from "../../../gateway/base/index.ts";
import { Mailbox, waiting } from "../../../gateway/service/mailbox/index.ts";
import type { Fact } from "../../../gateway/store/index.ts";
import { encodeInstances, type Instance, type Schema, type SetName } from "../../../gateway/yang/index.ts";
import { SIDS, threeSchemas } from "../../support/building-2.ts";
import { ChangingSchemas } from "../../support/model-sets.ts";

const NODE = "n-1" as NodeId;
const T0 = millis(1_790_000_000_000);
const edit = (sid: number, value: Instance["value"]): Instance => ({ id: { sid, keys: [] }, value });
/** Only the second revision has `eco`, and only the first takes a set-point of 30.00. */
const ECO = edit(SIDS.eco, true);
const WARM = edit(SIDS.setPoint, 3000n);
const MILD = edit(SIDS.setPoint, 2000n);

let first: Schema;
let second: Schema;
beforeAll(async () => {
  ({ first, second } = await threeSchemas());
});

let set: SetName;
let schemas: ChangingSchemas;
let mailbox: Mailbox;
let logged: Array<readonly [event: string, facts: LogFacts | undefined]>;
beforeEach(() => {
  set = "building-2";
  logged = [];
  schemas = new ChangingSchemas(first, { "building-2": second });
  const log = { ...SILENT, warn: (event: string, facts?: LogFacts) => void logged.push([event, facts]) };
  mailbox = new Mailbox({ schemas, setOf: () => set, log });
  schemas.onChange((changed) => mailbox.exchanged(changed));
});

const post = (schema: Schema, ...instances: readonly Instance[]): void => {
  const patch = encodeInstances(instances, schema, "any");
  const revision = mailbox.box(NODE).revision + instances.length;
  mailbox.apply({ seq: 1, at: T0, type: "datastore.edited", root: NODE, patch, revision, actor: "test" });
};
const move = (to: SetName): void => {
  set = to;
  const fact: Fact = { seq: 2, at: T0, type: "node.models", node: NODE, actor: "test" };
  mailbox.apply(to === undefined ? fact : { ...fact, set: to });
};
const paths = (): readonly string[] => waiting(mailbox.box(NODE)).map(({ path }) => path.split("/").at(-1) ?? "");

test("an edit that the node's new set does not take is dropped; revisions go on", () => {
  post(second, MILD, ECO);
  move(undefined);
  expect(paths()).toEqual(["set-point"]);
  expect(logged).toEqual([
    [
      "mailbox.edit-dropped",
      { node: NODE, path: "/sidgate-building:room/eco", revision: 2, code: "yang.unknown-element" },
    ],
  ]);
  post(first, WARM);
  expect(mailbox.box(NODE)).toMatchObject({ revision: 3, edits: [{ revision: 3 }] });
});

test("the same when the schema of its set is exchanged", () => {
  post(second, ECO);
  schemas.exchange("building-2", first);
  expect([paths(), logged.length]).toEqual([[], 1]);
});

test("while its set is not there nothing is dropped: it may come back", () => {
  post(second, ECO);
  schemas.exchange("building-2", undefined);
  move("building-2");
  expect([paths(), logged]).toEqual([["eco"], []]);
  schemas.exchange("building-2", second);
  expect([paths(), logged]).toEqual([["eco"], []]);
});

test("an edit that nobody understands any more takes its revision all the same", () => {
  set = undefined;
  post(second, ECO);
  expect(logged.map(([event]) => event)).toEqual(["mailbox.edit-unreadable"]);
  expect(mailbox.box(NODE).revision).toBe(1);
  post(first, MILD);
  expect(waiting(mailbox.box(NODE))).toMatchObject([{ revision: 2 }]);
});
