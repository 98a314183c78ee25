/** Who takes part, from the inventory as it is: the census, late joiners, devices that change, and what a person is told. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { type Millis, millis, minutes, type NodeId, rfc3339 } from "../../../gateway/base/index.ts";
import {
  CampaignWatch,
  Census,
  draft,
  Joining,
  wholeGroup,
  whyNotDone,
} from "../../../gateway/service/campaign/index.ts";
import { Slots } from "../../../gateway/service/campaign/turn.ts";
import { type CampaignPlan, openFileImages } from "../../../gateway/store/index.ts";
import { encodeTree, fromJson, type JsonObject } from "../../../gateway/yang/index.ts";
import { inDrill } from "../../support/drill.ts";
import { watchTurns } from "../../support/held-up.ts";
import { openServices, type Services } from "../../support/services.ts";

const IMAGE = { digest: "ab".repeat(32), model: "valve-2", version: "1.10.0", size: 60_000 };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sidgate-selection-"));
});
afterAll(() => rm(folder, { recursive: true }));

let services: Services;
let census: Census;
let joining: Joining;
let watch: CampaignWatch;
beforeEach(async () => {
  services = await openServices({ images: await openFileImages({ folder, cacheBytes: 1024 }) });
  const { registry, campaigns, ledger, clock } = services;
  census = new Census({ registry, campaigns, isSecured: () => false });
  joining = new Joining({
    census,
    registry,
    imageOf: () => IMAGE,
    obstacle: (_image, { endpoint }) => (endpoint === "forbidden" ? "install, step 4" : undefined),
  });
  watch = new CampaignWatch({
    campaigns,
    registry,
    ledger,
    clock,
    mayJoin: (campaign, node) => joining.mayJoin(campaign, node),
    strangeTo: (campaign, node) => joining.strangeTo(campaign, node),
  });
});
afterEach(() => watch.close());

let report = 0;
/** A wake with what the node tells. */
async function tells(node: NodeId, data: JsonObject): Promise<void> {
  report += 1;
  const { ledger, clock, schema } = services;
  await ledger.record("node.reported", {
    node,
    report,
    request: report,
    reply: new Uint8Array(),
    state: "asleep",
    nextWake: (clock.now() + minutes(15)) as Millis,
    data: encodeTree(fromJson(data, schema), schema),
  });
}

const valve = (more: JsonObject = {}, of: JsonObject = {}): JsonObject => ({
  "sidgate-node:node": { model: "valve-2", hardware: "A1", ...of },
  "sidgate-building:room": { battery: 2810, temperature: "25.50" },
  ...more,
});

async function joins(endpoint: string, data = valve()): Promise<NodeId> {
  const node = await services.join(endpoint);
  await tells(node, data);
  return node;
}

async function start(plan: Partial<CampaignPlan>, silentAfter = 3): Promise<string> {
  const { campaigns, ledger, clock } = services;
  const filter = plan.filter === undefined ? undefined : census.filter(plan.filter);
  const rules = {
    image: IMAGE,
    hardware: plan.hardware && new Set(plan.hardware),
    minBattery: plan.minBattery,
    priority: plan.priority ?? 0,
    attempts: 1,
    downgrade: false,
    again: false,
  };
  const id = campaigns.nextId(clock.now());
  const wish = { id, name: id, rules, groups: [wholeGroup(100)], silentAfter, plan: { attempts: 1, ...plan } };
  const body = draft(wish, await census.survey(IMAGE.digest, filter));
  await ledger.record("campaign.created", { ...body, actor: "test" });
  return id;
}

test("UX-R6 UX-R29: the census tells what the pre-flight asks: hardware, version, millivolts and room for the image", async () => {
  const id = await joins(
    "v1",
    valve({
      "sidgate-firmware:firmware": { "running-version": "1.9.0" },
      "sidgate-suit:suit": {
        component: [
          { index: 0, capacity: 50_000 },
          { index: 1, capacity: 59_999 },
        ],
      },
    }),
  );
  const [node] = await census.survey(IMAGE.digest);
  expect(node).toMatchObject({
    id,
    model: "valve-2",
    hardware: "A1",
    version: "1.9.0",
    battery: 2810,
    capacity: 59_999,
  });
  await expect(start({})).rejects.toMatchObject({
    code: "campaign.no-targets",
    facts: { reasons: "1 no-space" },
  });
});

const FILTERS: readonly string[] = [
  'name == v1 and endpoint == v1 and id ~ "n-*"',
  "model == valve-2 and hardware == A1 and version < 1.10.0",
  "state == asleep and missed-wakes == 0 and wake-interval == 900",
  "models == default and security == none and battery == 2810",
  "/sidgate-building:room/temperature > 25.4",
  "not campaign ~ '*' and not done-in ~ '*' and not failed-in ~ '*'",
];

test.each(FILTERS)("UX-R11: every field of the inventory can be asked for: %s", async (text) => {
  await joins("v1", valve({ "sidgate-firmware:firmware": { "running-version": "1.9.0" } }));
  const [node] = await census.survey(IMAGE.digest, census.filter(text));
  expect(node?.chosen).toBe(true);
});

test("campaigns that a node was in can be asked for", async () => {
  const node = await joins("v1");
  const id = await start({});
  await services.campaigns.advance(node, { type: "reported", report: { running: IMAGE.digest } }, services.ledger);
  const record = services.registry.get(node);
  const fits = (text: string): boolean => census.filter(text).matches(census.subject(record));
  expect([fits(`done-in == ${id}`), fits(`campaign == ${id}`), fits(`failed-in == ${id}`)]).toEqual([
    true,
    true,
    false,
  ]);
});

describe("UX-R13: late joiners", () => {
  const FILTER = 'battery >= 2800 and name ~ "v*"';
  const plan = { filter: FILTER, hardware: ["A1"], minBattery: 2500, lateJoiners: true } as const;
  const phase = (id: string, node: NodeId): string | undefined => services.campaigns.get(id).nodes.get(node)?.phase;

  test("UX-R13: a node that comes later and fits joins the last group", async () => {
    await joins("v1");
    const id = await start(plan);
    const late = await joins("v2");
    expect(phase(id, late)).toBe("waiting-wake");
    expect(services.campaigns.get(id).groups[0]?.tally.total).toBe(2);
    await tells(late, valve());
    expect(services.campaigns.get(id).groups[0]?.tally.total).toBe(2);
  });

  test("UX-R13: without the word for it nobody joins", async () => {
    await joins("v1");
    const id = await start({ filter: FILTER });
    expect(phase(id, await joins("v2"))).toBeUndefined();
  });

  test.each<readonly [why: string, endpoint: string, data: JsonObject]>([
    ["of another model", "v2", valve({}, { model: "lamp" })],
    ["of other hardware", "v2", valve({}, { hardware: "B7" })],
    ["whose name the filter does not take", "x2", valve()],
    ["whose battery is low", "v2", valve({ "sidgate-building:room": { battery: 2799 } })],
    [
      "that runs it already",
      "v2",
      valve({ "sidgate-firmware:firmware": { "running-digest": "q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s=" } }),
    ],
    ["that runs a later version", "v2", valve({ "sidgate-firmware:firmware": { "running-version": "1.11" } })],
    ["whose release would fail", "forbidden", valve()],
  ])("UX-R7 UX-R13: a node %s stays out", async (_why, endpoint, data) => {
    await joins("v1");
    const id = await start(plan);
    expect(phase(id, await joins(endpoint, data))).toBeUndefined();
  });

  test("UX-R13: a node that fits later joins then", async () => {
    await joins("v1");
    const id = await start(plan);
    const weak = await joins("v2", valve({ "sidgate-building:room": { battery: 2400 } }));
    expect(phase(id, weak)).toBeUndefined();
    await tells(weak, valve());
    expect(phase(id, weak)).toBe("waiting-wake");
  });

  test("UX-R7 UX-R13: a node that turns out to be of another kind leaves; when it is what it was, it may join again", async () => {
    const node = await joins("v1");
    await joins("v3");
    const id = await start(plan);
    await tells(node, { "sidgate-node:node": { model: "lamp" } });
    expect(services.campaigns.get(id).nodes.get(node)).toMatchObject({ phase: "skipped", reason: "other-model" });
    await tells(node, valve());
    expect(phase(id, node)).toBe("waiting-wake");
  });

  test("UX-R17: a replaced device begins anew, whatever the former one had come to, and is not in its quarantine", async () => {
    const { campaigns, ledger } = services;
    const node = await joins("v1");
    await joins("v3");
    const id = await start({});
    await campaigns.offered(id, node, ledger);
    const failed = { phase: "failed", wanted: IMAGE.digest } as const;
    await campaigns.advance(node, { type: "reported", report: failed }, ledger);
    expect([phase(id, node), campaigns.quarantine.failures(node, IMAGE.digest)]).toEqual(["failed", 1]);
    await ledger.record("node.replaced", { node, endpoint: "v9", former: "v1", actor: "test" });
    expect([phase(id, node), campaigns.quarantine.failures(node, IMAGE.digest)]).toEqual(["waiting-wake", 0]);
  });
});

test("UX-R2: a node that was removed while the gateway crashed leaves its campaign at the next start", async () => {
  const { campaigns, registry, ledger, clock } = services;
  await joins("v1");
  const gone = await joins("v2");
  watch.close();
  const id = await start({});
  registry.apply({ seq: 0, at: clock.now(), type: "node.removed", node: gone, actor: "test" });
  expect(campaigns.get(id).nodes.get(gone)?.phase).toBe("waiting-wake");
  watch = new CampaignWatch({ campaigns, registry, ledger, clock });
  expect(campaigns.get(id).nodes.get(gone)).toMatchObject({ phase: "skipped", reason: "removed" });
});

test("UX-R3 UX-R10: each campaign has its own patience, counted in missed wakes", async () => {
  const { campaigns, ledger } = services;
  const node = await joins("v1");
  const first = await start({});
  const second = await start({ priority: 1 }, 2);
  await ledger.record("campaign.state", {
    campaign: second,
    from: "running",
    to: "paused",
    reason: "test",
    actor: "test",
  });
  await campaigns.missed(node, 2, ledger);
  expect([first, second].map((id) => campaigns.get(id).nodes.get(node)?.silent)).toEqual([false, true]);
  await campaigns.missed(node, 3, ledger);
  expect([first, second].map((id) => campaigns.get(id).nodes.get(node)?.silent)).toEqual([true, true]);
});

test("UX-R16: a place in a mesh is leased until the next wake, and a clock that is set keeps nobody out", () => {
  const slots = new Slots();
  const [one, other] = ["n-1" as NodeId, "n-2" as NodeId];
  const isFree = (at: number): boolean => slots.isFree("mesh", other, 1, millis(at));
  const take = (): void => slots.take("mesh", one, { from: millis(1000), until: millis(2000) });
  take();
  expect([isFree(1500), isFree(2000), isFree(2001)]).toEqual([false, false, true]);
  take();
  expect(isFree(999)).toBe(true); // set back: nobody knows when it would end
  take();
  slots.take("elsewhere", one, { from: millis(1000), until: millis(2000) }); // it has wandered
  expect(isFree(1500)).toBe(true);
  take();
  slots.give(one);
  expect(isFree(1500)).toBe(true);
});

test("UX-R31: after an abort it is told how long a node may go on with what it has begun", async () => {
  const { campaigns, ledger, clock, offers, registry } = services;
  const node = await joins("v1");
  const idle = await joins("v2");
  const id = await start({});
  await campaigns.offered(id, node, ledger);
  clock.advance(60_000);
  await campaigns.decide(id, "abort", "test", ledger);
  const why = (of: NodeId) => {
    const campaign = campaigns.get(id);
    return whyNotDone(campaign, campaign.nodes.get(of)!, offers.obstacleFor(campaign, of), registry.get(of).reach);
  };
  const until = rfc3339(registry.get(node).reach.nextWake!);
  expect(why(node)).toEqual({
    cause: "cool-down",
    text: `the campaign is aborted; it may go on with what it has begun until ${until}`,
  });
  expect(why(idle)).toEqual({ cause: "over", text: "the campaign is over: abort" });
  await tells(node, valve());
  expect(why(node)?.cause).toBe("over");
});

test("UX-R11: a survey of a large fleet lets others be heard meanwhile", async () => {
  const many = inDrill(300, 10_000);
  for (let index = 0; index < many; index++) await services.join(`m${index}`);
  const filter = census.filter(
    'not name == "m1" and (battery >= 2800 or not battery > 0) and version < 2 or model == x',
  );
  const begun = performance.now();
  const watch = watchTurns();
  const nodes = await census.survey(IMAGE.digest, filter);
  const { turns, longest } = watch.stop();
  expect(nodes).toHaveLength(many);
  expect(turns).toBeGreaterThan(0);
  expect(longest).toBeLessThan(250);
  if (many > 1000) process.stderr.write(`${many} nodes: ${performance.now() - begun} ms, held up ${longest} ms\n`);
});
