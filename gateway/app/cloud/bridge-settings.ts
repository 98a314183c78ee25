/** What the configuration says of the bridge, wherever it runs, and of the site that it speaks for. */
import type { BridgeOptions } from "../../../cloud-bridge/app/index.ts";
import type { SiteWords } from "../../../cloud-bridge/mqtt/index.ts";
import { days } from "../../base/index.ts";
import type { Config } from "../config/index.ts";
import { labWarnings, modeOf } from "../status/lab.ts";
import { subscriptionRows } from "./push-rows.ts";

export const bridgeSettings = ({ mqtt }: Config): Pick<BridgeOptions, "mqtt" | "limits"> => ({
  mqtt: { ...mqtt, password: mqtt.password?.reveal() },
  limits: { maxBytes: mqtt.outboxBytes, replaySpan: days(mqtt.replayDays) },
});

/** Known to whoever lets nodes in. */
export const bridgeWords = (config: Config): SiteWords => ({
  name: config.site.name,
  mode: modeOf(config),
  warnings: labWarnings(config),
  subscriptions: subscriptionRows(config.mqtt.push),
});
