/** Confirmed commits over sleeps: an edit on trial stays when the next wakes are healthy ones, and is taken back when not. */
import { beforeEach, expect, test } from "@jest/globals";
import { type NodeId, SILENT } from "../../gateway/base/index.ts";
import { acceptEdit, EditTrials, wakesLeft } from "../../gateway/service/mailbox/index.ts";
import type { Fact } from "../../gateway/store/index.ts";
import { ANYBODY, bytes, hex, openServices, request, type Services } from "../support/services.ts";

const SET_POINT = { sid: 60204, keys: [] };
const MODE = { sid: 60209, keys: [] };

let services: Services;
let node: NodeId;
let facts: Fact[];
let report: number;
beforeEach(async () => {
  services = await openServices();
  node = await services.join("room-1");
  new EditTrials({ ...services, log: SILENT });
  facts = [];
  services.ledger.onFact((fact) => facts.push(fact));
  report = 0;
  await wake({ more: "05 a1 18c3 a1 03 c482211907d0" }); // the set-point is 20.00
});

/** The node reports, and says what it has applied. */
async function wake({ applied = 0, more = "" }: { applied?: number; more?: string }): Promise<string> {
  const head = `a1 19ea61 a${more === "" ? 2 : 3} 02 ${byte(report++)} 03 ${byte(applied)}`;
  const payload = bytes(`${head} ${more}`);
  const asked = request("POST", "c", { query: ["ep=room-1"], contentFormat: 142, payload });
  const answer = await services.checkIn.answer(ANYBODY, asked);
  expect(answer?.code).toBe("2.04");
  return hex(answer?.payload);
}
const byte = (value: number): string => value.toString(16).padStart(2, "0");
const commit = (wakes: number) =>
  acceptEdit(
    services.registry.get(node),
    [
      { id: SET_POINT, value: 2250n },
      { id: MODE, value: 1 },
    ],
    { ...services, recorder: services.ledger },
    { actor: "cli:me", confirm: { wakes } },
  );
const verdicts = () => facts.flatMap((fact) => (fact.type === "edit.trial" ? [[fact.outcome, fact.reason]] : []));
const room = () => services.registry.get(node).tree.get(60201) as Map<number, unknown>;
const miss = () => services.ledger.record("node.reachability", { node, from: "asleep", to: "overdue", missedWakes: 1 });

test("after so many healthy wakes the edit is confirmed, and nothing can take it back", async () => {
  await commit(2);
  await wake({}); // delivered
  await wake({ applied: 2 }); // applied: counts from here
  await wake({ applied: 2 });
  expect(verdicts()).toEqual([]);
  const box = services.mailbox.box(node);
  expect(box.edits.map((edit) => wakesLeft(box, edit))).toEqual([1, 1]);
  await wake({ applied: 2 });
  expect(verdicts()).toEqual([["confirmed", undefined]]);
  await miss();
  expect([verdicts().length, room().get(60204)]).toEqual([1, 2250n]);
});

test("a missed wake takes it back: the node gets what it had, as one more edit", async () => {
  await commit(2);
  await wake({});
  await wake({ applied: 2 });
  await miss();
  expect(verdicts()).toEqual([["reverted", "the node missed a wake"]]);
  expect([room().get(60204), room().has(60209)]).toEqual([2000n, false]);
  expect(facts.find((fact) => fact.type === "datastore.edited" && fact.reverts === 2)).toMatchObject({
    actor: "system",
    pending: 2,
  });
  // mode deleted, then set-point 20.00
  expect(await wake({ applied: 2 })).toContain("a119eb31f6a119eb2cc482211907d0");
  await wake({ applied: 4 });
  expect([services.mailbox.pending(node), services.mailbox.onTrial.size]).toEqual([0, 0]);
});

test("a missed wake before anything went out is none of its doing", async () => {
  await commit(2);
  await miss();
  expect([verdicts(), services.mailbox.pending(node)]).toEqual([[], 2]);
});

test("what the node rejects in part it gets back as a whole", async () => {
  await commit(1);
  await wake({});
  await wake({ applied: 2, more: "14 81 a1 01 19eb2c" });
  expect(verdicts()).toEqual([["reverted", "the node rejected a part of it"]]);
  expect([room().get(60204), room().has(60209)]).toEqual([2000n, false]);
});

test("an update that fails speaks against it", async () => {
  await commit(3);
  await wake({});
  await services.ledger.record("ota.phase", { campaign: "c-1", node, from: "rebooting", to: "rolled-back" });
  expect(verdicts()).toEqual([["reverted", "the node's update is rolled-back"]]);
});

test("a trial goes on after a restart", async () => {
  await commit(1);
  await wake({});
  await wake({ applied: 2 });
  await services.ledger.checkpoint();
  services = await openServices({ on: services });
  services.ledger.onFact((fact) => facts.push(fact));
  new EditTrials({ ...services, log: SILENT });
  await wake({ applied: 2 });
  expect(verdicts()).toEqual([["confirmed", undefined]]);
});
