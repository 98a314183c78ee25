/** Configured subscriptions as the site's birth lists them (docs/mqtt.md, "Push"); undefined when there are none. */
import type { SiteWords } from "../../../cloud-bridge/mqtt/index.ts";
import type { Millis } from "../../base/index.ts";
import type { Subscription } from "../../service/push/index.ts";

type Rows = NonNullable<SiteWords["subscriptions"]>;

export function subscriptionRows(subscriptions: readonly Subscription[]): Rows | undefined {
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
