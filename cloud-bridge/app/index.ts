/** The cloud bridge as the gateway's process, or a process of its own, starts it. */
export { type Bridge, type BridgeStats, EMBEDDED_PORT, PROJECTION } from "../mqtt/index.ts";
export { MirroredSets, type MirroredSetsOptions } from "./mirrored-sets.ts";
export { type BridgeOptions, type MqttSettings, openBridge } from "./open-bridge.ts";
export { type CloudApp, watchCloud } from "./watch-cloud.ts";
