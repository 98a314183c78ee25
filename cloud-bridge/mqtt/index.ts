/** The MQTT face of the site: journal facts as retained topics and one ordered event stream (docs/mqtt.md). */
export { type Bridge, type BridgeLine, type BridgeStats, type MqttBridgeOptions, openMqttBridge } from "./bridge.ts";
export { COMMAND_OPS, type CommandSettings, Commands } from "./commands/index.ts";
export { dial, openPlainLine, watch } from "./link/client.ts";
export type { BrokerAddress, Connection, Dial, Inbound, InboundPort, TlsOptions } from "./link/connection.ts";
export { EMBEDDED_PORT, type EmbeddedBroker, openEmbeddedBroker } from "./link/embedded-broker.ts";
export { isExposed } from "./link/schemes.ts";
export { type LineFacts, type SentMessage, Tap, type Watcher } from "./link/tap.ts";
export type { OtherProcess, OtherProcesses, SiteWords } from "./others.ts";
export { OUTBOX_LIMITS, type OutboxLimits } from "./outbox/journal-rows.ts";
export { PROJECTION } from "./outbox/projection.ts";
export { TOPICS } from "./outbox/topics.ts";
export { reasonOf } from "./reason.ts";
export type { BrokerKind, Mode, Role } from "./render/site.ts";
export { type Trees, type TreesOf, treesFrom, treesOf } from "./render/trees.ts";
export { aliasRoot } from "./views/alias-template.ts";
export type { ViewSettings, Views } from "./views/open-views.ts";
