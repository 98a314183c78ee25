/** The status page: one HTML document, made on the server from the same rows as the API. */
import { type Millis, millis } from "../../base/index.ts";
import { REACHABILITIES } from "../../store/facts.ts";
import type { AccessView, AdminSource, ImageRow, ModelSetRow, NodeRow, Page, Status } from "../api/index.ts";
import { formatDuration, formatSize } from "../api/quantities.ts";
import { HEADERS, SCRIPT, STYLE } from "./assets.ts";
import { campaigns } from "./campaigns.ts";
import { cloudLink, hasLink, watchSection } from "./cloud-link.ts";
import { Html, html } from "./html.ts";
import { chip, moment, NOTHING } from "./pieces.ts";
import { releases } from "./releases.ts";

export const STATUS_PAGE: Page = { headers: HEADERS, render: (source) => renderPage(source) };

/** Rows beyond this are counted, not listed: a phone should not render ten thousand. */
const MAX_ROWS = 500;

/** A part of the page that refreshes itself. */
const live = (id: string, title: string, body: Html): Html =>
  html`<section id="${id}" data-live aria-labelledby="${id}-title"><h2 id="${id}-title">${title}</h2>${body}</section>`;

export function renderPage(source: AdminSource): string {
  const status = source.status();
  const title = status.name ?? status.site;
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} – Sidgate</title>
<link rel="icon" href="data:,">
<style>${new Html(STYLE)}</style>
</head>
<body>
<header><h1>Sidgate · ${title}</h1>
<p class="soft small" id="since" data-live>version ${status.version}, running for ${formatDuration(millis(status.now - status.startedAt))}</p></header>
<main>
<p id="late" role="status" hidden class="chip lost">The gateway does not answer; this is what it said last.</p>
${banner(status)}
${live("fleet", "Nodes", fleet(status, source.nodes()))}
${live("campaigns", "Campaigns", campaigns(source, status.now))}
${live("images", "Images", images(source.images(), status.now))}
${live("releases", "Releases", releases(source, status.now))}
${live("models", "Models", models(source.models(), status.now))}
${live("gateway", "Gateway", gateway(status, source.access(), source.openCommands().length))}
${live("link", "Cloud link", cloudLink(status))}
${hasLink(status) ? watchSection(status) : NOTHING}
${live("next", "What to try next", tryNext(status))}
</main>
<footer class="soft small"><p>Tooltips give times in UTC. The same data as JSON: <a href="/api/status">status</a>, <a href="/api/nodes">nodes</a>, <a href="/api/images">images</a>, <a href="/api/releases">releases</a>, <a href="/api/trust">trust</a>, <a href="/api/campaigns">campaigns</a>, <a href="/api/models">models</a>.</p></footer>
<script>${new Html(SCRIPT)}</script>
</body>
</html>
`;
  return page.toString();
}

function banner({ mode, warnings, notices }: Status): Html {
  const hidden = mode === "secured" && warnings.length + notices.length === 0 ? html` hidden` : NOTHING;
  const heading = mode === "lab" ? "Lab mode: for trying only, nothing here is protected" : "Please note";
  return html`<section id="banner" data-live class="banner" aria-label="Warnings"${hidden}><p><strong>${heading}</strong></p>${[...notices, ...warnings].map((line) => html`<p>${line}</p>`)}</section>`;
}

function fleet(status: Status, nodes: readonly NodeRow[]): Html {
  const tiles = html`<ul class="tiles">${REACHABILITIES.map(
    (word) => html`<li class="${word}"><strong>${status.nodes[word]}</strong>${word}</li>`,
  )}</ul>`;
  if (nodes.length === 0)
    return html`${tiles}<p class="soft">No node is known yet. The first check-in or “sidgate node add” makes one.</p>`;
  const rest = nodes.length - MAX_ROWS;
  return html`${tiles}
<div class="scroll" tabindex="0" role="region" aria-label="Table of nodes"><table class="stack">
<caption>${nodes.length} ${nodes.length === 1 ? "node" : "nodes"}, in order of name${rest > 0 ? html`; the first ${MAX_ROWS} are shown` : NOTHING}</caption>
<thead><tr><th scope="col">Name</th><th scope="col">State</th><th scope="col">Firmware</th><th scope="col">Update</th><th scope="col">Last seen</th><th scope="col">Next wake</th><th scope="col">Security</th><th scope="col" class="number">Waiting</th></tr></thead>
<tbody>${[...nodes]
    .sort((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }))
    .slice(0, MAX_ROWS)
    .map((node) => nodeRow(node, status.now))}</tbody></table></div>`;
}

/** What the node said of the last release is worth a look unless all went well. */
const reported = ({ report }: NodeRow): Html =>
  report === undefined || report.result === "success"
    ? NOTHING
    : html`<br><span class="soft small">${report.result}: ${report.text}</span>`;

function nodeRow(node: NodeRow, now: Millis): Html {
  const missed = node.missedWakes > 0 ? html` <span class="soft">(${node.missedWakes} missed)</span>` : NOTHING;
  const set = node.models === undefined ? NOTHING : html` <span class="soft small">${node.models}</span>`;
  const firmware = node.version === undefined ? html`<span class="soft">–</span>` : html`${node.model} ${node.version}`;
  return html`<tr><th scope="row"><a href="/api/nodes/${encodeURIComponent(node.node)}">${node.name}</a>${set}</th><td data-label="State"><span>${chip(node.reachability)}${missed}</span></td><td data-label="Firmware"><span>${firmware}</span></td><td data-label="Update"><span>${node.phase}${reported(node)}</span></td><td data-label="Last seen">${moment(node.lastSeen, now)}</td><td data-label="Next wake">${moment(node.nextWake, now)}</td><td data-label="Security">${node.security === "oscore" ? "OSCORE" : html`<span class="soft">none</span>`}</td><td data-label="Waiting" class="number">${node.pending}</td></tr>`;
}

function trustOf({ verified, withdrawn }: ImageRow): Html {
  if (withdrawn === true) return html`<span class="chip lost">withdrawn</span> <span class="soft">not offered</span>`;
  return html`${verified === "lab" ? "unsigned (lab)" : "signed"}`;
}

function images(rows: readonly ImageRow[], now: Millis): Html {
  if (rows.length === 0)
    return html`<p class="soft">None yet. “sidgate image add FILE --model M --version V” brings one in.</p>`;
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Table of images"><table class="stack">
<caption>Firmware images that nodes can be offered</caption>
<thead><tr><th scope="col">Image</th><th scope="col">Id</th><th scope="col">Size</th><th scope="col">Trust</th><th scope="col">Added</th></tr></thead>
<tbody>${rows.map(
    (row) =>
      html`<tr><th scope="row">${row.model} ${row.version}</th><td data-label="Id"><code title="SHA-256 ${row.digest}">${row.id}</code></td><td data-label="Size">${row.size === undefined ? NOTHING : formatSize(row.size)}${row.built === undefined ? NOTHING : html` <span class="soft">MCUboot ${row.built}</span>`}</td><td data-label="Trust">${trustOf(row)}</td><td data-label="Added">${row.fetch === undefined ? moment(row.addedAt, now) : row.fetch.state}</td></tr>`,
  )}</tbody></table></div>`;
}

const MODEL_STATES: Readonly<Record<ModelSetRow["state"], Html>> = {
  ok: html`<span class="chip connected">in force</span>`,
  former: html`<span class="chip lost">refused</span> <span class="soft">the former one is in force</span>`,
  refused: html`<span class="chip lost">refused</span> <span class="soft">the default set is in force</span>`,
  missing: html`<span class="chip lost">missing</span> <span class="soft">the default set is in force</span>`,
};

function models(rows: readonly ModelSetRow[], now: Millis): Html {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Table of module sets"><table class="stack">
<caption>Module sets that nodes work with</caption>
<thead><tr><th scope="col">Set</th><th scope="col">State</th><th scope="col">Modules</th><th scope="col">Loaded</th><th scope="col" class="number">Nodes</th></tr></thead>
<tbody>${rows.map(
    ({ set, state, error, modules, loadedAt, nodes }) =>
      html`<tr><th scope="row">${set ?? "default"}</th><td data-label="State"><span>${MODEL_STATES[state]}${error === undefined ? NOTHING : html`<br><span class="small">${error.text}</span>`}</span></td><td data-label="Modules"><span class="small">${modules.map(({ name, revision }) => `${name}@${revision}`).join(", ")}</span></td><td data-label="Loaded">${moment(loadedAt, now)}</td><td data-label="Nodes" class="number">${nodes}</td></tr>`,
  )}</tbody></table></div>`;
}

function gateway(status: Status, { enable, denied }: AccessView, waiting: number): Html {
  const { journal } = status;
  return html`<dl>
${status.listening.map(({ what, address, note }) => html`<dt>${what}</dt><dd><code>${address}</code>${note === undefined ? NOTHING : html` <span class="soft">${note}</span>`}</dd>`)}
<dt>Access</dt><dd>${enable ? "by rules" : "no rules: every manager may do everything"}; denied since the start: reads ${denied.reads}, edits ${denied.writes}, calls ${denied.operations}</dd>
<dt>Commands</dt><dd>${waiting} ${waiting === 1 ? "waits" : "wait"} for a node, an image or a campaign</dd>
<dt>Journal</dt><dd>${journal.last} facts, ${journal.last - journal.lastDurable} on their way to the disk</dd>
<dt>Site</dt><dd><code>${status.site}</code>, process <code>${status.process}</code>, epoch ${status.epoch}</dd>
</dl>`;
}

function tryNext({ tryNext: rows }: Status): Html {
  if (rows.length === 0) return html`<p class="soft">See “sidgate --help”.</p>`;
  return html`<dl>${rows.map(({ command, what }) => html`<dt>${what}</dt><dd><code>${command}</code></dd>`)}</dl>`;
}
