export {
  after,
  begin,
  type Campaign,
  type CampaignFact,
  type CampaignVerb,
  count,
  currentGroup,
  type Group,
  isOver,
  VERBS,
  type Working,
} from "./campaign.ts";
export { Campaigns } from "./campaigns.ts";
export { Census, type CensusParts } from "./census.ts";
export { type CampaignWish, draft } from "./draft.ts";
export {
  type Filter,
  type FilterFields,
  NODE_FIELDS,
  parseFilter,
  type Subject,
} from "./filter/index.ts";
export { Joining, type JoiningParts } from "./joining.ts";
export { CampaignOffers, type OffersOptions } from "./offers.ts";
export { type GroupWish, MAX_GROUPS, wholeGroup } from "./plan.ts";
export {
  aboutImage,
  type FirmwareReport,
  isEnded,
  type Progress,
  type ProgressEvent,
  runsThen,
  step,
} from "./progress.ts";
export {
  EXCLUSION_REASONS,
  type Exclusion,
  type ExclusionReason,
  type SelectionNode,
  type SelectionRules,
  select,
} from "./select.ts";
export type { Tally } from "./tally.ts";
export {
  ALWAYS_OPEN,
  type Obstacle,
  type Offer,
  type Surroundings,
  type Turn,
  turnOf,
  type WindowState,
} from "./turn.ts";
export { passedByWord, verdict } from "./verdict.ts";
export { CampaignWatch, type CampaignWatchParts } from "./watch.ts";
export { type Cause, clusters, type Wakes, whyNotDone } from "./why.ts";
export { parseWindow, type Window, windowState } from "./windows.ts";
