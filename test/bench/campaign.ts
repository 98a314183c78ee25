/** Group `campaign`: folding its facts, a whole one over simulated nodes, and how far its forecast is off. */
import { hours, millis, type NodeId, seededRandom } from "../../gateway/base/index.ts";
import { Campaigns, draft, type GroupWish, wholeGroup } from "../../gateway/service/campaign/index.ts";
import type { Fact, FactBodies, FactType, Phase } from "../../gateway/store/index.ts";
import { CampaignSite, type Course } from "./campaign-site.ts";
import { type Figures, quartiles } from "./measure.ts";

const FLEET = 200;
const SEEDS = [1, 2, 3, 4, 5];
const IMAGE_BYTES = 16 * 1024;
/** Enough wakes that periods are trusted. */
const LEARN = hours(2);

export async function campaignBench(): Promise<Figures> {
  return { ...reducer(), ...(await thousand()), ...(await forecastError()) };
}

function reducer(): Figures {
  const rates = [1000, 10_000].map((nodes) => [nodes, Array.from({ length: 3 }, () => foldOf(nodes))] as const);
  return Object.fromEntries(
    rates.map(([nodes, values]) => [
      nodes === 1000 ? "reducer_events_per_second" : `reducer_events_per_second_${nodes}_nodes`,
      quartiles(values.map(Math.round), "facts per second"),
    ]),
  );
}

const PHASES: readonly Phase[] = ["offered", "downloading", "verifying", "applying", "rebooting", "done"];

/** Facts of a campaign whose nodes take turns, folded one by one. */
function foldOf(count: number): number {
  const campaigns = new Campaigns();
  const nodes = Array.from({ length: count }, (_, index) => `n-${String(index).padStart(5, "0")}` as NodeId);
  const image = { digest: "ab".repeat(32), model: "m", version: "2", size: 1 };
  const rules = { image, priority: 0, attempts: 1, downgrade: false, again: false };
  const body = draft(
    { id: "c-1", name: "", rules, groups: [wholeGroup(50)], silentAfter: 3, plan: { attempts: 1 } },
    nodes.map((id) => ({ id, model: "m", running: undefined, busy: [], failures: 0 })),
  );
  let seq = 0;
  const fact = <T extends FactType>(type: T, of: FactBodies[T]): Fact =>
    Object.assign({ seq: ++seq, at: millis(seq), type }, of) as unknown as Fact;
  const facts = [
    fact("campaign.created", { ...body, actor: "" }),
    fact("campaign.group", { campaign: "c-1", group: 0, to: "open", reason: "", actor: "" }),
    ...PHASES.flatMap((to, at) =>
      nodes.map((node) => fact("ota.phase", { campaign: "c-1", node, from: PHASES[at - 1] ?? "waiting-wake", to })),
    ),
  ];
  const begun = performance.now();
  for (const each of facts) campaigns.apply(each);
  return (facts.length * 1000) / (performance.now() - begun);
}

const WAVES: readonly GroupWish[] = [
  { name: "canary", errorPct: 50, size: { percent: 5 } },
  { name: "early", errorPct: 50, size: { percent: 25 } },
  { name: "all", errorPct: 50, size: "rest" },
];

async function thousand(): Promise<Figures> {
  const site = await CampaignSite.open({ nodes: 1000, seed: 1, loss: 0.05 });
  await site.live(hours(1));
  const before = process.cpuUsage();
  await site.campaign("2.0.0", IMAGE_BYTES, [wholeGroup(50)]);
  const { user, system } = process.cpuUsage(before);
  await site.close();
  return { campaign_1000_nodes_seconds: quartiles([(user + system) / 1e6], "seconds of CPU, both ends") };
}

/** The first campaign of a fleet, of which nobody knows how it fetches, and the second one, after which everybody does. */
async function forecastError(): Promise<Figures> {
  const sites = [];
  for (const seed of SEEDS) {
    const random = seededRandom(seed);
    sites.push(await CampaignSite.open({ nodes: FLEET, seed, loss: 0.02 + random.next() * 0.13 }));
  }
  for (const site of sites) await site.live(LEARN);
  const first: Course[] = [];
  for (const site of sites) first.push(await site.campaign("2.0.0", IMAGE_BYTES, WAVES));
  const second: Course[] = [];
  for (const site of sites) second.push(await site.campaign("3.0.0", 2 * IMAGE_BYTES, WAVES));
  for (const site of sites) await site.close();
  const off = ({ foreseen, took }: Course): number => (Math.abs(foreseen.forecast.p50 - took) / took) * 100;
  const within = second.filter(({ foreseen, took }) => took <= foreseen.forecast.p90).length;
  const energies = second.flatMap(({ foreseen }) => foreseen.nodes.map(({ energy }) => energy));
  return {
    forecast_error_percent: quartiles(second.map(off), "of the time it took, p50"),
    forecast_error_percent_first: quartiles(first.map(off), "of the time it took, p50, nothing learnt of downloads"),
    forecast_within_p90: quartiles([within], `of ${SEEDS.length} campaigns ended by then`),
    campaign_hours: quartiles(
      second.map(({ took }) => took / hours(1)),
      "hours",
    ),
    forecast_energy_median_node: quartiles(energies, "mJ"),
  };
}
