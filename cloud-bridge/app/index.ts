/** The cloud bridge as the gateway's process, or a process of its own, starts it. */
export { type Bridge, type BridgeStats, EMBEDDED_PORT, PROJECTION, type SentMessage } from "../mqtt/index.ts";
export {
  type BrokerFacts,
  type BrokerLimits,
  LARGE,
  lookAtBroker,
  type Patience,
  type TlsFacts,
  type TopicFacts,
  type ViewFacts,
  WILL_DELAY_S,
} from "../mqtt/probe/index.ts";
export { configuredBroker } from "./configured-broker.ts";
export { MirroredSets, type MirroredSetsOptions } from "./mirrored-sets.ts";
export { type BridgeOptions, type MqttSettings, openBridge, type WatchedBridge } from "./open-bridge.ts";
export { type CloudApp, watchCloud } from "./watch-cloud.ts";
