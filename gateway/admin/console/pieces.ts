/** What each part of the page is made of. */
import { type Millis, rfc3339 } from "../../base/index.ts";
import { formatMoment } from "../api/quantities.ts";
import { type Html, html } from "./html.ts";

export const NOTHING = html``;
export const chip = (word: string): Html => html`<span class="chip ${word}">${word}</span>`;

export function moment(at: Millis | undefined, now: Millis): Html {
  return at === undefined
    ? html`<span class="soft">–</span>`
    : html`<time datetime="${rfc3339(at)}" title="${rfc3339(at)}">${formatMoment(at, now)}</time>`;
}
