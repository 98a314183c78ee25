/** Words of the fact `campaign.forecast`: why a node is not expected to make it. */

/** Why a node will not make it. */
export const UNLIKELY_REASONS = [
  "never-heard",
  "silent",
  "asleep",
  "window",
  "deadline",
  "stopped",
  "failing",
  "battery",
] as const;
export type UnlikelyReason = (typeof UNLIKELY_REASONS)[number];

/** In a few words, for people. */
export const UNLIKELY_TEXT: Readonly<Record<UnlikelyReason, string>> = {
  "never-heard": "it was never heard, so nobody knows when it wakes",
  silent: "it has missed its last wakes",
  asleep: "it sleeps past the deadline",
  window: "it is not awake while the maintenance window is open",
  deadline: "it needs more wakes than there are until the deadline",
  stopped: "the campaign is likely to stop by itself before",
  failing: "updates of nodes like it fail",
  battery: "its battery is nearly empty",
};
