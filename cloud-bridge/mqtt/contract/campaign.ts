/** docs/mqtt.md, "Campaigns" — the summary of a campaign. */
import { may, must, object, oneOf } from "./shape.ts";
import { COUNT, NUMBER64, PERCENT, SHA256, TEXT, TIME } from "./words.ts";

export const CAMPAIGN_STATE = oneOf("waiting-approval", "running", "paused", "stopped", "aborted", "done");

const GROUP = object({
  index: must(COUNT, "Which one, counted from 1."),
  of: must(COUNT, "How many there are."),
  name: may(TEXT, "Its name."),
});

const COUNTS = object({
  total: must(COUNT, "Nodes that take part: the five sums that follow."),
  done: must(COUNT, "Nodes that run the image."),
  active: must(COUNT, "Nodes in `offered` to `confirming`."),
  waiting: must(COUNT, "Nodes in `idle` to `waiting-wake`."),
  failed: must(COUNT, "Nodes in `failed`, `rolled-back` or `blocked`."),
  silent: must(COUNT, "Waiting or active nodes that missed too many wakes."),
  skipped: must(COUNT, "Nodes that have no part in it any more; not in `total`."),
});

export const CAMPAIGN = object({
  name: must(TEXT, "Its name for people."),
  state: must(CAMPAIGN_STATE, "How it is."),
  reason: may(TEXT, "Why it is so."),
  version: must(NUMBER64, "Counts the changes of the campaign itself; a command may expect it (`if-version`)."),
  release: may(TEXT, "Model and version of the image."),
  image: must(SHA256, "Digest of the image."),
  group: must(GROUP, "The group that began last."),
  counts: must(COUNTS, "Each node once."),
  "error-pct": must(PERCENT, "(failed + silent) / (done + failed + silent)."),
  "stop-at-pct": must(PERCENT, "From which errors on its first group stops it."),
  window: may(TEXT, "When images may be fetched."),
  "apply-window": may(TEXT, "When they may be applied."),
  eta: may(TIME, "When it is expected to be done, at even odds; there until it is over."),
  "eta-p90": may(TIME, "The same, nine times in ten."),
});
