/** A consumer that misses nothing (docs/mqtt.md, "Replay"): every event of every site once and in order, as lines of a file. */
import { appendFileSync, readFileSync } from "node:fs";
import { connect, type MqttClient } from "mqtt";
import { type Histories, historiesAfter, History, type Step } from "./history.ts";
import type { ReplyFailed, SidgateEvent, Status } from "./sidgate-mqtt.d.ts";

type Tell = (site: string, step: Step<SidgateEvent>) => void;

/** `client` names the session at the broker, and who asks for replays: where an access list holds it to that, the user name. */
export function follow(url: string, client: string, tell: Tell, sites: Histories<SidgateEvent> = new Map()): MqttClient {
  const mqtt = connect(url, { clientId: `subscriber-${client}`, clean: false, reconnectOnConnackError: true });
  const ask = (history: History<SidgateEvent>, site: string): void => {
    const range = mqtt.connected ? history.ask(Date.now()) : undefined;
    if (range) mqtt.publish(`sidgate/1/${site}/by/${client}/cmd/replay`, JSON.stringify(range), { qos: 1 });
  };
  mqtt.on("connect", ({ sessionPresent }) => {
    mqtt.subscribe(["sidgate/1/+/event", "sidgate/1/+/g/+/status", `sidgate/1/+/rsp/${client}`], { qos: 1 });
    if (!sessionPresent) for (const history of sites.values()) history.forgotten();
    sites.forEach(ask);
  });
  mqtt.on("message", (topic, payload) => {
    const site = topic.split("/")[2] ?? "";
    const history = sites.get(site) ?? new History();
    sites.set(site, history);
    const message: SidgateEvent | Status | ReplyFailed = JSON.parse(payload.toString() || "{}");
    for (const step of "prev-seq" in message ? history.take(message, message) : history.learn(message)) tell(site, step);
    ask(history, site);
  });
  const ticks = setInterval(() => sites.forEach(ask), 1_000);
  return mqtt.on("end", () => clearInterval(ticks));
}

// npx tsx docs/mqtt/subscriber.ts mqtt://127.0.0.1:1883 [CLIENT [FILE]]; its next start goes on after the last line of the file.
if (process.argv[1] === import.meta.filename) {
  const [url = "mqtt://127.0.0.1:1883", client = "history", file = "history.jsonl"] = process.argv.slice(2);
  const sites = historiesAfter<SidgateEvent>(readFileSync(file, { encoding: "utf8", flag: "a+" }));
  const mqtt = follow(url, client, (site, step) => appendFileSync(file, `${JSON.stringify({ site, ...step })}\n`), sites);
  mqtt.on("connect", () => console.error(`Connected; what happens is appended to ${file}. Ctrl-C ends it.`));
  mqtt.on("error", (error) => console.error(`Not connected: ${error.message || String(error)}.`));
}
