/**
 * A consumer that misses nothing: every event of every site once and in order, one JSON object a line (docs/mqtt.md).
 * npx tsx docs/mqtt/subscriber.ts mqtt://127.0.0.1:1883 [CLIENT]
 */
import { fileURLToPath } from "node:url";
import { connect, type MqttClient } from "mqtt";
import { History, type Step } from "./history.ts";
import type { ReplyFailed, SidgateEvent, Status } from "./sidgate-mqtt.d.ts";

const PATIENCE_MS = 5_000;
/** As far as there is anything. */
const END = String(2n ** 53n - 1n);
type Tell = (site: string, step: Step<SidgateEvent>) => void;

/** `client` names the session at the broker, and whoever asks for replays: the user name, where an access list holds it to that. */
export function follow(url: string, client: string, tell: Tell): MqttClient {
  const sites = new Map<string, { history: History<SidgateEvent>; next?: Pick<Status, "epoch" | "next-seq"> | undefined; asked: number }>();
  const mqtt = connect(url, { clientId: `subscriber-${client}`, clean: false, reconnectPeriod: 1_000 });
  const look = (site: string, now = Date.now()): void => {
    const row = sites.get(site);
    if (row === undefined || !mqtt.connected || now < row.asked + PATIENCE_MS) return;
    const { history, next } = row;
    const gap = history.gap();
    const range = gap ?? (next?.["next-seq"] && history.behind(next.epoch, next["next-seq"]));
    if (gap === undefined) row.next = undefined; // looked at once: not every number is an event
    if (!range) return;
    row.asked = now;
    const command = { id: `replay-${now}`, client, ...range };
    mqtt.publish(`sidgate/1/${site}/by/${client}/cmd/replay`, JSON.stringify(command), { qos: 1 });
  };
  const topics = ["sidgate/1/+/event", "sidgate/1/+/g/+/status", `sidgate/1/+/rsp/${client}`];
  mqtt.on("connect", ({ sessionPresent }) => {
    mqtt.subscribe(topics, { qos: 1 });
    if (sessionPresent) return;
    for (const [site, row] of sites) {
      // The broker forgot us: what it gave out meanwhile no status shows.
      row.next = row.history.position && { epoch: row.history.position.epoch, "next-seq": END };
      row.asked = 0;
      look(site);
    }
  });
  mqtt.on("message", (topic, payload) => {
    const site = topic.split("/")[2] ?? "";
    const row = sites.get(site) ?? { history: new History<SidgateEvent>(), asked: 0 };
    sites.set(site, row);
    const message: SidgateEvent | Status | ReplyFailed = JSON.parse(payload.toString() || "{}");
    const steps: Step<SidgateEvent>[] = [];
    if ("prev-seq" in message) steps.push(...row.history.take(message, message));
    else if ("next-seq" in message) row.next = message;
    else if ("oldest-seq" in message && message.epoch !== undefined && message["oldest-seq"] !== undefined) {
      steps.push(...row.history.notKept(message.epoch, message["oldest-seq"]));
      row.asked = 0; // for what is kept
    }
    for (const step of steps) tell(site, step);
    look(site);
  });
  const ticks = setInterval(() => [...sites.keys()].forEach((site) => look(site)), PATIENCE_MS);
  mqtt.on("end", () => clearInterval(ticks));
  return mqtt;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [url = "mqtt://127.0.0.1:1883", client = "history"] = process.argv.slice(2);
  follow(url, client, (site, step) => console.log(JSON.stringify({ site, ...step })));
}
