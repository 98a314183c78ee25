/** What the configuration says of the bridge, wherever it runs, and of the site that it speaks for. */
import type { MqttSettings } from "../../cloud-bridge/app/index.ts";
import type { SiteWords } from "../../cloud-bridge/mqtt/index.ts";
import type { Config } from "./config/index.ts";
import { labWarnings, modeOf } from "./lab.ts";
import { subscriptionRows } from "./push-rows.ts";

export const bridgeSettings = ({ mqtt }: Config): { readonly mqtt: MqttSettings } => ({
  mqtt: { ...mqtt, password: mqtt.password?.reveal() },
});

/** Known to whoever lets nodes in. */
export const bridgeWords = (config: Config): SiteWords => ({
  name: config.site.name,
  mode: modeOf(config),
  warnings: labWarnings(config),
  subscriptions: subscriptionRows(config.mqtt.push),
});
