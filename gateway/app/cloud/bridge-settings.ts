/** What the configuration says of the bridge, wherever it runs, and of the site that it speaks for. */
import type { BridgeOptions } from "../../../cloud-bridge/app/index.ts";
import type { SiteWords } from "../../../cloud-bridge/mqtt/index.ts";
import { days, type Millis } from "../../base/index.ts";
import type { Subscription } from "../../service/push/index.ts";
import type { Config } from "../config/index.ts";
import { labWarnings, modeOf } from "../status/lab.ts";

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

type Rows = NonNullable<SiteWords["subscriptions"]>;

/** As the birth lists them (docs/mqtt.md, "Push"); undefined when there are none. */
function subscriptionRows(subscriptions: readonly Subscription[]): Rows | undefined {
  return subscriptions.length === 0 ? undefined : subscriptions.map(rowOf);
}

function rowOf(subscription: Subscription, index: number): Rows[number] {
  const { kind, path, nodes } = subscription;
  const row = { id: index + 1, kind, path, ...(nodes === undefined ? {} : { nodes }) };
  if (subscription.kind === "periodic") return { ...row, "period-s": inSeconds(subscription.period) };
  const { dampening, sync } = subscription;
  return { ...row, ...(dampening === undefined ? {} : { "dampening-s": inSeconds(dampening) }), "sync-on-start": sync };
}

const inSeconds = (duration: Millis): number => Math.round(duration / 1000);
