/** How campaigns look on a terminal: the ladder of groups, nodes with what they wait for, causes, and previews. */
import { type Millis, millis } from "../../base/index.ts";
import { forecastLines, groupRule, outlookText, rulesOf } from "../api/campaign-words.ts";
import type {
  CampaignCounts,
  CampaignDetail,
  CampaignNodeRow,
  CampaignPreview,
  CampaignRow,
  CampaignWhy,
  CauseRow,
  GroupRow,
  NotDoneRow,
} from "../api/index.ts";
import { formatDuration, formatMoment, formatSize } from "../api/quantities.ts";
import { type Column, formatTable, printable } from "./table.ts";
import { facts } from "./views.ts";

const image = ({ model, imageVersion }: CampaignRow): string => `${model} ${imageVersion}`;
const tally = ({ total, done, failed, silent }: CampaignCounts): string =>
  `${done} of ${total} done, ${failed} failed, ${silent} silent`;

/** `in 14 min`, or by how much it is late. */
function wakeText(nextWake: Millis | undefined, now: Millis): string {
  if (nextWake === undefined) return "-";
  return nextWake >= now ? formatMoment(nextWake, now) : `${formatDuration(millis(now - nextWake))} late`;
}

export function campaignTable(rows: readonly CampaignRow[], now: Millis): string {
  const columns: Column<CampaignRow>[] = [
    { title: "CAMPAIGN", cell: (row) => row.campaign },
    { title: "NAME", cell: (row) => row.name },
    { title: "STATE", cell: (row) => row.state },
    { title: "IMAGE", cell: image },
    { title: "GROUP", cell: ({ groups, current }) => `${current + 1} of ${groups.length}` },
    { title: "NODES", cell: ({ counts }) => tally(counts) },
    { title: "STARTED", cell: (row) => formatMoment(row.startedAt, now) },
  ];
  return formatTable(columns, rows, "No campaign yet. 'sidgate campaign start --image ID' starts one.");
}

export function campaignView(row: CampaignDetail, now: Millis): string {
  const { outlook } = row;
  const head = facts([
    ["campaign", `${row.campaign}, version ${row.version}`],
    ["name", row.name],
    ["state", row.reason === "" ? row.state : `${row.state} (${row.reason})`],
    ["image", `${image(row)}, ${formatSize(row.imageSize)}, ${row.image}`],
    ["nodes", tally(row.counts)],
    ["silent", `after ${row.silentAfter} missed wakes`],
    ...rulesOf(row.plan),
    ["started", `${formatMoment(row.startedAt, now)} by ${row.createdBy}`],
    ...(outlook === undefined ? [] : [["forecast", outlookText(row, outlook, now)] as const]),
  ]);
  const excluded = row.excluded.map(
    ({ node, reason, detail }) =>
      `left out: ${node}: ${printable(detail === undefined ? reason : `${reason}, ${detail}`)}`,
  );
  const causes = row.clusters.length === 0 ? [] : ["", causeTable(row.clusters)];
  return [head, "", groupTable(row.groups), ...causes, "", nodeTable(row, now), ...excluded].join("\n");
}

function groupTable(groups: readonly GroupRow[]): string {
  const columns: Column<GroupRow>[] = [
    { title: "GROUP", cell: ({ name }) => name },
    { title: "STATE", cell: ({ state }) => state },
    { title: "NODES", cell: ({ counts }) => String(counts.total), align: "right" },
    { title: "DONE", cell: ({ counts }) => String(counts.done), align: "right" },
    { title: "ACTIVE", cell: ({ counts }) => String(counts.active), align: "right" },
    { title: "WAITING", cell: ({ counts }) => String(counts.waiting), align: "right" },
    { title: "FAILED", cell: ({ counts }) => String(counts.failed), align: "right" },
    { title: "SILENT", cell: ({ counts }) => String(counts.silent), align: "right" },
    { title: "RULE", cell: groupRule },
  ];
  return formatTable(columns, groups, "It has no group.");
}

function nodeTable({ nodes, groups, imageSize, plan }: CampaignDetail, now: Millis): string {
  const stored = ({ received = 0 }: CampaignNodeRow): string =>
    received === 0 ? "-" : `${Math.floor((100 * received) / Math.max(imageSize, 1))} %`;
  const columns: Column<CampaignNodeRow>[] = [
    { title: "NODE", cell: ({ node }) => node },
    { title: "NAME", cell: ({ name }) => name },
    ...(groups.length > 1 ? [{ title: "GROUP", cell: ({ group }: CampaignNodeRow) => group }] : []),
    { title: "UPDATE", cell: ({ phase, silent }) => (silent ? `${phase} (silent)` : phase) },
    ...(plan.attempts > 1
      ? [{ title: "ATTEMPT", cell: ({ attempt }: CampaignNodeRow) => `${attempt} of ${plan.attempts}` }]
      : []),
    { title: "STORED", cell: stored, align: "right" },
    { title: "HEARD", cell: ({ lastSeen }) => formatMoment(lastSeen, now) },
    { title: "NEXT WAKE", cell: ({ nextWake }) => wakeText(nextWake, now) },
    { title: "WHY", cell: ({ why = "" }) => why },
  ];
  return formatTable(columns, nodes, "No node takes part.");
}

export function causeTable(clusters: readonly CauseRow[]): string {
  const columns: Column<CauseRow>[] = [
    { title: "CAUSE", cell: ({ cause }) => cause },
    { title: "NODES", cell: ({ nodes }) => String(nodes.length), align: "right" },
    { title: "E.G.", cell: ({ nodes }) => nodes[0] ?? "-" },
    { title: "IN A SENTENCE", cell: ({ example }) => example },
  ];
  return formatTable(columns, clusters, "Every node is done.");
}

export function whyView({ campaign, state, reason, nodes, clusters, nextWake }: CampaignWhy, now: Millis): string {
  const head = `${campaign} is ${state}${reason === "" ? "" : ` (${reason})`}.`;
  if (nodes.length === 0) return `${head} Nobody is left of whom one could ask why.`;
  const columns: Column<NotDoneRow>[] = [
    { title: "NODE", cell: ({ node }) => node },
    { title: "NAME", cell: ({ name }) => name },
    { title: "GROUP", cell: ({ group }) => group },
    { title: "UPDATE", cell: ({ phase }) => phase },
    { title: "HEARD", cell: ({ lastSeen }) => formatMoment(lastSeen, now) },
    { title: "NEXT WAKE", cell: (row) => wakeText(row.nextWake, now) },
    { title: "WHY", cell: ({ text }) => text },
  ];
  const next = nextWake === undefined ? [] : ["", `The next of them is expected ${formatMoment(nextWake, now)}.`];
  return [printable(head), "", causeTable(clusters), "", formatTable(columns, nodes, ""), ...next].join("\n");
}

export function previewView(preview: CampaignPreview): string {
  const { name, image: wanted, groups, excluded, silentAfter, forecast, refusal, targets } = preview;
  const rules = facts([
    ["name", name],
    ["image", `${wanted.model} ${wanted.version}, ${formatSize(wanted.size)}, ${wanted.digest}`],
    ["nodes", `${targets} would take part, ${excluded.length} would be left out`],
    ["silent", `after ${silentAfter} missed wakes`],
    ...rulesOf(preview.plan),
    ...(forecast === undefined ? [] : forecastLines(forecast)),
  ]);
  const members = groups.flatMap((group) => [
    "",
    `${printable(group.name)}: ${group.nodes.length} ${group.nodes.length === 1 ? "node" : "nodes"}, ${groupRule(group)}`,
    ...group.nodes.map(({ node, name: called }) => printable(`  ${node}  ${called}`)),
  ]);
  type Left = CampaignPreview["excluded"][number];
  const columns: Column<Left>[] = [
    { title: "LEFT OUT", cell: ({ node }) => node },
    { title: "NAME", cell: ({ name: called }) => called },
    { title: "REASON", cell: ({ reason }) => reason },
    { title: "DETAIL", cell: ({ detail = "-" }) => detail },
  ];
  const out = excluded.length === 0 ? [] : ["", formatTable(columns, excluded, "")];
  const end =
    refusal === undefined
      ? "Nothing was started. The same words after 'campaign start' start it."
      : `It could not be started: ${refusal.text}. ${refusal.hint} [${refusal.code}]`;
  return [rules, ...members, ...out, "", printable(end)].join("\n");
}
