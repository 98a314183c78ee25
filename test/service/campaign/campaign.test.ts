/** When a campaign stops or ends by itself, and who takes part. */
import { expect, test } from "@jest/globals";
import { millis, type NodeId } from "../../../gateway/base/index.ts";
import { VERBS, verdict } from "../../../gateway/service/campaign/campaign.ts";
import { type Campaign, count } from "../../../gateway/service/campaign/index.ts";
import { type Progress, START } from "../../../gateway/service/campaign/progress.ts";
import { select } from "../../../gateway/service/campaign/select.ts";

const done: Progress = { ...START, phase: "done" };
const failed: Progress = { ...START, phase: "failed", reason: "no-space" };
const silent: Progress = { ...START, phase: "downloading", silent: true };
const waiting = START;

const campaign = (nodes: readonly Progress[], more: Partial<Campaign> = {}): Campaign => ({
  id: "c-1",
  name: "test",
  image: "aa".repeat(32),
  created: millis(0),
  state: "running",
  reason: "",
  stopAtPct: 10,
  silentAfter: 3,
  forgiven: 0,
  excluded: [],
  nodes: new Map(nodes.map((progress, i) => [`n-${i}` as NodeId, progress])),
  ...more,
});
const of = (n: number, progress: Progress): Progress[] => Array.from({ length: n }, () => progress);

const VERDICTS: ReadonlyArray<readonly [name: string, nodes: readonly Progress[], to: string | undefined]> = [
  ["all waiting", of(10, waiting), undefined],
  ["one failure of twenty is below ten percent", [failed, ...of(19, waiting)], undefined],
  ["two failures of twenty are ten percent", [...of(2, failed), ...of(18, waiting)], "stopped"],
  ["a silent node counts like a failed one", [silent, failed, ...of(18, waiting)], "stopped"],
  ["everybody done", of(10, done), "done"],
  ["one failure below the threshold and the rest done", [failed, ...of(19, done)], "done"],
  ["a single node that fails stops its campaign", [failed], "stopped"],
];

test.each(VERDICTS)("%s", (_name, nodes, to) => {
  expect(verdict(campaign(nodes))?.to).toBe(to);
});

test.each(["paused", "stopped", "aborted", "done"] as const)("a campaign that is %s decides nothing", (state) => {
  expect(verdict(campaign(of(3, failed), { state }))).toBeUndefined();
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

test("every node that is left out has a reason", () => {
  const image = { digest: "aa".repeat(32), model: "trv" };
  const node = (id: string, more: object = {}) => ({
    id: id as NodeId,
    model: "trv",
    running: "bb",
    busyWith: undefined,
    ...more,
  });
  const selection = select(
    [
      node("n-fits"),
      node("n-other", { model: "lamp" }),
      node("n-mute", { model: undefined }),
      node("n-has-it", { running: image.digest }),
      node("n-busy", { busyWith: "c-0" }),
      node("n-left"),
    ],
    image,
    new Set(["n-fits", "n-other", "n-mute", "n-has-it", "n-busy"]),
  );
  expect(selection.targets).toEqual(["n-fits"]);
  expect(selection.excluded).toEqual([
    { node: "n-other", reason: "other-model" },
    { node: "n-mute", reason: "model-unknown" },
    { node: "n-has-it", reason: "already-installed" },
    { node: "n-busy", reason: "busy" },
    { node: "n-left", reason: "not-selected" },
  ]);
});
