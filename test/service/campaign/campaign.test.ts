/** When a campaign stops or ends by itself, and who takes part. */
import { expect, test } from "@jest/globals";
import { millis, type NodeId, rfc3339 } from "../../../gateway/base/index.ts";
import { after, begin, VERBS } from "../../../gateway/service/campaign/campaign.ts";
import {
  type Campaign,
  count,
  EXCLUSION_REASONS,
  type GroupWish,
  parseWindow,
  type SelectionNode,
  type SelectionRules,
  select,
  windowState,
} from "../../../gateway/service/campaign/index.ts";
import { dealOut } from "../../../gateway/service/campaign/plan.ts";
import { type Progress, START } from "../../../gateway/service/campaign/progress.ts";
import { verdict } from "../../../gateway/service/campaign/verdict.ts";
import { compareVersions } from "../../../gateway/service/campaign/version-order.ts";
import type { CampaignState, Digest } from "../../../gateway/store/index.ts";

const done: Progress = { ...START, phase: "done" };
const failed: Progress = { ...START, phase: "failed", reason: "no-space" };
const silent: Progress = { ...START, phase: "downloading", silent: true };
const waiting = START;

const TARGET: Digest = "aa".repeat(32);
/** One group with everybody, begun. */
function campaign(nodes: readonly Progress[], state: CampaignState = "running"): Campaign {
  const targets = nodes.map((_, index) => `n-${index}` as NodeId);
  const about = { campaign: "c-1", seq: 1, at: millis(0) } as const;
  const asked = { name: "test", image: TARGET, targets, excluded: [], stopAtPct: 10, silentAfter: 3, actor: "test" };
  let now = begin({ ...about, type: "campaign.created", ...asked });
  now = after(now, { ...about, type: "campaign.group", group: 0, to: "open", reason: "start", actor: "system" });
  for (const [index, { phase, reason, silent }] of nodes.entries()) {
    const said = { ...(reason === undefined ? {} : { reason }), ...(silent ? { silent: true } : {}) };
    now = after(now, { ...about, type: "ota.phase", node: targets[index]!, from: "waiting-wake", to: phase, ...said });
  }
  return { ...now, state };
}
const of = (n: number, progress: Progress): Progress[] => Array.from({ length: n }, () => progress);

const VERDICTS: ReadonlyArray<readonly [name: string, nodes: readonly Progress[], to: string | undefined]> = [
  ["all waiting", of(10, waiting), undefined],
  ["one failure of twenty is below ten percent", [failed, ...of(19, waiting)], undefined],
  ["two failures of twenty are ten percent", [...of(2, failed), ...of(18, waiting)], "stopped"],
  ["a silent node counts like a failed one", [silent, failed, ...of(18, waiting)], "stopped"],
  ["everybody done", of(10, done), "passed"],
  ["one failure below the threshold and the rest done", [failed, ...of(19, done)], "passed"],
  ["a single node that fails stops its campaign", [failed], "stopped"],
];

test.each(VERDICTS)("%s", (_name, nodes, to) => {
  expect(verdict(campaign(nodes))?.to).toBe(to);
});

test.each(["paused", "stopped", "aborted", "done"] as const)("a campaign that is %s decides nothing", (state) => {
  expect(verdict(campaign(of(3, failed), state))).toBeUndefined();
});

test("counts add up to the whole", () => {
  const counts = count(campaign([done, failed, silent, waiting, { ...START, phase: "offered" }]));
  expect(counts).toEqual({ total: 5, done: 1, failed: 1, silent: 1, active: 1, waiting: 1 });
});

test("no verb leads out of the end", () => {
  for (const { from } of Object.values(VERBS)) {
    expect(from).not.toContain("done");
    expect(from).not.toContain("aborted");
  }
});

test("UX-R6 UX-R7 UX-R29: every node that is left out has a reason", () => {
  const _image = { digest: "aa".repeat(32), model: "trv" };
  const node = (id: string, more: Partial<SelectionNode> = {}): SelectionNode => ({
    id: id as NodeId,
    model: "trv",
    running: "bb",
    busy: [],
    failures: 0,
    ...more,
  });
  const rules: SelectionRules = {
    image: { digest: TARGET, model: "trv", version: "1.9.0", size: 1000 },
    only: new Set(["n-left-out"]),
    hardware: new Set(["A1"]),
    minBattery: 2500,
    priority: 1,
    attempts: 2,
    downgrade: false,
    again: false,
    forbids: (id) => (id === "n-forbidden" ? "install, step 4" : undefined),
  };
  const nodes = [
    node("n-fits"),
    node("n-fits-2", {
      version: "1.8.9",
      battery: 2500,
      capacity: 1000,
      failures: 1,
      busy: [{ campaign: "c-0", priority: 0 }],
    }),
    node("n-mute", { model: undefined }),
    node("n-other", { model: "lamp" }),
    node("n-old-board", { hardware: "A0" }),
    node("n-has-it", { running: TARGET }),
    node("n-newer", { version: "1.10.0" }),
    node("n-broken", { failures: 2 }),
    node("n-weak", { battery: 2499 }),
    node("n-small", { capacity: 999 }),
    node("n-forbidden"),
    node("n-busy", { busy: [{ campaign: "c-0", priority: 1 }] }),
    node("n-left"),
  ].map((each) => ({ hardware: "A1", ...each }));
  const { targets, excluded } = select(nodes, {
    ...rules,
    only: new Set(nodes.map(({ id }) => id).filter((id) => id !== "n-left")),
  });
  expect(targets).toEqual(["n-fits", "n-fits-2"]);
  expect(excluded).toEqual([
    { node: "n-mute", reason: "model-unknown" },
    { node: "n-other", reason: "other-model", detail: "lamp" },
    { node: "n-old-board", reason: "other-hardware", detail: "A0" },
    { node: "n-has-it", reason: "already-installed" },
    { node: "n-newer", reason: "newer-installed", detail: "1.10.0" },
    { node: "n-broken", reason: "quarantined", detail: "failed 2 times with it" },
    { node: "n-weak", reason: "battery-low", detail: "2499 of 2500 mV" },
    { node: "n-small", reason: "no-space", detail: "999 of 1000 bytes" },
    { node: "n-forbidden", reason: "manifest", detail: "install, step 4" },
    { node: "n-busy", reason: "busy", detail: "c-0" },
    { node: "n-left", reason: "not-selected" },
  ]);
  expect(excluded.map(({ reason }) => reason).sort()).toEqual([...EXCLUSION_REASONS].sort());
});

const ORDERS: ReadonlyArray<readonly [a: string, b: string, order: number | undefined]> = [
  ["1.9", "1.10.0", -1],
  ["v2", "2.0.0", 0],
  ["1.2.0-rc.1", "1.2.0", -1],
  ["1.2.0-rc.2", "1.2.0-rc.10", -1],
  ["1.2.0-beta", "1.2.0-beta.1", -1],
  ["1.2.0-1", "1.2.0-alpha", -1],
  ["1.2.0+build5", "1.2.0", 0],
  ["nightly", "1.2.0", undefined],
];

test.each(ORDERS)("Semantic Versioning 2.0.0 §11: %s against %s", (a, b, order) => {
  expect(compareVersions(a, b)).toBe(order);
  expect(compareVersions(b, a)).toBe(order === undefined ? undefined : order === 0 ? 0 : -order);
});

const PLANS: ReadonlyArray<readonly [field: string, groups: readonly GroupWish[]]> = [
  ["groups", []],
  [
    "groups",
    [
      { name: "a", size: { percent: 60 }, errorPct: 5 },
      { name: "b", size: { percent: 60 }, errorPct: 5 },
    ],
  ],
  [
    "groups[0]",
    [
      { name: "a", size: "rest", errorPct: 5 },
      { name: "b", size: "rest", errorPct: 5 },
    ],
  ],
  ["groups[0]", [{ name: "a", size: { percent: 60 }, errorPct: 5 }]],
  [
    "groups[1].name",
    [
      { name: "a", size: { nodes: 1 }, errorPct: 5 },
      { name: "a", size: "rest", errorPct: 5 },
    ],
  ],
  ["groups[0].errorPct", [{ name: "a", size: "rest", errorPct: 0 }]],
  ["groups[0].successPct", [{ name: "a", size: "rest", errorPct: 5, successPct: 101 }]],
  [
    "groups[1]",
    [
      { name: "a", size: { nodes: 9 }, errorPct: 5 },
      { name: "b", size: "rest", errorPct: 5 },
    ],
  ],
];

test.each(PLANS)("a plan that contradicts itself is refused with the field named: %s", (field, groups) => {
  const targets = Array.from({ length: 9 }, (_, index) => `n-${index}` as NodeId);
  expect(() => dealOut(targets, groups)).toThrow(
    expect.objectContaining({ code: "campaign.plan", facts: expect.objectContaining({ field }) }),
  );
});

const WINDOWS: ReadonlyArray<readonly [window: string, at: string, next: string | "open"]> = [
  ["Mo-Fr 22:00-05:00 Europe/Berlin", "2026-11-22T12:00:00Z", "2026-11-23T21:00:00Z"],
  ["Mo-Fr 22:00-05:00 Europe/Berlin", "2026-11-28T03:59:00Z", "open"],
  ["Mo-Fr 22:00-05:00 Europe/Berlin", "2026-11-28T04:00:00Z", "2026-11-30T21:00:00Z"],
  ["Fr-Mo 01:00-02:00", "2026-11-24T01:30:00Z", "2026-11-27T01:00:00Z"],
  ["Su 02:30-03:30 Europe/Berlin", "2027-03-27T12:00:00Z", "2027-03-28T01:00:00Z"], // half of it is skipped in spring
  ["Su 02:30-03:30 Europe/Berlin", "2027-10-31T01:00:00Z", "2027-10-31T01:30:00Z"], // and comes twice in autumn
  ["23:00-01:00 Pacific/Auckland", "2027-10-30T12:30:00Z", "2027-10-31T10:00:00Z"],
  ["daily 00:00-24:00", "2027-10-30T12:00:00Z", "open"],
];

test.each(WINDOWS)("UX-R13: %s at %s", (window, at, next) => {
  const state = windowState([parseWindow(window, "UTC")], millis(Date.parse(at)));
  expect(state.open ? "open" : rfc3339(state.next!)).toBe(next);
});

test.each([
  "Mo-Fr",
  "25:00-26:00",
  "22:60-23:00",
  "10:00-10:00",
  "24:00-01:00",
  "Xx 10:00-11:00",
  "Mo-We-Fr 1:00-2:00",
  "1:00-2:00 Mars/Olympus",
])("a window that cannot be read: %s", (text) => {
  expect(() => parseWindow(text, "UTC")).toThrow(expect.objectContaining({ code: "campaign.window" }));
});
