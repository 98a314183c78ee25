/** The card of the status page that says whose releases are believed, and which of them stand. */
import type { Millis } from "../../base/index.ts";
import type { AdminSource, AnchorRow, ReleaseRow } from "../api/index.ts";
import { type Html, html } from "./html.ts";
import { moment, NOTHING } from "./pieces.ts";

export function releases(source: AdminSource, now: Millis): Html {
  const { anchors } = source.trust();
  const rows = source.releases();
  return html`${keys(anchors)}${rows.length === 0 ? NOTHING : table(rows, now)}`;
}

const keys = (anchors: readonly AnchorRow[]): Html =>
  anchors.length === 0
    ? html`<p class="soft">Nobody's signatures are believed yet: “sidgate trust add KEY.pub --name NAME” changes that.</p>`
    : html`<p>Signatures of ${anchors.map(({ name }) => name).join(", ")} are believed.</p>`;

/** Newest first: of the older ones most have done their work. */
const table = (rows: readonly ReleaseRow[], now: Millis): Html =>
  html`<div class="scroll" tabindex="0" role="region" aria-label="Table of releases"><table class="stack">
<caption>Releases: what an author signed</caption>
<thead><tr><th scope="col">Release</th><th scope="col">Number</th><th scope="col">Signed by</th><th scope="col">State</th><th scope="col" class="number">Nodes that failed</th><th scope="col">Accepted</th></tr></thead>
<tbody>${[...rows].sort((a, b) => b.acceptedAt - a.acceptedAt).map((row) => releaseRow(row, now))}</tbody></table></div>`;

function releaseRow(row: ReleaseRow, now: Millis): Html {
  const named = row.model === undefined ? NOTHING : html` ${row.model} ${row.version ?? ""}`;
  return html`<tr><th scope="row"><code title="${row.release}">${row.release.slice(0, 8)}</code>${named}</th><td data-label="Number">${row.sequence}</td><td data-label="Signed by">${row.signers.join(", ")}</td><td data-label="State"><span>${state(row)}</span></td><td data-label="Nodes that failed" class="number">${row.failed}</td><td data-label="Accepted">${moment(row.acceptedAt, now)}</td></tr>`;
}

function state({ withdrawn, images, stored }: ReleaseRow): Html {
  if (withdrawn !== undefined)
    return html`<span class="chip lost">withdrawn</span> <span class="soft">${withdrawn}</span>`;
  const missing = images - stored;
  return missing === 0
    ? html`<span class="chip connected">stands</span>`
    : html`<span class="chip overdue">stands</span> <span class="soft">${missing} of ${images} images not here yet</span>`;
}
