export {
  enumValue,
  gatewaySids,
  type HouseModels,
  houseModels,
  houseNode,
  type ReportedComponent,
  type ReportedFirmware,
  type ReportedSuit,
} from "./house-models.ts";
export type { NodeRecord, ReplySlot } from "./node-record.ts";
export { Presence } from "./presence.ts";
export { expectedWake, LOST_AFTER, type Reach, wakeWindow } from "./reachability.ts";
export { type Overdue, Registry, type RegistryOptions } from "./registry.ts";
export { confidence as periodConfidence, trustedPeriod } from "./wake-period.ts";
