/** Style and script of the status page: inline, so that one file is the whole page, and pinned by hash in its CSP. */
import { createHash } from "node:crypto";
import { WATCH_SCRIPT } from "./watch-script.ts";

export const STYLE = `
:root {
  color-scheme: light dark;
  --page: #f5f6f8; --card: #fff; --ink: #1b2430; --soft: #56616f; --line: #d7dce3; --accent: #0b5cad;
  --good: #17703a; --warn: #8a5200; --bad: #b3261e; --rest: #4a5a86; --banner: #fff1d6; --banner-ink: #5c3900;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #12161c; --card: #1b212a; --ink: #e8ecf1; --soft: #a5b0bd; --line: #343d49; --accent: #7db8f5;
    --good: #6fd193; --warn: #f0b45c; --bad: #ff8f86; --rest: #a9b8e8; --banner: #3d2c0c; --banner-ink: #ffdf9e;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
header, main, footer { max-width: 76rem; margin-inline: auto; padding-inline: 1rem; }
header { padding-block: 1rem 0; display: flex; flex-wrap: wrap; gap: 0 1rem; align-items: baseline; }
h1 { font-size: 1.4rem; margin: 0; }
h2 { font-size: 1.05rem; margin: 0 0 .6rem; }
p { margin: 0; }
.soft { color: var(--soft); }
.small { font-size: .875rem; }
section { background: var(--card); border: 1px solid var(--line); border-radius: .6rem; padding: 1rem; margin-block: 1rem; }
.banner { background: var(--banner); color: var(--banner-ink); border-color: currentColor; }
.banner p + p { margin-top: .25rem; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(6.5rem, 1fr)); gap: .75rem; margin: 0; padding: 0; list-style: none; }
.tiles li { border: 1px solid var(--line); border-top: .25rem solid var(--shade); border-radius: .4rem; padding: .5rem .75rem; }
.tiles strong { display: block; font-size: 1.6rem; line-height: 1.2; font-variant-numeric: tabular-nums; }
.chip { color: var(--shade); font-weight: 600; white-space: nowrap; }
.awake, .done, .connected { --shade: var(--good); }
.asleep, .running { --shade: var(--rest); }
.overdue, .paused, .stopped, .waiting, .waiting-approval { --shade: var(--warn); }
.lost, .failed, .aborted { --shade: var(--bad); }
.unknown { --shade: var(--soft); }
.scroll { overflow-x: auto; }
.tiles + * { margin-top: 1rem; }
a { color: var(--accent); }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
caption { text-align: start; color: var(--soft); font-size: .875rem; padding-bottom: .4rem; }
th, td { text-align: start; padding: .4rem 1rem .4rem 0; border-top: 1px solid var(--line); vertical-align: top; }
thead th { border-top: 0; color: var(--soft); font-weight: 600; font-size: .875rem; }
tbody th { font-weight: 600; }
.number { text-align: end; }
code { font-family: ui-monospace, monospace; font-size: .9em; overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem; margin: 0; }
dt { color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; }
progress { width: 100%; height: .6rem; accent-color: var(--accent); }
article ul { margin: 0; padding-inline-start: 1.2rem; }
article + article { margin-top: 1rem; padding-top: 1rem; border-top: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 0; display: flex; flex-wrap: wrap; gap: 0 .75rem; }
.scroll:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
footer { padding-block: 0 1.5rem; }
button, input, summary { font: inherit; color: inherit; min-height: 2.75rem; }
button, input { background: var(--page); border: 1px solid var(--line); border-radius: .4rem; padding: .3rem .75rem; }
input { width: 100%; max-width: 36rem; }
button { cursor: pointer; flex: none; }
summary { cursor: pointer; align-content: center; color: var(--accent); }
.command { display: flex; gap: .75rem; align-items: center; justify-content: space-between; margin-block: .4rem .8rem; }
.sent { list-style: none; margin: .5rem 0; padding: 0; }
.sent li { border-top: 1px solid var(--line); padding-block: .4rem; display: grid; gap: .1rem; }
.sent .payload { white-space: pre-wrap; }
@media (max-width: 40rem) {
  dl { grid-template-columns: 1fr; gap: 0; }
  dd { margin-bottom: .5rem; }
  table.stack thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  table.stack tr { display: block; padding-block: .5rem; border-top: 1px solid var(--line); }
  table.stack th, table.stack td { display: flex; justify-content: space-between; gap: 1rem; border: 0; padding: .1rem 0; text-align: end; }
  table.stack td::before { content: attr(data-label); color: var(--soft); }
}
`;

/**
 * Every two seconds the page fetches itself and exchanges the sections that changed. The server stays the only place
 * that knows how a row looks; without JavaScript the page is simply reloaded by hand.
 */
export const SCRIPT = `
const late = document.getElementById("late");
async function refresh() {
  if (document.hidden) return;
  try {
    const answer = await fetch(location.pathname, { signal: AbortSignal.timeout(5000) });
    if (!answer.ok) throw new Error(String(answer.status));
    const next = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const fresh of next.querySelectorAll("[data-live]")) {
      const shown = document.getElementById(fresh.id);
      if (!shown) continue;
      shown.hidden = fresh.hidden;
      if (shown.innerHTML !== fresh.innerHTML) {
        const scrolled = [...shown.querySelectorAll(".scroll")].map((box) => box.scrollLeft);
        shown.innerHTML = fresh.innerHTML;
        shown.querySelectorAll(".scroll").forEach((box, index) => { box.scrollLeft = scrolled[index] ?? 0; });
      }
    }
    late.hidden = true;
  } catch {
    late.hidden = false;
  }
}
setInterval(refresh, 2000);
document.addEventListener("visibilitychange", refresh);
${WATCH_SCRIPT}`;

const hash = (text: string): string => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

export const HEADERS = {
  "content-security-policy": [
    "default-src 'none'",
    `style-src ${hash(STYLE)}`,
    `script-src ${hash(SCRIPT)}`,
    "connect-src 'self'",
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; "),
  "referrer-policy": "no-referrer",
} as const;
