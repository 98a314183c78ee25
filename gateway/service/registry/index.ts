export { enumValue, type HouseModels, houseModels, houseNode, type ReportedFirmware } from "./house-models.ts";
export type { NodeRecord, ReplySlot } from "./node-record.ts";
export { Presence } from "./presence.ts";
export { LOST_AFTER, type Reach } from "./reachability.ts";
export { Registry, type RegistryOptions } from "./registry.ts";
