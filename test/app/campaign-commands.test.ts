/** The commands about campaigns: what is understood and refused, who approves, what a preview leaves behind, and why. */
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { campaignArguments } from "../../gateway/admin/cli/campaign-options.ts";
import { CAMPAIGN_CREATE } from "../../gateway/app/campaign/arguments.ts";
import { CAMPAIGN_QUESTIONS, campaignHandlers } from "../../gateway/app/campaign/commands.ts";
import { campaignDetail, campaignWhy } from "../../gateway/app/campaign/view.ts";
import { GROUP, PLAN } from "../../gateway/app/tools/campaign-plan.ts";
import { hours, minutes, SILENT } from "../../gateway/base/index.ts";
import { EXCLUSION_REASONS, NODE_FIELDS, type Obstacle } from "../../gateway/service/campaign/index.ts";
import { Credentials } from "../../gateway/service/credentials/index.ts";
import { UNLIKELY_REASONS } from "../../gateway/service/forecast/index.ts";
import { labTrust } from "../../gateway/service/trust/index.ts";
import { CommandInbox, openFileImages } from "../../gateway/store/index.ts";
import type { Json } from "../../gateway/yang/index.ts";
import { playCampaignPage } from "../support/campaign-page.ts";
import { openServices, type Services } from "../support/services.ts";
import { digestHex, IMAGE, plannedEnvelope } from "../support/signed-release.ts";
import { acceptedFact, tells } from "../support/suit-node.ts";

const DIGEST = digestHex(IMAGE);
const OTHER = new Uint8Array([...IMAGE, 1]);
const FORECAST = { p50: hours(2), p90: hours(5), unlikely: [], energy: 3, airtime: [] };
type Args = Readonly<Record<string, Json>>;

let folder: string;
let services: Services;
let inbox: CommandInbox;
let release: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sidgate-campaign-commands-"));
  inbox = new CommandInbox(SILENT);
  services = await openServices({ images: await openFileImages({ folder, cacheBytes: 1 << 20 }), more: [inbox] });
  const { ledger, images } = services;
  const fact = await acceptedFact(plannedEnvelope({ sequence: 7 }), { model: "trv", version: "2" });
  release = fact.release;
  await ledger.record("release.accepted", fact);
  await images.add(bytes(IMAGE), { name: "fw", model: "trv", version: "2" }, "test", ledger);
  await images.add(bytes(OTHER), { name: "fw", model: "trv", version: "1" }, "test", ledger);
  for (const [at, name] of ["a1", "a2", "a3", "a4", "b1"].entries()) {
    await services.join(name);
    await tells(name, 1, { model: at < 4 ? "trv" : "pump" }, services);
  }
  const given = {
    ...services,
    credentials: new Credentials(SILENT),
    recorder: ledger,
    defaults: { stopAtPct: 15, silentAfter: 3, attempts: 1, download: [], apply: [] },
    zone: "UTC",
    fetching: () => ({ state: "awaited" as const }),
    trust: labTrust,
    forecaster: { of: async () => ({ forecast: FORECAST }) },
  };
  inbox.serve(campaignHandlers(given), ledger, CAMPAIGN_QUESTIONS);
});
afterEach(() => rm(folder, { recursive: true }));

async function* bytes(of: Uint8Array): AsyncGenerator<Uint8Array> {
  yield of;
}
let counted = 0;
/** The result, or the code of its refusal. */
async function run(op: string, args: Args, { id, actor = "cli:eva" }: { id?: string; actor?: string } = {}) {
  counted += 1;
  const outcome = await inbox.submit({ id: id ?? `id-${counted}`, op, args, actor });
  return outcome.status === "failed" ? outcome.error.code : ((outcome as { readonly result?: Args }).result ?? {});
}
const text = async (op: string, args: Args): Promise<string> => {
  counted += 1;
  const outcome = await inbox.submit({ id: `id-${counted}`, op, args, actor: "cli:eva" });
  return outcome.status === "failed" ? `[${outcome.error.code}] ${outcome.error.text}` : "taken";
};
const facts = async (): Promise<readonly string[]> =>
  (await services.journal.read(services.journal.first, 1000)).map(({ type }) => type);
const nodeOf = (endpoint: string) => services.registry.named(endpoint).id;

describe("arguments", () => {
  const WAVES = [{ name: "canary", size: "25%", successPct: 90, pause: true }, { size: "rest" }];

  test.each<readonly [name: string, args: Args]>([
    ["an image alone", { image: DIGEST }],
    ["an image by the release that names it", { release: "RELEASE" }],
    ["an image by model and version, as `ota` tells them", { release: "trv 2" }],
    ["both, when they belong together", { image: DIGEST, release: "RELEASE" }],
    ["groups by share and number", { image: DIGEST, groups: [{ size: "25%" }, { size: 1 }, { size: "rest" }] }],
    ["a threshold and a pause", { image: DIGEST, groups: WAVES }],
    ["windows", { image: DIGEST, download: ["Mo-Fr 22:00-05:00 Europe/Berlin"], apply: ["03:00-04:00"] }],
    ["a deadline as a span", { image: DIGEST, deadline: "14d" }],
    ["a deadline as a time", { image: DIGEST, deadline: "2026-12-24T05:00:00+01:00" }],
    ["a filter", { image: DIGEST, filter: 'name ~ "a*"', lateJoiners: true }],
    ["all the rest", { image: DIGEST, attempts: 3, priority: -2, concurrency: 4, confirmWithin: 600, again: true }],
  ])("%s: a preview is as the campaign is", async (_name, args) => {
    const meant = args["release"] !== "RELEASE" ? args : { ...args, release: release.slice(0, 8) };
    const preview = await run("campaign.preview", meant);
    expect(preview).toMatchObject({ targets: 4, forecast: FORECAST, image: { digest: DIGEST } });
    const made = await run("campaign.create", meant);
    const campaign = services.campaigns.get(String((made as Args)["campaign"]));
    expect(made).toMatchObject({ targets: 4, state: "running", version: String(campaign.version) });
    const { plan, groups, excluded } = preview as unknown as {
      readonly plan: Json;
      readonly groups: ReadonlyArray<{ readonly nodes: ReadonlyArray<{ readonly node: string }> }>;
      readonly excluded: ReadonlyArray<{ readonly node: string; readonly reason: string }>;
    };
    expect(campaign.plan).toEqual(plan);
    expect(groups.flatMap(({ nodes }) => nodes.map(({ node }) => node))).toEqual([...campaign.nodes.keys()]);
    expect(excluded.map(({ node, reason }) => [node, reason])).toEqual(
      campaign.excluded.map(({ node, reason }) => [node, reason]),
    );
    expect(campaign.forecast).toEqual(FORECAST);
    expect(campaign.groups.map(({ state }) => state)).toEqual([
      "open",
      ...campaign.groups.slice(1).map(() => "closed"),
    ]);
  });

  test.each<readonly [args: Args, says: string]>([
    [{}, "[campaign.plan] the plan contradicts itself at image: neither an image nor a release is named"],
    [{ image: "nothing" }, "[image.unknown] "],
    [{ release: "00000000" }, "[release.unknown] "],
    [{ release: "trv 1" }, "[release.unknown] "], // it is here, and no release names it
    [{ image: "OTHER", release: "RELEASE" }, "[campaign.plan] the plan contradicts itself at image: release "],
    [{ image: DIGEST, colour: "red" }, "[command.argument] command campaign.create: arguments: Unrecognized key"],
    [{ image: DIGEST, groups: [] }, "[command.argument] command campaign.create: groups: "],
    [
      { image: DIGEST, groups: [{ size: "0%" }] },
      "[command.argument] command campaign.create: groups.0.size: must be a share such as 5%, a number of nodes, or rest",
    ],
    [{ image: DIGEST, groups: [{ size: "half" }] }, "[command.argument] command campaign.create: groups.0.size: "],
    [
      { image: DIGEST, groups: [{ size: "60%" }, { size: "60%" }] },
      "[campaign.plan] the plan contradicts itself at groups: ",
    ],
    [
      { image: DIGEST, groups: [{ size: "rest" }, { size: "rest" }] },
      "[campaign.plan] the plan contradicts itself at groups[0]: only the last group has the rest",
    ],
    [
      { image: DIGEST, groups: [{ size: "10%" }] },
      "[campaign.plan] the plan contradicts itself at groups[0]: the last group has to have the rest",
    ],
    [
      { image: DIGEST, groups: [{ size: 4 }, { size: "rest" }] },
      "[campaign.plan] the plan contradicts itself at groups[1]: no node is left for 'rest'",
    ],
    [
      {
        image: DIGEST,
        groups: [
          { name: "a", size: 1 },
          { name: "a", size: "rest" },
        ],
      },
      "[campaign.plan] the plan contradicts itself at groups[1].name: two groups are called 'a'",
    ],
    [{ image: DIGEST, download: ["night"] }, "[campaign.window] the maintenance window 'night' cannot be read: "],
    [
      { image: DIGEST, deadline: "soon" },
      "[command.argument] command campaign.create: deadline: must be a time such as ",
    ],
    [
      { image: DIGEST, deadline: "2026-11-21T11:59:59Z" },
      "[campaign.plan] the plan contradicts itself at deadline: it has passed already",
    ],
    [
      { image: DIGEST, deadline: "2h", download: ["22:00-05:00"] },
      "[campaign.plan] the plan contradicts itself at deadline: no window of 'download' opens before it",
    ],
    [
      { image: DIGEST, nodes: ["a1"], lateJoiners: true },
      "[campaign.plan] the plan contradicts itself at lateJoiners: the nodes are named one by one",
    ],
    [{ image: DIGEST, nodes: ["nobody"] }, "[node.unknown] "],
    [{ image: DIGEST, filter: "model = 1" }, "[campaign.filter] the filter cannot be read at character 7: "],
    [{ image: DIGEST, confirmWithin: 0 }, "[command.argument] command campaign.create: confirmWithin: "],
    [{ image: DIGEST, nodes: ["b1"] }, "[campaign.no-targets] no node is selected: 4 not-selected, 1 other-model"],
    [{ image: DIGEST, hardware: ["C"] }, "[campaign.no-targets] no node is selected: 4 other-hardware, 1 other-model"],
    [
      { image: DIGEST, reason: "for a downgrade" },
      "[command.argument] command campaign.create: arguments: Unrecognized key",
    ],
  ])("UX-R11: %j is refused, with what is wrong where", async (args, says) => {
    const before = services.campaigns.list().length;
    const meant = {
      ...args,
      ...(args["release"] === "RELEASE" ? { release } : {}),
      ...(args["image"] === "OTHER" ? { image: digestHex(OTHER) } : {}),
    };
    expect(await text("campaign.create", meant)).toEqual(expect.stringContaining(says));
    expect(services.campaigns.list()).toHaveLength(before);
  });
});

test("UX-R11: a preview records nothing, and one of nobody tells each node's reason", async () => {
  const before = services.journal.last;
  const nobody = await run("campaign.preview", { image: DIGEST, nodes: ["b1"] });
  expect(nobody).toMatchObject({
    targets: 0,
    groups: [],
    refusal: { code: "campaign.no-targets" },
    excluded: [
      ...["a1", "a2", "a3", "a4"].map((name) => ({ name, reason: "not-selected" })),
      { name: "b1", reason: "other-model", detail: "pump" },
    ],
  });
  expect(nobody).not.toHaveProperty("forecast");
  await run("campaign.preview", { image: DIGEST });
  expect(await run("campaign.preview", { image: "nothing" })).toBe("image.unknown");
  expect(services.journal.last).toBe(before);
});

test("a campaign begins once: created, its first group, its forecast, and the answer", async () => {
  const before = services.journal.last;
  await run("campaign.create", { image: DIGEST }, { id: "one" });
  expect((await facts()).slice(before)).toEqual([
    "campaign.created",
    "campaign.group",
    "campaign.forecast",
    "command.done",
  ]);
  expect(await run("campaign.create", { image: DIGEST }, { id: "one" })).toMatchObject({ campaign: "c-20261121-01" });
  expect(services.campaigns.list()).toHaveLength(1);
});

test("a second person approves, and nothing is offered before", async () => {
  expect(await run("campaign.create", { image: DIGEST, approval: true })).toMatchObject({ state: "waiting-approval" });
  const campaign = "c-20261121-01";
  expect(services.offers.offerFor(nodeOf("a1"))).toBeUndefined();
  expect(await run("campaign.approve", { campaign })).toBe("campaign.same-person");
  expect(await run("campaign.approve", { campaign }, { actor: "cli:tom" })).toMatchObject({ state: "running" });
  expect(services.offers.offerFor(nodeOf("a1"))).toMatchObject({ campaign });
});

test("a decision is bound to what whoever makes it has seen", async () => {
  await run("campaign.create", { image: DIGEST });
  const campaign = "c-20261121-01";
  const seen = services.campaigns.get(campaign).version;
  expect(await run("campaign.pause", { campaign, ifVersion: seen })).toEqual({
    campaign,
    state: "paused",
    version: String(seen + 1),
  });
  expect(await run("campaign.resume", { campaign, ifVersion: String(seen) })).toBe("campaign.version");
  expect(await run("campaign.resume", { campaign, ifVersion: String(seen + 1) })).toMatchObject({ state: "running" });
  expect(await run("campaign.pause", { campaign, ifVersion: "x" })).toBe("command.argument");
  expect(await run("campaign.pause", { campaign: "c-9" })).toBe("campaign.unknown");
});

const STARTS: ReadonlyArray<readonly [state: string, verbs: ReadonlyArray<"pause" | "abort">, started: string]> = [
  ["running", [], "running"],
  ["paused", ["pause"], "campaign.state"],
  ["aborted", ["abort"], "campaign.state"],
];
test.each(STARTS)("a campaign that is %s is not changed by a start", async (state, verbs, started) => {
  await run("campaign.create", { image: DIGEST });
  const campaign = "c-20261121-01";
  for (const verb of verbs) await run(`campaign.${verb}`, { campaign });
  const { version } = services.campaigns.get(campaign);
  const told = { campaign, state: started, version: String(version) };
  for (const ifVersion of [undefined, String(version)]) {
    const args = { campaign, ...(ifVersion === undefined ? {} : { ifVersion }) };
    expect(await run("campaign.start", args)).toEqual(started.includes(".") ? started : told);
  }
  expect(await run("campaign.start", { campaign, ifVersion: version + 1 })).toBe("campaign.version");
  expect(services.campaigns.get(campaign)).toMatchObject({ state, version });
});

test("a start stands in for no second person", async () => {
  await run("campaign.create", { image: DIGEST, approval: true });
  const campaign = "c-20261121-01";
  expect(await run("campaign.start", { campaign }, { actor: "mqtt:fleet" })).toEqual({
    campaign,
    state: "waiting-approval",
    version: "2",
    waits: `A second person approves it: sidgate campaign approve ${campaign}`,
  });
  for (const verb of ["pause", "resume"]) expect(await run(`campaign.${verb}`, { campaign })).toBe("campaign.state");
  expect(await run("campaign.start", { campaign: "c-9" })).toBe("campaign.unknown");
});

test("UX-R7: a lower version is a verb of its own, and somebody has to say why", async () => {
  await tells("a1", 2, { model: "trv", running: DIGEST, version: "2" }, services);
  const older = { image: digestHex(OTHER), nodes: ["a1"] };
  expect(await text("campaign.create", older)).toContain("1 newer-installed");
  expect(await run("campaign.downgrade", older)).toBe("command.argument");
  expect(await run("campaign.downgrade", { ...older, reason: "2 drains batteries" })).toMatchObject({ targets: 1 });
  expect(services.campaigns.list().at(-1)?.plan).toMatchObject({ downgrade: "2 drains batteries" });
});

test("install is a campaign of one node, and the same while it is under way", async () => {
  const first = await run("campaign.install", { node: "a2", image: DIGEST });
  expect(first).toMatchObject({ campaign: "c-20261121-01", targets: 1, known: false });
  expect(await run("campaign.install", { node: nodeOf("a2"), release })).toMatchObject({
    campaign: "c-20261121-01",
    known: true,
  });
  const both = await Promise.all(
    ["x", "y"].map((id) => run("campaign.install", { node: "a3", image: DIGEST }, { id })),
  );
  expect(new Set(both.map((each) => (each as Args)["campaign"]))).toEqual(new Set(["c-20261121-02"]));
  expect(await run("campaign.install", { node: "b1", image: DIGEST })).toBe("campaign.no-targets");
});

test("UX-R28 UX-R30: each node that is not done has a cause and a sentence, also the one that was left out", async () => {
  await run("campaign.create", { image: DIGEST, groups: [{ name: "canary", size: 1 }, { size: "rest" }] });
  const campaign = services.campaigns.get("c-20261121-01");
  const all = campaignWhy(campaign, undefined, services);
  expect(all.nodes.map(({ name, group, cause }) => [name, group, cause])).toEqual([
    ["a1", "canary", "waiting-wake"],
    ["a2", "rest", "group"],
    ["a3", "rest", "group"],
    ["a4", "rest", "group"],
  ]);
  expect(all.nodes[0]?.text).toBe("waits for its wake at 2026-11-21T12:15:00Z");
  expect(all.nextWake).toBe(services.clock.now() + minutes(15));
  expect(all.clusters.map(({ cause, nodes }) => [cause, nodes.length])).toEqual([
    ["group", 3],
    ["waiting-wake", 1],
  ]);
  const out = campaignWhy(campaign, nodeOf("b1"), services);
  expect(out.nodes).toMatchObject([{ name: "b1", cause: "other-model", text: "left out: other-model, pump" }]);
  const detail = campaignDetail(campaign, services);
  expect(detail).toMatchObject({ current: 0, groups: [{ name: "canary", state: "open" }, { state: "closed" }] });
  expect(detail.outlook).toEqual({ p50: campaign.started + FORECAST.p50, p90: campaign.started + FORECAST.p90 });
});

test("options of the command line come before what the plan says, and all reach the gateway", () => {
  const plan = { image: "a", attempts: 5, priority: 1 };
  expect(
    campaignArguments(
      { canary: "5%", waves: ["10%", 40, "rest"], success: 95, pause: true, attempts: 2, perMesh: 3, minBattery: 2600 },
      plan,
    ),
  ).toEqual({
    ...plan,
    attempts: 2,
    concurrency: 3,
    minBatteryMv: 2600,
    groups: [
      { name: "canary", size: "5%", successPct: 95, pause: true },
      { name: "wave-1", size: "10%", successPct: 95, pause: true },
      { name: "wave-2", size: 40, successPct: 95, pause: true },
      { name: "rest", size: "rest" },
    ],
  });
  const wrong = (): unknown => campaignArguments({ success: 95 });
  expect(wrong).toThrow(expect.objectContaining({ code: "cli.usage" }));
});

describe("docs/campaigns.md", () => {
  const page = readFileSync(new URL("../../docs/campaigns.md", import.meta.url), "utf8");
  /** The first column of the table below this line. */
  const column = (title: string): readonly string[] => {
    const [, table = ""] = page.split(`${title}\n`);
    return [...(table.split("\n\n")[0] ?? "").matchAll(/^\| `([^`]+)` \|/gm)].map(([, word = ""]) => word);
  };
  const OBSTACLES: Readonly<Record<Obstacle["because"], true>> = {
    ...{ approval: true, paused: true, stopped: true, over: true, group: true, window: true, slot: true },
    ...{ campaign: true, busy: true, ended: true },
  };

  test("its worked example is what the commands print", async () => {
    const shown = [...page.matchAll(/```console\n(\$ sidgate campaign [\s\S]*?)\n```/g)].map(([, block]) => block);
    const printed = await playCampaignPage();
    expect(shown).toEqual(printed.map(({ command, output }) => `$ ${command}\n${output}`));
    expect(printed.map(({ code }) => code)).toEqual([0, 0, 0, 3, 0, 0, 0, 0]);
  });

  test.each<readonly [title: string, words: readonly string[]]>([
    ["| Plan | Command line | Argument | Meaning |", Object.keys(PLAN.shape)],
    ["| Plan | Argument | Meaning |", Object.keys(GROUP.shape)],
    ["| Field | Meaning |", [...NODE_FIELDS.keys()]],
    ["## Who is left out\n\n| Reason | Meaning |", EXCLUSION_REASONS],
    ["| Cause | Meaning |", ["waiting-wake", "silent", ...Object.keys(OBSTACLES)]],
    ["make it:\n\n| Reason | Meaning |", UNLIKELY_REASONS],
  ])("%j has each row of the code", (title, words) => {
    expect([...column(title)].sort()).toEqual([...words].sort());
  });

  test("each argument of a campaign has its row", () => {
    const told = [...page.matchAll(/^\| `[^`]+` \| [^|]+ \| `(\w+)` \|/gm)].map(([, word]) => word);
    expect(told.sort()).toEqual(Object.keys(CAMPAIGN_CREATE.shape).sort());
  });
});
