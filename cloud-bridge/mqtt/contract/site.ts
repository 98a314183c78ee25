/** docs/mqtt.md, "Presence" and "Limits" — what is said of the site and its processes. */
import { list, map, may, must, object, oneOf, open, type Said } from "./shape.ts";
import { BOOLEAN, COUNT, INTEGER, JSON_VALUE, MQTT_VERSION, NUMBER, NUMBER64, PERCENT, TEXT, TIME } from "./words.ts";

const MODE = oneOf("lab", "secured");
const MODE_TEXT = "`lab`: something is left unprotected for trying; `warnings` of the site's birth says what.";

export const STATUS = object({
  state: must(oneOf("online", "offline"), "Whether the process is there."),
  roles: may(list(oneOf("gateway", "bridge")), "What the process is; said while it is online."),
  epoch: must(INTEGER, "Epoch of the site's history."),
  boot: must(TEXT, "Names the start of the process; later starts sort later."),
  conn: must(COUNT, "Counts the connections of that start from 1; a will has that of the connection which it ends."),
  since: may(TIME, "Since when it is so; a will does not know."),
  reason: may(
    oneOf("start", "reconnect", "shutdown"),
    "Why; without it the connection was lost and the broker speaks the will.",
  ),
  broker: may(
    oneOf("configured", "embedded-for-trying"),
    "`embedded-for-trying`: the broker is part of this process and keeps nothing.",
  ),
  "next-seq": may(NUMBER64, "Number that the next fact will have."),
  mode: may(MODE, MODE_TEXT),
});

const SUBSCRIPTION = object({
  id: must(COUNT, "Its number, which each push names."),
  kind: must(oneOf("on-change", "periodic"), "When it tells."),
  path: must(TEXT, "What it tells of, as a path of instances."),
  "dampening-s": may(COUNT, "On change: least seconds between two updates."),
  "sync-on-start": may(BOOLEAN, "On change: whether the first update tells all of it; false = changes alone are told."),
  "period-s": may(COUNT, "Periodic: seconds of a period; periods begin at its multiples since 1970-01-01T00:00:00Z."),
  nodes: may(TEXT, "Filter of the nodes that it is to; without it, all of them."),
});
export type SubscriptionRow = Said<typeof SUBSCRIPTION>;

const LIBRARY = object({
  "content-id": must(TEXT, "Changes with the modules (RFC 8525 §3): the checksum of the event `models.changed`."),
});

export const SITE_BIRTH = object({
  schema: must(TEXT, "Identifier of the JSON Schema of this message."),
  name: may(TEXT, "Name of the site for people."),
  software: must(map("name", TEXT, "A version."), "Versions: `sidgate`, `node`."),
  capabilities: must(list(TEXT), "What this site can do; unknown ones are to be ignored."),
  mode: may(MODE, MODE_TEXT),
  warnings: may(list(TEXT), "What is left unprotected, a sentence each."),
  "yang-library": may(LIBRARY, "Of the gateway's own datastore: its modules are those of the default set."),
  subscriptions: may(list(SUBSCRIPTION), "What `mqtt.push` has configured (RFC 8639 §2.5), where it has."),
  mqtt: must(MQTT_VERSION, "Protocol version of this connection: 5, or 4 for MQTT 3.1.1."),
  asyncapi: may(TEXT, "Path of this contract as an AsyncAPI document, at the gateway's status page."),
  epoch: must(INTEGER, "Epoch of the site's history."),
  "next-seq": must(NUMBER64, "Number that the next fact will have: what is below it can be replayed."),
});

const PROCESS = object({
  "uptime-s": may(COUNT, "Seconds since it started."),
  "rss-mib": may(COUNT, "Memory in use."),
});

export type ProcessFigures = Said<typeof PROCESS>;

const NODES = object({
  total: must(COUNT, "All nodes."),
  unknown: must(COUNT, "Nodes that were never heard."),
  awake: must(COUNT, "Nodes that listen now."),
  asleep: must(COUNT, "Nodes that are well and asleep."),
  overdue: must(COUNT, "Nodes that missed a wake."),
  lost: must(COUNT, "Nodes that missed so many that they are given up."),
});

const OSCORE = object({
  opened: must(COUNT, "Requests that were let in."),
  "not-authentic": must(COUNT, "Refused: not made with the key."),
  "unknown-context": must(COUNT, "Refused: nobody's."),
  replays: must(COUNT, "Refused: came before."),
  challenged: must(COUNT, "Asked to prove that they are fresh (Echo)."),
  malformed: must(COUNT, "Refused: not well formed."),
  numberless: must(COUNT, "Not answered: no sequence number was left."),
});

const COAP = object({
  "rx-s": must(NUMBER, "Datagrams heard a second."),
  "retransmit-pct": must(PERCENT, "Share of datagrams that came again."),
  "blocks-s": must(NUMBER, "Blocks of images served a second."),
  oscore: must(OSCORE, "Requests since the start of the gateway."),
});

const CACHE = object({
  "hit-pct": may(PERCENT, "Share of looks at images whose bytes were in memory; not there when there was none."),
  bytes: must(COUNT, "Bytes of images in memory; `images.cache-bytes` is the most."),
});

const MODELS = object({
  sets: must(COUNT, "Module sets."),
  refused: must(list(TEXT), "Those whose files are refused; they stay as they were."),
});

const CLOCK = object({
  synchronised: must(BOOLEAN, "Whether the gateway's clock is known to be right."),
  why: must(TEXT, "Why, as a word of docs/clock.md."),
});

const OUTBOX = object({
  connected: must(BOOLEAN, "Whether the bridge is connected to the broker."),
  "journal-depth": must(COUNT, "Events, pushes and replies that wait for the broker."),
  "latest-depth": must(COUNT, "Retained topics that wait for the broker."),
  "oldest-s": must(COUNT, "For how many seconds the oldest of them has waited."),
  "outbox-bytes": must(COUNT, "Bytes of all events, pushes and replies that are kept, those for replay among them."),
  "outbox-filling": must(
    BOOLEAN,
    "What waits takes up four fifths of `mqtt.outbox-bytes`: its oldest will soon be lost.",
  ),
});

export const HEALTH = open(
  {
    time: must(TIME, "When it was so; on MQTT 3.1.1 treat it as unknown after 180 s."),
    processes: must(map("process", PROCESS, "Figures of one process."), "By the id of the process."),
    nodes: must(NODES, "Nodes by state."),
    coap: may(COAP, "The side of the nodes, since the last such message."),
    cache: may(CACHE, "Images in memory, since the last such message."),
    models: may(MODELS, "YANG module sets."),
    clock: may(CLOCK, "The gateway's clock."),
    mqtt: must(OUTBOX, "The way to the broker."),
  },
  "section",
  JSON_VALUE,
  "Further sections.",
);

export const LOG = open(
  {
    time: must(TIME, "When it was written."),
    level: must(oneOf("error", "warn", "info"), "How grave it is."),
    event: must(TEXT, "What happened, as a name with dots."),
  },
  "fact",
  JSON_VALUE,
  "The facts of the line.",
);
