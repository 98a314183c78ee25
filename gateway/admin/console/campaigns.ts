/** The cards of campaigns: how far each group is, what holds up the rest, and when that will be known. */
import type { Millis } from "../../base/index.ts";
import { groupRule, outlookText } from "../api/campaign-words.ts";
import type { AdminSource, CampaignRow, CampaignWhy, CauseRow, GroupRow } from "../api/index.ts";
import { type Html, html } from "./html.ts";
import { chip, moment, NOTHING } from "./pieces.ts";

type Source = Pick<AdminSource, "campaigns" | "whyNotDone">;

/** Causes beyond these are counted, not listed. */
const MAX_CAUSES = 5;
/** Beside the word, for those who do not see colours; the word says it to those who do not see at all. */
const SIGNS: Readonly<Record<GroupRow["state"], string>> = { closed: "○", open: "▶", passed: "✓" };

export function campaigns(source: Source, now: Millis): Html {
  const rows = source.campaigns();
  if (rows.length === 0)
    return html`<p class="soft">None yet. A campaign brings an image to nodes: “sidgate campaign start --image ID”.</p>`;
  return html`${rows.map((row) => card(row, isAsked(row) ? source.whyNotDone(row.campaign) : undefined, now))}`;
}

/** The page asks anew every two seconds: a large fleet's causes are told by `sidgate campaign why` and the API alone. */
const MAX_ASKED = 500;

/** Of a campaign that is over nobody waits for a node any more. */
const isAsked = ({ state, counts: { total, done } }: CampaignRow): boolean =>
  state !== "done" && state !== "aborted" && total - done <= MAX_ASKED;

function card(row: CampaignRow, why: CampaignWhy | undefined, now: Millis): Html {
  const { total, done, failed, silent } = row.counts;
  const open = total - done - failed - silent;
  const counts = `${done} of ${total} done, ${open} open, ${failed} failed, ${silent} silent`;
  return html`<article><h3><a href="/api/campaigns/${encodeURIComponent(row.campaign)}">${row.name}</a> ${chip(row.state)}</h3>
<p class="small soft">${row.model} ${row.imageVersion}, started ${moment(row.startedAt, now)}${row.groups.length > 1 ? NOTHING : html`, stops at ${row.stopAtPct} % failed or silent`}${row.reason === "" ? NOTHING : html`. ${row.reason}`}</p>
<progress max="${Math.max(total, 1)}" value="${done}" aria-label="${row.name}: ${counts}"></progress>
<p>${counts}</p>${row.groups.length > 1 ? ladder(row) : NOTHING}${outlook(row, now)}${why === undefined ? NOTHING : causes(why, now)}</article>`;
}

function ladder({ groups, name }: CampaignRow): Html {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Groups of ${name}"><table class="stack">
<caption>Its groups, one after the other</caption>
<thead><tr><th scope="col">Group</th><th scope="col">State</th><th scope="col">Done</th><th scope="col">Open</th><th scope="col">Failed</th><th scope="col">Silent</th><th scope="col">Rule</th></tr></thead>
<tbody>${groups.map(groupRow)}</tbody></table></div>`;
}

function groupRow(group: GroupRow): Html {
  const { total, done, active, waiting, failed, silent } = group.counts;
  return html`<tr><th scope="row">${group.name}</th><td data-label="State"><span><span aria-hidden="true">${SIGNS[group.state]}</span> ${group.state}</span></td><td data-label="Done">${done} of ${total}</td><td data-label="Open">${active + waiting}</td><td data-label="Failed">${failed}</td><td data-label="Silent">${silent}</td><td data-label="Rule"><span class="small">${groupRule(group)}</span></td></tr>`;
}

const outlook = (row: CampaignRow, now: Millis): Html =>
  row.outlook === undefined
    ? NOTHING
    : html`
<p class="small"><span class="soft">Forecast:</span> ${outlookText(row, row.outlook, now)}</p>`;

function causes({ clusters, nextWake }: CampaignWhy, now: Millis): Html {
  if (clusters.length === 0) return NOTHING;
  const rest = clusters.length - MAX_CAUSES;
  return html`
<p class="small soft">Not done, because:</p>
<ul class="small">${clusters.slice(0, MAX_CAUSES).map(causeItem)}${rest > 0 ? html`<li>${rest} more causes</li>` : NOTHING}</ul>${
    nextWake === undefined
      ? NOTHING
      : html`<p class="small"><span class="soft">The next of them wakes</span> ${moment(nextWake, now)}</p>`
  }`;
}

const causeItem = ({ cause, example, nodes }: CauseRow): Html =>
  html`<li>${nodes.length} ${nodes.length === 1 ? "node" : "nodes"}: <strong>${cause}</strong> <span class="soft">${nodes.length === 1 ? NOTHING : "e.g. "}${nodes[0]}: ${example}</span></li>`;
