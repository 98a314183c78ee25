export { type Campaign, type CampaignVerb, type Counts, count } from "./campaign.ts";
export { type CampaignPlan, Campaigns, isOver } from "./campaigns.ts";
export { type FirmwareReport, isEnded, type Progress, runsThen } from "./progress.ts";
export type { SelectionNode } from "./select.ts";
export { CampaignWatch } from "./watch.ts";
