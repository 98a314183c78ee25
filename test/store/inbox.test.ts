/** The inbox: one execution per id of one actor, answers that outlive a restart, commands that end later. */
import { beforeEach, expect, test } from "@jest/globals";
import { days, millis, type NodeId, SILENT, UsageError } from "../../gateway/base/index.ts";
import {
  type Command,
  CommandInbox,
  type Fact,
  type InboxOptions,
  type Journal,
  Ledger,
  memoryJournal,
  memoryState,
  type StateStore,
  Waiting,
  type WaitingHandler,
} from "../../gateway/store/index.ts";
import type { Json } from "../../gateway/yang/api.ts";
import { settled, VirtualClock } from "../support/virtual-clock.ts";

const NODE = "n-0001" as NodeId;
const REPLY = { topic: "sidgate/1/s/rsp/bms-1", correlation: new Uint8Array([1, 2]) };

interface Site {
  readonly inbox: CommandInbox;
  readonly ledger: Ledger;
  readonly journal: Journal;
  readonly state: StateStore;
  readonly clock: VirtualClock;
}

let runs: string[];
let calls: Array<{ readonly resolve: (result: string) => void; readonly signal: AbortSignal }>;
let site: Site;

const HANDLERS: ReadonlyArray<readonly [op: string, handler: WaitingHandler]> = [
  ["do", async () => ({ done: true })],
  ["look", async () => ({ seen: true })],
  ["hang", () => new Promise(() => undefined)],
  ["fail", () => Promise.reject(new UsageError("node.unknown", { node: "x" }))],
  ["wait", async () => new Waiting({ kind: "edit", revision: 7 }, { node: NODE, position: 2, willRunAt: millis(99) })],
  [
    "call",
    async () =>
      new Waiting(
        { kind: "call", path: "/x:y" },
        {},
        (signal) => new Promise((resolve) => calls.push({ resolve, signal })),
      ),
  ],
];

async function open(on?: Site, options: InboxOptions = {}): Promise<Site> {
  const clock = on?.clock ?? new VirtualClock();
  const journal = on?.journal ?? memoryJournal();
  const state = on?.state ?? memoryState();
  const inbox = new CommandInbox(SILENT, { clock, ...options });
  const ledger = await Ledger.open({ journal, state, projections: [inbox], clock, log: SILENT });
  const counted = HANDLERS.map(([op, handler]): [string, WaitingHandler] => [
    op,
    (...given) => {
      runs.push(op);
      return handler(...given);
    },
  ]);
  inbox.serve(new Map(counted), ledger, new Set(["look"]), new Set(["wait", "call"]));
  return { inbox, ledger, journal, state, clock };
}

beforeEach(async () => {
  runs = [];
  calls = [];
  site = await open();
});

const command = (op: string, more: Partial<Command> = {}): Command => ({
  id: "c-1",
  op,
  args: {},
  actor: "mqtt:a",
  ...more,
});
const facts = (): Promise<readonly Fact[]> => site.journal.read(1, 100);
const restarted = async (committed: boolean): Promise<Site> => {
  if (committed) await site.ledger.checkpoint();
  return open(site);
};

test("an answer is told by a fact that carries where to; the same id again gets it without another execution", async () => {
  const first = await site.inbox.take(command("do", { reply: REPLY }));
  expect(first).toEqual({ outcome: { status: "completed", result: { done: true } }, recorded: true });
  expect(await facts()).toMatchObject([
    { type: "command.begun", id: "c-1", reply: REPLY },
    { type: "command.done", id: "c-1", actor: "mqtt:a", reply: REPLY },
  ]);
  expect(await site.inbox.take(command("do"))).toEqual({ ...first, recorded: false });
  expect(runs).toEqual(["do"]);
});

test("two that come at once are one", async () => {
  const [one, two] = await Promise.all([site.inbox.take(command("do")), site.inbox.take(command("do"))]);
  expect([one?.recorded, two?.recorded, one?.outcome]).toEqual([true, false, two?.outcome]);
  expect(runs).toEqual(["do"]);
});

test("the id of one client is not that of another: no one takes it away, or gets the other's answer", async () => {
  await site.inbox.take(command("fail"));
  const other = await site.inbox.take(command("do", { actor: "mqtt:b" }));
  expect(other).toMatchObject({ outcome: { status: "completed" }, recorded: true });
  expect(runs).toEqual(["fail", "do"]);
});

const UNRECORDED: ReadonlyArray<readonly [name: string, op: string, outcome: object]> = [
  ["a question", "look", { status: "completed", result: { seen: true } }],
  ["an op that nobody knows", "what", { status: "failed", error: { code: "command.unknown" } }],
];
test.each(UNRECORDED)("%s leaves no fact", async (_name, op, outcome) => {
  expect(await site.inbox.take(command(op))).toMatchObject({ outcome, recorded: false });
  expect(await facts()).toEqual([]);
});

test("the id of another op is refused, also while that one waits", async () => {
  await site.inbox.take(command("wait"));
  for (const op of ["do", "look"]) {
    expect(await site.inbox.take(command(op))).toMatchObject({ outcome: { error: { code: "command.repeated" } } });
  }
});

test("the id of a command to another node is refused", async () => {
  const to = (node: string): Command => command("do", { args: { node } });
  await site.inbox.take(to(NODE));
  site = await restarted(true);
  expect(await site.inbox.take(to("n-0002"))).toMatchObject({ outcome: { error: { code: "command.repeated" } } });
  expect(await site.inbox.take(to(NODE))).toMatchObject({ outcome: { status: "completed" } });
  expect(runs).toEqual(["do"]);
});

test("the id of a command with other arguments is refused: while it runs, while it waits, and after its end", async () => {
  const refused = { outcome: { error: { code: "command.repeated" } }, recorded: false };
  const asking = (op: string, value: Json): Command => command(op, { id: op, args: { node: NODE, value } });
  void site.inbox.take(asking("hang", 1));
  expect(await site.inbox.take(asking("hang", 2))).toMatchObject(refused);
  const set = { a: [1, { b: "x", c: null }], d: "y" };
  for (const op of ["wait", "do"]) await site.inbox.take(asking(op, set));
  for (const committed of [false, true]) {
    for (const op of ["wait", "do"]) {
      expect(await site.inbox.take(asking(op, { ...set, d: "z" }))).toMatchObject(refused);
      const inAnotherOrder = { d: "y", a: [1, { c: null, b: "x" }] };
      const { outcome } = await site.inbox.take(asking(op, inAnotherOrder));
      expect(outcome.status).toBe(op === "do" ? "completed" : "accepted");
    }
    site = await restarted(committed);
  }
  await site.inbox.end({ actor: "mqtt:a", id: "wait" }, { status: "expired" });
  site = await restarted(true);
  expect(await site.inbox.take(asking("wait", 1))).toMatchObject(refused);
  expect(await site.inbox.take(asking("wait", set))).toMatchObject({ outcome: { status: "expired" } });
  expect(runs).toEqual(["hang", "wait", "do"]);
});

test.each([false, true])(
  "killed between what a command did and its answer, it is told to be cut off and never runs again (checkpoint: %s)",
  async (committed) => {
    void site.inbox.take(command("hang", { reply: REPLY }));
    await site.journal.flush();
    site = await restarted(committed);
    await site.journal.flush();
    const interrupted = { status: "failed", error: { code: "command.interrupted" } };
    expect((await facts()).at(-1)).toMatchObject({ type: "command.done", outcome: "failed", reply: REPLY });
    expect(await site.inbox.take(command("hang"))).toMatchObject({ outcome: interrupted, recorded: false });
    site = await restarted(true);
    expect(await site.inbox.take(command("hang"))).toMatchObject({ outcome: interrupted });
    expect(runs).toEqual(["hang"]);
    expect((await facts()).filter(({ type }) => type === "command.done")).toHaveLength(1);
  },
);

test("what ends later is accepted, remembered as that over a restart, and ends once", async () => {
  const told = { status: "accepted", willRunAt: 99, position: 2 };
  expect(await site.inbox.take(command("wait", { reply: REPLY, deadline: millis(site.clock.now() + 5) }))).toEqual({
    outcome: told,
    recorded: true,
  });
  for (const committed of [false, true]) {
    const again = await restarted(committed);
    expect(await again.inbox.take(command("wait"))).toEqual({ outcome: told, recorded: false });
    expect([...again.inbox.open()]).toMatchObject([
      { id: "c-1", actor: "mqtt:a", node: NODE, wait: { kind: "edit", revision: 7 }, reply: REPLY },
    ]);
    site = again;
  }
  await site.inbox.end({ id: "c-1", actor: "mqtt:b" }, { status: "expired" });
  expect((await facts()).map(({ type }) => type)).toEqual(["command.begun", "command.accepted"]);
  await Promise.all(
    [1, 2].map(() => site.inbox.end(command("wait"), { status: "completed", result: { version: "7" } })),
  );
  expect((await facts()).slice(2)).toMatchObject([
    { type: "command.done", node: NODE, reply: REPLY, outcome: "completed" },
  ]);
  expect([...site.inbox.open()]).toEqual([]);
  const later = await restarted(true);
  expect(await later.inbox.take(command("wait"))).toMatchObject({ outcome: { status: "completed" }, recorded: false });
  expect(runs).toEqual(["wait"]);
});

test("a call runs once it is durable that it was begun, and its outcome is the command's", async () => {
  await site.inbox.take(command("call"));
  expect(calls).toHaveLength(1);
  calls[0]?.resolve("well");
  await settled();
  expect(await site.inbox.take(command("call"))).toMatchObject({ outcome: { status: "completed", result: "well" } });
  expect(calls[0]?.signal.aborted).toBe(true);
});

test("a call that comes back after the command's end changes nothing", async () => {
  await site.inbox.take(command("call"));
  await site.inbox.end(command("call"), { status: "expired" });
  expect(calls[0]?.signal.aborted).toBe(true);
  calls[0]?.resolve("late");
  await settled();
  expect((await facts()).map(({ type }) => type)).toEqual(["command.begun", "command.accepted", "command.done"]);
});

test("what comes after its deadline is not carried out, and the id has its answer", async () => {
  const late = command("do", { deadline: site.clock.now() });
  expect(await site.inbox.take(late)).toMatchObject({ outcome: { error: { code: "command.late" } }, recorded: true });
  expect(await site.inbox.take(late)).toMatchObject({ outcome: { error: { code: "command.late" } }, recorded: false });
  expect(runs).toEqual([]);
});

test("as many wait as there is room for; what ends at once always has room", async () => {
  site = await open(undefined, { mostOpen: 2 });
  const ids = ["c-1", "c-2", "c-3"];
  const outcomes = await Promise.all(ids.map(async (id) => (await site.inbox.take(command("wait", { id }))).outcome));
  expect(outcomes).toMatchObject([
    { status: "accepted" },
    { status: "accepted" },
    { status: "failed", error: { code: "command.crowded" } },
  ]);
  expect(await site.inbox.submit(command("do", { id: "c-4" }))).toMatchObject({ status: "completed" });
  await site.inbox.end(command("wait", { id: "c-1" }), { status: "expired" });
  expect(await site.inbox.submit(command("wait", { id: "c-3" }))).toMatchObject({ status: "accepted" });
});

test("one client leaves room for others", async () => {
  site = await open(undefined, { mostOpen: 8 });
  const wait = (id: number, actor: string): Promise<unknown> =>
    site.inbox.submit(command("wait", { id: `c-${id}`, actor }));
  for (let id = 0; id < 5; id++) expect(await wait(id, "mqtt:a")).toMatchObject({ status: "accepted" });
  expect(await wait(5, "mqtt:a")).toMatchObject({ error: { code: "command.crowded" } });
  expect(await wait(5, "mqtt:b")).toMatchObject({ status: "accepted" });
});

test("a refusal is a fact", async () => {
  site.inbox.refuse({ code: "command.retained", text: "no", actor: "mqtt:a", times: 3 });
  await settled();
  expect(await facts()).toMatchObject([{ type: "command.refused", code: "command.retained", times: 3 }]);
});

test("errors of YANG data say where and by which tag", async () => {
  const facts = { tag: "data-missing", path: "/a:b", what: "gone" };
  site.inbox.serve(
    new Map([["do", () => Promise.reject(Object.assign(new UsageError("node.unknown", { node: "x" }), { facts }))]]),
    site.ledger,
  );
  const { outcome } = await site.inbox.take(command("do"));
  expect(outcome).toMatchObject({ error: { code: "node.unknown", tag: "data-missing", path: "/a:b" } });
});

test("the clock is put right: what it said moves, what the client said stays", async () => {
  const since = site.clock.now();
  await site.inbox.take(command("wait", { deadline: millis(since + 1000) }));
  await site.ledger.record("clock.state", { synchronised: true, why: "told", step: days(1), since });
  expect([...site.inbox.open()]).toMatchObject([
    { since: since + days(1), deadline: since + 1000, willRunAt: 99 + days(1) },
  ]);
});
