/** docs/mqtt.md, "Metrics" — figures of the bridge in the Prometheus text format, version 0.0.4. */
import type { BridgeStats } from "../bridge.ts";

interface MetricRow {
  readonly kind: "gauge" | "counter";
  readonly labels: readonly string[];
  readonly text: string;
}

export const METRICS = {
  sidgate_mqtt_connected: { kind: "gauge", labels: [], text: "1 while the bridge is connected to the broker, else 0." },
  sidgate_mqtt_outbox_depth: { kind: "gauge", labels: ["class"], text: "Messages that wait for the broker." },
  sidgate_mqtt_outbox_oldest_seconds: { kind: "gauge", labels: [], text: "How long the oldest of them has waited." },
  sidgate_mqtt_outbox_bytes: {
    kind: "gauge",
    labels: [],
    text: "Bytes of the messages that wait or are kept for replay.",
  },
  sidgate_mqtt_outbox_limit_bytes: {
    kind: "gauge",
    labels: [],
    text: "Bytes that it may take up; from four fifths on, look after it.",
  },
  sidgate_mqtt_published_total: {
    kind: "counter",
    labels: [],
    text: "Messages handed to the broker, repeats included.",
  },
  sidgate_event_seq: { kind: "counter", labels: [], text: "Number of the last fact that was told." },
} as const satisfies Record<string, MetricRow>;

type Figures = Readonly<Record<keyof typeof METRICS, ReadonlyArray<readonly [labels: string, value: number]>>>;

export function metricsText(stats: BridgeStats): string {
  const figures: Figures = {
    sidgate_mqtt_connected: [["", stats.connected ? 1 : 0]],
    sidgate_mqtt_outbox_depth: [
      ['{class="journal"}', stats.journalDepth],
      ['{class="latest"}', stats.latestDepth],
    ],
    sidgate_mqtt_outbox_oldest_seconds: [["", stats.oldestSeconds]],
    sidgate_mqtt_outbox_bytes: [["", stats.outboxBytes]],
    sidgate_mqtt_outbox_limit_bytes: [["", stats.outboxLimit]],
    sidgate_mqtt_published_total: [["", stats.published]],
    sidgate_event_seq: [["", stats.rendered]],
  };
  const names = Object.keys(METRICS) as (keyof typeof METRICS)[];
  return names
    .map((name) => {
      const { kind, text } = METRICS[name];
      const lines = figures[name].map(([labels, value]) => `${name}${labels} ${value}\n`).join("");
      return `# HELP ${name} ${text}\n# TYPE ${name} ${kind}\n${lines}`;
    })
    .join("");
}
